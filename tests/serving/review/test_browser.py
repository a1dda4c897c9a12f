"""What reviewers do to a document on the page, in Chromium; skipped where there is none."""

import pytest

from nerlink import sources
from nerlink.data import Document, Entity, Mention
from tests.serving.review.browser import TEXT, done, drag, gold, marks, press, served, until

pytest.importorskip("playwright.sync_api")

MARKUP = "<img src=x onerror=alert(1)>"


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_is_not_broken(visit, address, scheme):
    page = visit(address, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#text mark >> nth=1")
    page.click("#nil")
    assert marks(page)[1][2] == ""
    assert page.get_attribute("#text mark >> nth=1", "class").split()[-1] == "nil"
