"""What people do with the page at `/`, in Chromium; skipped where there is none."""

import base64
import hashlib
import json
import shutil
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest

from nerlink.data import Entity
from nerlink.kb import KnowledgeBase
from nerlink.pipeline import Pipeline
from nerlink.serving import ServingSettings, create_app

sync_api = pytest.importorskip("playwright.sync_api")
uvicorn = pytest.importorskip("uvicorn")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")

TEXT = "Cows walk to Paris in Texas at dawn."
MARKUP = "<img src=x onerror=alert(1)>"
TAGS = Entity(id="tags", name=f"Mrs {MARKUP}", description=MARKUP, type="<i>X</i>")


@contextmanager
def listening(pipeline, **settings):
    """The address of a server in a thread."""
    app = create_app(pipeline, ServingSettings(**settings))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.01)
        yield "http://{}:{}/".format(*server.servers[0].sockets[0].getsockname())
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def model(joint_folder, tmp_path_factory) -> Pipeline:
    folder = Path(shutil.copytree(joint_folder, tmp_path_factory.mktemp("page") / "model"))
    with KnowledgeBase.open(folder, read_only=False) as kb:
        kb.add(TAGS)
    return Pipeline.load(folder, device="cpu")


@pytest.fixture(scope="module")
def server(model):
    with listening(model) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visits:
    """Pages in a browser, and what went wrong in them: errors, dialogs, requests to others."""

    def __init__(self, browser, server):
        self.browser, self.server = browser, server
        self.faults, self.expected, self.others = [], (), []
        self.desk = self.opened()
        self.is_free = True

    def opened(self, **options):
        context = self.browser.new_context(**options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda r: "//127.0.0.1:" in r.url or self.faults.append(r.url))
        return page

    def note(self, message):
        is_expected = any(one in message.text for one in self.expected)
        if message.type in ("error", "warning") and not is_expected:
            self.faults.append(message.text)

    def __call__(self, fragment="", *, address=None, expected=(), **options):
        """The page, in the one tab that all tests share where nothing else is asked for."""
        self.expected = expected
        if self.is_free and address is None and not options:
            page, self.is_free = self.desk, False
        else:
            page = self.opened(**options)
            self.others.append(page)
        page.goto((address or self.server) + fragment)
        return page

    def end(self):
        for page in self.others:
            page.context.close()
        self.desk.goto("data:,")  # a fragment alone would not load the page anew
        faults, self.faults, self.others, self.is_free = self.faults, [], [], True
        return [fault for fault in faults if fault != "data:,"]


@pytest.fixture(scope="module")
def visits(browser, server):
    return Visits(browser, server)


@pytest.fixture
def visit(visits):
    """Opens the page; no script may fail, nothing be refused, and nobody else be asked."""
    yield visits
    assert visits.end() == []


# Conditions are functions: a string would be evaluated in the page, which its policy forbids.
def write(page, text=TEXT):
    page.fill("#text", text)
    page.wait_for_function(
        "text => document.querySelector('#marked').textContent === text", arg=text
    )


def marks(page):
    """Surface, label, link and look of each mention that is shown."""
    return page.eval_on_selector_all(
        ".mention:not(.off)",
        "all => all.map(one => [one.textContent, one.dataset.label, one.dataset.link])",
    )


def focused(page):
    return page.evaluate("document.activeElement.textContent")


def slide(page, name, value):
    page.locator(name).fill(str(value))


def test_a_text_shows_its_mentions_and_links_as_it_is_typed(visit):
    page = visit()
    assert page.is_hidden("#result")
    write(page)
    assert marks(page) == [["Paris", "LOC", "Paris"], ["Texas", "LOC", "Texas"]]
    colour = "one => getComputedStyle(one).backgroundColor"
    assert page.eval_on_selector(".mention", colour) != "rgba(0, 0, 0, 0)"
    assert page.inner_text("#status") == "2 mentions, 2 linked"
    write(page, "Nobody came.")
    assert marks(page) == []
    page.click("#clear")
    page.wait_for_selector("#result", state="hidden")


