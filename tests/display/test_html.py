import json
import re
import subprocess
import sys
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.display.html import document_html, to_html
from nerlink.display.page import asset
from tests.display.parsing import parse

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;"
ADA = Mention(
    start=0,
    end=3,
    label="PER",
    entity="Q7",
    score=0.99,
    link_score=0.97,
    candidates=(Candidate(entity="Q7", score=0.97, prior=0.8, count=4), Candidate(entity="Q9")),
)
TEXT = "Ada met Babbage."
DOC = Document(
    id="d1", text=TEXT, mentions=(ADA, Mention(start=8, end=15, label="PER", entity=NIL))
)


@st.composite
def documents(draw):
    text = draw(st.text(min_size=1).filter(lambda text: "\r" not in text))
    ends = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True).map(sorted)
    mentions = [
        Mention(start=start, end=end, label=draw(st.sampled_from(["PER", "ORG", None, "<b>"])))
        for start, end in draw(st.lists(ends, max_size=6))
    ]
    return Document(text=text, mentions=tuple(mentions))


@given(documents())
def test_text_is_whole_however_mentions_overlap(doc):
    (text,) = parse(to_html([doc])).all(class_name="text")
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", doc.text)
    assert text.text == shown


@given(documents())
def test_each_mention_can_be_reached_once(doc):
    marks = list(parse(to_html([doc])).all("mark"))
    assert sum("tabindex" in mark.attributes for mark in marks) == len(doc.mentions)


def test_page_needs_nothing_from_outside():
    page = to_html([DOC])
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<link|src=", page)
    assert page.isascii() or 'charset="utf-8"' in page


@pytest.mark.parametrize(
    "doc",
    [
        Document(text=ATTACK),
        Document(text="Ada", id=ATTACK),
        Document(text="Ada", mentions=(Mention(start=0, end=3, label=ATTACK),)),
        Document(text="Ada", mentions=(Mention(start=0, end=3, entity=ATTACK),)),
        Document(
            text="Ada", mentions=(Mention(start=0, end=3, candidates=(Candidate(entity=ATTACK),)),)
        ),
    ],
    ids=["text", "id", "label", "entity", "candidate"],
)
def test_nothing_in_a_document_becomes_markup(doc):
    for page in (to_html([doc], title=ATTACK), document_html(doc)):
        root = parse(page)
        assert not list(root.all("img"))
        assert len(list(root.all("script"))) == page.count("use strict")
        assert not [e for e in root.all() if any(name.startswith("on") for name in e.attributes)]


def test_names_of_entities_are_escaped():
    root = parse(to_html([DOC], names=lambda entity: ATTACK))
    assert not list(root.all("img"))
    assert next(root.all("mark")).attributes["data-link"] == ATTACK


def test_mention_carries_scores_and_candidates():
    first, second = parse(to_html([DOC], names={"Q7": "Ada Lovelace", "Q9": "Ada"}.get)).all("mark")
    details = json.loads(first.attributes["data-details"])
    assert details.keys() == {"name", *(field.name for field in fields(Mention))}
    assert (details["score"], details["link_score"]) == (0.99, 0.97)
    assert details["name"] == "Ada Lovelace"
    assert details["candidates"][0] == ["Ada Lovelace", "Q7", 0.97, 0.8, 4]
    assert "→ Ada Lovelace (Q7) · 0.97" in first.attributes["title"]
    assert "nil" in second.attributes["class"].split()


def test_legend_counts_labels_and_links():
    root = parse(to_html([DOC, DOC]))
    assert [key.text for key in root.all("button", "key")] == ["PER4"]
    assert [state.text for state in root.all("span", "state")] == ["abclinked2", "abcNIL2"]


def test_links_are_in_the_text_until_they_are_switched_off():
    (switch,) = [b for b in parse(to_html([DOC])).all("button") if b.attributes.get("id")]
    assert (switch.text, switch.attributes["aria-pressed"]) == ("links in the text", "true")
    shown = '.nerlink:not(.without-links) .mention.linked::after { content: attr(data-label) " → "'
    assert shown in to_html([DOC])
    assert "without-links" in asset("page.js")


def test_documents_without_id_are_numbered():
    headings = [h.children[0] for h in parse(to_html([Document(text="a"), DOC])).all("h2")]
    assert headings == ["document 1", "d1"]


def test_page_without_documents_says_so():
    assert "No documents." in to_html([])


def test_characters_that_cannot_be_written_are_replaced():
    to_html([Document(text="a\x00b\ud800c", id="\ud800")]).encode("utf-8")


def test_text_direction_is_found_by_the_browser():
    (text,) = parse(to_html([Document(text="שלום")])).all(class_name="text")
    assert text.attributes["dir"] == "auto"


def test_showing_a_document_imports_nothing_of_evaluation():
    code = "import sys, nerlink.display.html; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not [name for name in loaded.stdout.split() if name.startswith("nerlink.evaluation")]


def test_notebook_shows_a_document():
    root = parse(DOC._repr_html_())
    assert [mark.text for mark in root.all("mark")] == ["Ada", "Babbage"]
    assert not list(root.all("script"))


def test_long_text_is_cut_into_blocks_and_stays_whole():
    doc = Document(text="Ada met Babbage.\n\n" * 600, mentions=DOC.mentions)
    root = parse(to_html([doc]))
    assert len(list(root.all(class_name="block"))) > 1
    assert next(root.all(class_name="text")).text == doc.text
