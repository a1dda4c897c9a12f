"""What reviewers do on the page of a review, in Chromium; skipped where there is none."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from nerlink import sources
from nerlink.data import Document, Entity, Mention
from nerlink.kb import KnowledgeBase
from nerlink.serving.review.app import create_review_app
from nerlink.serving.review.bare import BaseService
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.session import ReviewOptions, Session
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings

sync_api = pytest.importorskip("playwright.sync_api")
uvicorn = pytest.importorskip("uvicorn")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")

MARKUP = "<img src=x onerror=alert(1)>"
TEXT = "Jordan met Paris. Jordan and Michael Jordan left Paris, Texas."
DOC = Document(
    id="a",
    text=TEXT,
    mentions=(
        Mention(start=0, end=6, label="PER", entity="player"),
        Mention(start=11, end=16, label="LOC"),
    ),
    complete=False,
)
OTHER = Document(id="b", text="Ada Byron saw Paris.", complete=False)


@contextmanager
def served(helper, output, documents, *, settings=None, port=0, **options):
    """The address of a review in a thread."""
    settings = settings or ServingSettings()
    is_base = isinstance(helper, KnowledgeBase)
    service = BaseService(helper, settings) if is_base else Service(helper, settings)
    with Journal(output, say=print) as journal:
        session = Session(service, documents, journal, ReviewOptions(**options))
        app = create_review_app(session)
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="on")
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
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitors:
    """Pages in a browser, and what went wrong in them: errors, dialogs, requests to others."""

    def __init__(self, browser):
        self.browser, self.faults, self.expected, self.contexts = browser, [], (), []

    def __call__(self, address, *, reviewer="ada", context=None, **options):
        """The page of a review, with its first document."""
        if context is None:
            context = self.browser.new_context(**options)
            self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda r: "//127.0.0.1:" in r.url or self.faults.append(r.url))
        page.goto(address + (f"?reviewer={reviewer}" if reviewer else ""))
        if reviewer:
            page.wait_for_selector("#paper:not([hidden]), #over:not([hidden])")
        return page

    def note(self, message):
        is_expected = any(one in message.text for one in self.expected)
        if message.type in ("error", "warning") and not is_expected:
            self.faults.append(message.text)


@pytest.fixture
def visit(browser):
    """Opens the page; no script may fail, nothing be refused, and nobody else be asked."""
    visitors = Visitors(browser)
    yield visitors
    for context in visitors.contexts:
        context.close()
    assert visitors.faults == []


@pytest.fixture
def output(tmp_path):
    return tmp_path / "gold.jsonl"


@pytest.fixture
def address(base, output):
    with served(base, output, [DOC, OTHER]) as address:
        yield address


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def marks(page):
    """Surface, label and link of each mention on the page."""
    return page.eval_on_selector_all(
        "#text mark",
        "all => all.map(one => [one.textContent, one.dataset.label, one.dataset.link])",
    )


def until(page, expected):
    """Wait until the page has these marks."""
    page.wait_for_function(
        "expected => JSON.stringify([...document.querySelectorAll('#text mark')].map("
        "one => [one.textContent, one.dataset.label, one.dataset.link])) === expected",
        arg=json.dumps(expected, separators=(",", ":"), ensure_ascii=False),
    )


def done(page, key="Control+Enter"):
    """Save a document whose open ends are no mistake, and wait for the next one."""
    name = page.inner_text("#name")
    page.keyboard.press(key)
    if "without a label or a link" in page.inner_text("#status"):
        page.keyboard.press(key)
    page.wait_for_function(
        "name => document.querySelector('#name').innerText !== name "
        "|| !document.querySelector('#over').hidden",
        arg=name,
    )


def gold(output):
    return [
        [(doc.surface(m), m.label, m.entity) for m in doc.mentions] for doc in sources.read(output)
    ]


def drag(page, start, end):
    """Select characters of the text with the mouse."""
    boxes = page.evaluate(
        """offsets => offsets.map(offset => {
             const walker = document.createTreeWalker(document.querySelector('#text'), 4);
             let at = 0;
             for (let node = walker.nextNode(); node; node = walker.nextNode()) {
               if (offset <= at + node.length) {
                 const range = document.createRange();
                 range.setStart(node, offset - at);
                 range.collapse(true);
                 const { x, y, height } = range.getBoundingClientRect();
                 return [x, y + height / 2];
               }
               at += node.length;
             }
           })""",
        [start, end],
    )
    page.mouse.move(*boxes[0])
    page.mouse.down()
    page.mouse.move(*boxes[1], steps=4)
    page.mouse.up()
    page.wait_for_function("() => getSelection().toString().trim() !== ''")
    page.wait_for_timeout(20)


def test_the_name_is_asked_for_and_remembered(visit, address, output):
    page = visit(address, reviewer=None)
    page.wait_for_selector("#who-dialog[open]")
    press(page, "Escape")
    assert page.is_visible("#who-dialog")
    page.keyboard.type("Ada Byron")
    press(page, "Enter")
    page.wait_for_selector("#text mark")
    done(page)
    assert sources.read(output)[0].meta["reviewer"] == "Ada Byron"
    again = visit(address, reviewer=None, context=page.context)
    again.wait_for_selector("#paper:not([hidden])")
    assert again.inner_text("#who") == "Ada Byron"


def test_mentions_are_there_and_candidates_are_chosen_by_keys(visit, address, output):
    page = visit(address)
    assert marks(page) == [["Jordan", "PER", "Mike Jordan"], ["Paris", "LOC", ""]]
    assert page.inner_text("#surface") == "Jordan"
    press(page, "ArrowRight")
    assert page.inner_text("#surface") == "Paris"
    assert page.locator("#options strong").all_inner_texts() == ["Paris", "Paris"]
    assert "capital of France" in page.inner_text("#option-0")
    press(page, "Shift+Digit2")
    assert marks(page)[1] == ["Paris", "LOC", "Paris"]
    press(page, "3")
    assert marks(page)[1][1] == "ORG"
    press(page, "2")
    done(page)
    assert gold(output) == [[("Jordan", "PER", "player"), ("Paris", "LOC", "paris-texas")]]
    (doc,) = sources.read(output)
    assert doc.complete
    assert doc.meta["reviewer"] == "ada"


def test_nil_reject_undo_and_redo(visit, address, output):
    page = visit(address)
    press(page, "n")
    assert page.get_attribute("#text mark", "class").split()[-1] == "nil"
    press(page, "x")
    assert marks(page) == [["Paris", "LOC", ""]]
    press(page, "z", "z")
    assert marks(page)[0] == ["Jordan", "PER", "Mike Jordan"]
    press(page, "z")
    assert page.inner_text("#status") == "There is nothing to undo."
    press(page, "Control+y", "Control+Shift+Z")
    assert marks(page) == [["Paris", "LOC", ""]]
    press(page, "Control+z")
    page.click("#undo")
    page.click("#redo")
    done(page, "d")
    assert gold(output) == [[("Jordan", "PER", "NIL"), ("Paris", "LOC", None)]]


def test_text_is_marked_with_the_mouse(visit, address, output):
    page = visit(address)
    drag(page, TEXT.index("exas"), TEXT.index("xas"))  # whole words are taken
    page.click("#labels .key >> text=LOC")
    until(page, [["Jordan", "PER", "Mike Jordan"], ["Paris", "LOC", ""], ["Texas", "LOC", "Texas"]])
    assert page.inner_text("#surface") == "Texas"
    done(page)
    assert gold(output)[0][-1] == ("Texas", "LOC", "texas")


def test_what_is_marked_over_mentions_takes_their_place(visit, address):
    page = visit(address)
    drag(page, 0, 16)
    press(page, "1")
    until(page, [["Jordan met Paris", "PER", ""]])
    press(page, "z")
    assert len(marks(page)) == 2


def test_everything_goes_by_keys_alone(visit, address, output):
    page = visit(address)
    page.evaluate("document.activeElement.blur()")
    press(page, "ArrowRight", "u", "Escape", "m")
    assert page.evaluate("getSelection().toString()") == "Paris"
    press(page, "ArrowDown")  # the next sentence
    assert page.evaluate("getSelection().toString()") == "Jordan"
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight")
    assert page.evaluate("getSelection().toString()") == "Michael Jordan"
    press(page, "Control+ArrowRight", "Control+Shift+ArrowLeft")
    assert page.evaluate("getSelection().toString()") == "ichael Jorda"
    press(page, "Control+ArrowLeft", "Control+Shift+ArrowRight", "Enter")
    until(
        page,
        [
            ["Jordan", "PER", "Mike Jordan"],
            ["Paris", "LOC", ""],
            ["Michael Jordan", "PER", ""],
        ],
    )
    press(page, "/")
    page.keyboard.type("mike")
    page.wait_for_selector("#options [data-entity=player]")
    press(page, "ArrowDown", "ArrowUp", "Enter")
    assert marks(page)[2][2] == "Mike Jordan"
    press(page, "Shift+ArrowLeft")  # the end of the mention, a word back
    until(page, [*marks(page)[:2], ["Michael", marks(page)[2][1], "Mike Jordan"]])
    press(page, "z")
    done(page)
    assert gold(output)[0][2][0::2] == ("Michael Jordan", "player")


def test_the_same_throughout_the_document(visit, address, output):
    page = visit(address)
    press(page, "s")
    # Not in "Michael Jordan" if that were a mention; here it is none.
    assert [one[0] for one in marks(page)] == ["Jordan", "Paris", "Jordan", "Jordan"]
    assert page.inner_text("#status") == "“Jordan” throughout: 0 changed, 2 new."
    press(page, "ArrowRight", "Shift+Digit1", "s")
    assert marks(page)[-1] == ["Paris", "LOC", "Paris"]
    press(page, "n", "s")
    assert page.inner_text("#status") == "“Paris” throughout: 1 changed, 0 new."
    press(page, "ArrowLeft", "Shift+X")
    assert [one[0] for one in marks(page)] == ["Paris", "Paris"]
    press(page, "z")
    assert len(marks(page)) == 5
    done(page)
    assert [one[2] for one in gold(output)[0]].count("NIL") == 2


def test_a_new_entity_is_a_candidate_of_the_next_document(visit, base, output):
    docs = [
        Document(id=name, text=f"{name} saw Zyx.", mentions=(Mention(start=6, end=9, label="LOC"),))
        for name in "ab"
    ]
    docs = [Document(id=d.id, text=d.text, mentions=d.mentions, complete=False) for d in docs]
    with served(base, output, docs) as address:
        page = visit(address)
        assert marks(page) == [["Zyx", "LOC", ""]]
        press(page, "e")
        page.fill("#entity-name", "Zyx Town")
        assert page.input_value("#entity-id") == "zyx-town"
        page.fill("#entity-id", "paris")
        visit.expected = ("409",)
        press(page, "Enter")
        page.wait_for_function("() => document.querySelector('#entity-fault').innerText !== ''")
        assert "the base has 'paris' already: 'Paris'" in page.inner_text("#entity-fault")
        page.fill("#entity-id", "zyx")
        page.fill("#entity-description", MARKUP)
        press(page, "Enter")
        until(page, [["Zyx", "LOC", "Zyx Town"]])
        done(page)
        assert marks(page) == [["Zyx", "LOC", "Zyx Town"]]
        assert MARKUP in page.inner_text("#option-0")
        done(page)
    assert [doc[0][2] for doc in gold(output)] == ["zyx", "zyx"]
    assert base["zyx"] == Entity(
        id="zyx", name="Zyx Town", description=MARKUP, type="LOC", aliases=base["zyx"].aliases
    )


def test_unfinished_work_outlives_the_page(visit, address, output):
    page = visit(address)
    press(page, "n", "ArrowRight", "x")
    page.close()
    page = visit(address, context=page.context)
    assert "unfinished work is here again" in page.inner_text("#status")
    assert marks(page) == [["Jordan", "PER", ""]]
    assert not output.exists()
    press(page, "z")
    assert marks(page) == [["Jordan", "PER", "Mike Jordan"], ["Paris", "LOC", ""]]
    press(page, "y")
    done(page)
    assert gold(output) == [[("Jordan", "PER", "NIL")]]
    page.reload()
    page.wait_for_selector("#paper:not([hidden])")
    assert page.inner_text("#name").endswith("b")


def test_open_ends_are_told_once(visit, address, output):
    page = visit(address)
    press(page, "Control+Enter")
    assert page.inner_text("#status").startswith("1 mention without a label or a link")
    assert page.inner_text("#surface") == "Paris"
    assert not output.exists()
    press(page, "Control+Enter")
    page.wait_for_function("() => document.querySelector('#name').innerText.endsWith('b')")
    assert gold(output)[0][1] == ("Paris", "LOC", None)


def test_a_key_that_is_held_down_saves_one_document(visit, address, output):
    page = visit(address)
    press(page, "n", "ArrowRight", "n")
    for _ in range(5):
        page.keyboard.down("d")
    page.wait_for_function("() => document.querySelector('#name').innerText.endsWith('b')")
    for _ in range(5):
        page.keyboard.down("d")
    page.keyboard.up("d")
    assert len(gold(output)) == 1


def test_the_end_and_a_document_that_is_opened_again(visit, address, output):
    page = visit(address)
    press(page, "k")
    page.wait_for_function("() => document.querySelector('#name').innerText.endsWith('b')")
    done(page)
    assert page.inner_text("#name").endswith("a")  # what was skipped comes last
    done(page)
    assert page.inner_text("#over-text") == "All 2 documents are done: they are in gold.jsonl."
    press(page, "o")
    page.wait_for_selector("#list-dialog[open]")
    page.keyboard.type("byron")
    press(page, "ArrowDown", "Enter")
    page.wait_for_selector("#paper:not([hidden])")
    assert "You have done this document" in page.inner_text("#notes")
    press(page, "m", "Shift+ArrowRight", "1")
    until(page, [["Ada Byron", "PER", "Ada Byron"]])
    done(page)
    assert [len(one) for one in gold(output)] == [1, 2]  # in the order in which they were done


def test_two_who_differ_and_a_third_who_decides(visit, base, output):
    with served(base, output, [DOC], overlap=1) as address:
        ada, bob = visit(address), visit(address, reviewer="bob")
        press(ada, "n")
        done(ada)
        done(bob)
        assert "Others have the last" not in bob.inner_text("#over-text")
        assert sources.read(output)[0].meta["disputed"] is True
        bob.click("#agree")
        bob.wait_for_selector("#agree-dialog[open]")
        assert "ada and bob: 1 document, 0 the same" in bob.inner_text("#agree-text")
        press(bob, "Escape")
        eve = visit(address, reviewer="eve")
        press(eve, "o")
        eve.click("#list-rows button")
        eve.wait_for_selector("#notes .version")
        assert eve.locator("#notes .version .name").all_inner_texts() == ["ada", "bob"]
        eve.click("#notes .version:has-text('ada') button")
        assert marks(eve)[0] == ["Jordan", "PER", ""]
        done(eve)
    (doc,) = sources.read(output)
    assert "disputed" not in doc.meta
    assert (doc.meta["reviewer"], doc.mentions[0].entity) == ("eve", "NIL")


def test_characters_of_two_units_keep_their_places(visit, base, output):
    doc = Document(id="a", text="🐄🐄 walk to Paris 🐄 Texas", complete=False)
    with served(base, output, [doc]) as address:
        page = visit(address)
        press(page, "m", *["ArrowRight"] * 2, "1")
        page.wait_for_selector("#text mark")
        press(page, "m", "ArrowRight", "1")
        page.wait_for_function("() => document.querySelectorAll('#text mark').length === 2")
        page.wait_for_function("() => document.querySelectorAll('#text mark.linked').length === 1")
        done(page)
    assert [one[0] for one in gold(output)[0]] == ["Paris", "Texas"]


def test_mentions_that_overlap_are_shown_and_kept(visit, base, output):
    spans = ((0, 10), (7, 16), (11, 16), (11, 16))
    mentions = tuple(Mention(start=s, end=e, label="LOC", entity="NIL") for s, e in spans)
    with served(base, output, [Document(id="a", text=TEXT, mentions=mentions)]) as address:
        page = visit(address)
        assert page.inner_text("#counts") == "4 mentions"
        assert page.evaluate("document.querySelector('#text').textContent") == TEXT
        done(page)
    assert [(m.start, m.end) for m in sources.read(output)[0].mentions] == list(spans)


def test_what_looks_like_markup_is_text(visit, base, output):
    base.add(Entity(id="tags", name=f"Mrs {MARKUP}", description=MARKUP, type="<i>X</i>"))
    mention = Mention(start=0, end=3, label="<b>L</b>", entity="tags")
    doc = Document(id=f"<u>{MARKUP}", text=f"Mrs {MARKUP}", mentions=(mention,))
    with served(base, output, [doc]) as address:
        page = visit(address)
        assert marks(page) == [["Mrs", "<b>L</b>", f"Mrs {MARKUP}"]]
        assert page.inner_text("#name").endswith(MARKUP)
        assert page.evaluate("document.querySelectorAll('img, main b, u').length") == 0


def test_an_entity_that_the_base_has_lost_is_marked(visit, base, output):
    mention = Mention(start=0, end=6, label="PER", entity="gone")
    with served(base, output, [Document(id="a", text=TEXT, mentions=(mention,))]) as address:
        page = visit(address)
        assert "“gone” is not in this base" in page.inner_text("#lost")
        assert "lost" in page.get_attribute("#text mark", "class").split()
        done(page)
    assert gold(output) == [[("Jordan", "PER", "gone")]]


def test_a_new_label_is_typed_and_told(visit, own_model, output):
    with served(own_model, output, [Document(id="a", text="Cows in Texas")]) as address:
        page = visit(address)
        assert page.inner_text("#surface") == "Texas"
        press(page, "m", "ArrowLeft", "ArrowLeft", "l")
        page.keyboard.type("ANIMAL")
        press(page, "Enter")
        until(page, [["Cows", "ANIMAL", ""], ["Texas", "LOC", "Texas"]])
        told = page.inner_text("#labels")
        assert "ANIMAL" in told and "new to the model" in told
        press(page, "l")
        page.keyboard.type("loc")
        press(page, "Enter")
        until(page, [["Cows", "LOC", ""], ["Texas", "LOC", "Texas"]])


def test_help_shows_all_keys(visit, address):
    page = visit(address)
    press(page, "?")
    assert page.is_visible("#help-dialog")
    press(page, "n")  # not of the page under it
    assert marks(page)[0][2] == "Mike Jordan"
    press(page, "Escape")
    assert page.is_hidden("#help-dialog")
    press(page, "n")
    assert marks(page)[0][2] == ""


def test_the_token_is_asked_for(visit, base, output):
    visit.expected = ("401",)
    settings = ServingSettings(token="secret")
    with served(base, output, [DOC], settings=settings) as address:
        page = visit(address, reviewer=None)
        page.fill("#who-name", "ada")
        press(page, "Enter")
        page.wait_for_selector("#door:not([hidden])")
        page.fill("#token", "secret")
        press(page, "Enter")
        page.wait_for_selector("#text mark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_is_not_broken(visit, address, scheme):
    page = visit(address, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#text mark >> nth=1")
    page.click("#nil")
    assert marks(page)[1][2] == ""
    assert page.get_attribute("#text mark >> nth=1", "class").split()[-1] == "nil"


def test_a_server_that_is_killed_loses_nothing(visit, base, output, tmp_path):
    ask, log = tmp_path / "ask.jsonl", tmp_path / "log"
    sources.write([DOC, OTHER], ask)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nerlink", "review", ask, "--kb", base.path, "-o", output]
    with log.open("w") as stderr:
        server = subprocess.Popen([*map(str, command), "--port", str(port)], stderr=stderr)
    try:
        while "is ready" not in log.read_text():
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        visit.expected = ("ERR_CONNECTION_REFUSED",)
        page = visit(f"http://127.0.0.1:{port}/")
        press(page, "n")
        done(page)
        press(page, "m", "1")
        page.wait_for_selector("#text mark")
    finally:
        server.kill()
        server.wait()
    assert gold(output) == [[("Jordan", "PER", "NIL"), ("Paris", "LOC", None)]]
    press(page, "Control+Enter", "Control+Enter")
    lost = "() => document.querySelector('#status').innerText.includes('Nothing is lost')"
    page.wait_for_function(lost)
    with served(base, output, [DOC, OTHER], port=port):
        page.wait_for_selector("#over:not([hidden])")  # it is saved by itself
        assert page.inner_text("#over-text").startswith("All 2 documents are done")
    assert [one[0][0] for one in gold(output)] == ["Jordan", "Ada"]