def test_offsets_are_right_behind_emoji(visit):
    page = visit()
    write(page, "👩\u200d🚀 𐍈 ‮ " + TEXT)
    assert [surface for surface, _, _ in marks(page)][-2:] == ["Paris", "Texas"]
    page.click(".mention >> nth=-1")
    page.wait_for_selector(".total")


def test_a_click_shows_candidates_parts_and_the_card(visit, model):
    page = visit()
    write(page)
    page.click(".mention >> nth=0")
    page.wait_for_selector(".parts-of-score")
    page.wait_for_selector(".card")
    doc = model(TEXT)
    mention = doc.mentions[0]
    shown = page.locator("table.candidates tbody tr")
    assert shown.count() == len(mention.candidates)
    assert mention.candidates[0].entity in shown.first.inner_text()
    assert f"{mention.candidates[0].score:.2f}" in shown.first.inner_text()
    best = model.explain(doc, mention).options[0]
    total = sum(best.parts.values())
    said = page.inner_text(".total").replace("\N{MINUS SIGN}", "-")
    assert said == f"score {total:+.2f}, probability {best.probability:.2f}"
    assert "town in Texas" in page.inner_text(".card")
    widths = page.eval_on_selector_all(
        ".track span", "all => all.map(o => parseFloat(o.style.width))"
    )
    assert max(widths) == 50


def test_another_candidate_shows_its_own_parts_and_card(visit):
    page = visit()
    write(page)
    page.click(".mention >> nth=0")
    page.wait_for_selector(".total")
    before = page.inner_text(".total")
    page.click("button.candidate:has-text('Paris') >> nth=1")
    page.wait_for_function(
        "said => document.querySelector('.total').textContent !== said", arg=before
    )
    page.wait_for_selector(".card:has-text('capital of France')")
    page.click("button.candidate:has-text('NIL')")
    page.wait_for_function("() => !document.querySelector('.card')?.checkVisibility()")


def test_all_of_it_goes_by_keys(visit):
    page = visit()
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".mention")
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.mention')"):
            break
    assert focused(page) == "Paris"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Texas"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Paris"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_selector("#details h2:has-text('Texas')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#details h2:has-text('Paris')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "details"
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")
    assert focused(page) == "Paris"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "share"


def test_mentions_say_what_they_are_to_who_does_not_see_colours(visit):
    page = visit()
    write(page, TEXT + " Otto Nix met Ada Byron.")
    names = page.eval_on_selector_all(".mention", "all => all.map(o => o.ariaLabel)")
    assert names[0] == "Paris, LOC, linked to Paris"
    assert "Otto Nix, PER, in no base" in names
    assert {page.eval_on_selector_all(".mention[tabindex='0']", "all => all.length")} == {1}


def test_thresholds_let_mentions_and_links_go_and_come(visit, model):
    page = visit()
    write(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    scores = sorted(mention.score for mention in model(TEXT).mentions)
    slide(page, "#least-mention", 1)
    assert len(marks(page)) == sum(score >= 1 for score in scores)
    slide(page, "#least-mention", 0)
    assert len(marks(page)) == 2
    slide(page, "#least-link", 1)
    assert {kind for _, _, kind in marks(page)} <= {"NIL", "Paris", "Texas"}
    links = [m.candidates[0].score >= 1 for m in model(TEXT).mentions]
    assert [link != "NIL" for _, _, link in marks(page)] == links
    slide(page, "#least-link", 0)
    assert [link for _, _, link in marks(page)] == ["Paris", "Texas"]
    page.click("#reset")
    assert page.inner_text("#least-link-shown") == "as the model decides"
    assert asked == []


def test_a_nil_becomes_a_link_where_less_is_enough(visit, model):
    text = "The coast of Otto is short."
    page = visit()
    write(page, text)
    expected = [m.candidates[0].entity if m.candidates else "NIL" for m in model(text).mentions]
    slide(page, "#least-link", 0)
    names = [model.kb.name_of(entity) if entity != "NIL" else "NIL" for entity in expected]
    assert [link for _, _, link in marks(page)] == names


def test_a_label_is_hidden_by_its_key(visit):
    page = visit()
    write(page, TEXT + " Ada Byron wrote to Acme for gears.")
    page.click("#legend .key:has-text('LOC')")
    assert "LOC" not in {label for _, label, _ in marks(page)}
    assert {"PER", "ORG"} <= {label for _, label, _ in marks(page)}
    page.click("#legend .key:has-text('LOC')")
    assert "LOC" in {label for _, label, _ in marks(page)}


def test_the_base_is_searched_by_keys(visit):
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("par")
    page.wait_for_selector("#hits [role=option]")
    assert page.locator("#hits [role=option]").count() == 2
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#search", "aria-activedescendant") == "hit-1"
    page.keyboard.press("Enter")
    page.wait_for_selector(".card:has-text('town in Texas')")
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Escape")
    page.keyboard.type("zzz")
    page.wait_for_selector("#hits .none")
    page.keyboard.press("Escape")
    assert page.is_hidden("#hits")


def test_a_link_to_the_page_carries_text_and_thresholds(visit):
    page = visit()
    text = "𐍈\n" + TEXT + "\n  " + "x " * 300
    write(page, text)
    slide(page, "#least-mention", 0.25)
    slide(page, "#least-link", 0.75)
    page.click("#share")
    page.wait_for_selector("#copied:has-text('Link copied')")
    address = page.evaluate("navigator.clipboard.readText()")
    assert len(address) < len(text)
    other = visit("#" + address.partition("#")[2])
    other.wait_for_selector(".mention")
    assert other.input_value("#text") == text
    assert other.input_value("#least-mention") == "0.25"
    assert other.input_value("#least-link") == "0.75"
    assert marks(other) == marks(page)


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("z=AAAA", "cut short or damaged"),
        ("t=!!!", "cut short or damaged"),
        ("t=_w", "cut short or damaged"),
        ("t=" + "A" * 40_000, "too long"),
    ],
    ids=["compressed", "letters", "UTF-8", "length"],
)
def test_a_damaged_address_is_told_of(visit, fragment, said):
    page = visit("#" + fragment)
    page.wait_for_selector(f"#status:has-text('{said}')")
    assert page.input_value("#text") == ""


def test_a_small_address_for_a_huge_text_is_stopped(visit):
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(b"a" * 10_000_000) + packer.flush()
    page = visit("#z=" + base64.urlsafe_b64encode(packed).decode().rstrip("="))
    page.wait_for_selector("#status.bad")
    assert page.input_value("#text") == ""


def test_a_text_that_is_too_long_for_an_address_is_told_of(visit):
    page = visit()
    # Nothing that packs well.
    write(page, "".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(512)))
    page.click("#share")
    page.wait_for_selector("#copied:has-text('too long')")


def test_what_is_shown_is_copied_as_json(visit, model):
    page = visit()
    write(page)
    page.click("#copy")
    page.wait_for_selector("#copied:has-text('Copied')")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["text"] == TEXT
    for one, mention in zip(copied["mentions"], model(TEXT).mentions, strict=True):
        assert (one["start"], one["end"], one["label"]) == (mention.start, mention.end, "LOC")
        assert one["entity"] == mention.entity


def test_markup_stays_text(visit):
    page = visit()
    text = f"{MARKUP} {TEXT} </mark><script>alert(2)</script>"
    write(page, text)
    page.click(".mention >> nth=0")
    page.wait_for_selector(".card")
    page.keyboard.press("Escape")
    page.fill("#search", "Mrs")
    page.wait_for_selector("#hits [role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    assert page.inner_text(".card strong") == f"Mrs {MARKUP}"
    assert page.locator("img, #marked script, #details i").count() == 0


def test_a_file_is_opened_or_dropped(visit, tmp_path):
    page = visit()
    (tmp_path / "note.txt").write_text(TEXT, encoding="utf8")
    page.set_input_files("#file", tmp_path / "note.txt")
    page.wait_for_selector(".mention")
    assert page.input_value("#text") == TEXT
    drop = """text => {
      const data = new DataTransfer();
      data.items.add(new File([text], "a.txt"));
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    }"""
    page.evaluate(drop, "Acme sells anvils.")
    page.wait_for_selector(".mention:has-text('Acme')")
    (tmp_path / "image").write_bytes(b"\x89PNG\xff")
    page.set_input_files("#file", tmp_path / "image")
    page.wait_for_selector("#status:has-text('is no text in UTF-8')")


def test_what_the_server_refuses_is_told(visit):
    page = visit()
    write(page)
    page.evaluate("() => { const t = document.getElementById('text'); t.value = 'a\\0b'; }")
    page.focus("#text")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#status.bad:has-text('NUL')")
    page.fill("#text", TEXT)
    page.wait_for_selector("#status:not(.bad):has-text('2 mentions')")


def test_the_token_is_asked_for_and_kept_and_limits_are_known(visit, model):
    with listening(model, token="secret", max_characters=40) as address:
        page = visit(address=address, expected=["401"])
        for wrong in ("wrong", "\u043a\u043b\u044e\u0447", "two words"):
            page.wait_for_selector("#door", state="visible")
            page.fill("#token", wrong)
            page.keyboard.press("Enter")
        page.wait_for_selector("#door", state="visible")
        assert page.inner_text("#model") == ""
        page.fill("#token", "secret")
        page.keyboard.press("Enter")
        page.wait_for_selector("#model:has-text('entities')")
        page.fill("#text", TEXT)
        page.wait_for_selector(".mention")
        page.reload()
        page.fill("#text", TEXT)
        page.wait_for_selector(".mention")
        assert page.is_hidden("#door")
        page.fill("#text", TEXT * 2)
        page.wait_for_selector("#status:has-text('more than the 40 characters')")
        assert page.is_hidden("#result")
        page.fill("#text", TEXT)
        page.wait_for_selector("#status:has-text('2 mentions')")
        assert page.is_visible("#result")


def test_a_server_that_cannot_be_reached_leaves_no_result_of_another_text(visit):
    page = visit(expected=["ERR_FAILED"])
    write(page)
    page.route("**/v1/tag", lambda route: route.abort())
    page.fill("#text", f"{TEXT} Again.")
    page.wait_for_selector("#status.bad:has-text('The server cannot be reached.')")
    assert page.is_hidden("#result")
    page.unroute("**/v1/tag")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelector('#marked').textContent.endsWith('Again.')")
    assert page.is_visible("#result")


def test_the_last_text_wins(visit):
    page = visit()
    for n in range(20):
        page.fill("#text", f"{TEXT} {n}")
        page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelector('#marked').textContent.endsWith(' 19')")
    page.wait_for_load_state("networkidle")
    assert page.inner_text("#marked").endswith(" 19")


def test_a_long_word_fits_a_phone(visit):
    page = visit(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page.fill("#text", f"{TEXT} {'w' * 300}")
    page.wait_for_selector(".mention")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(visit, scheme):
    size = {"width": 360, "height": 740}
    page = visit(viewport=size, color_scheme=scheme, is_mobile=True, has_touch=True)
    write(page, (TEXT + " ") * 5)
    page.tap(".mention >> nth=3")
    page.wait_for_selector(".card")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    darkness = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (darkness < 200) == (scheme == "dark")
    mark, panel = (page.locator(one).bounding_box() for one in (".mention[data-open]", "#details"))
    assert mark["y"] >= 0
    assert mark["y"] + mark["height"] <= panel["y"]


def test_a_model_that_does_not_link_has_no_links_to_show(visit, trained):
    with listening(Pipeline.load(trained("ner"), device="cpu")) as address:
        page = visit(address=address)
        write(page)
        assert page.inner_text("#status") == "2 mentions"
        assert page.is_hidden("#link-slider")
        assert page.is_hidden(".finder")
        page.click(".mention >> nth=0")
        assert "no base" not in page.get_attribute(".mention", "aria-label")
