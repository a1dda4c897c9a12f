# ruff: noqa: RUF001 (signs that look alike)

from dataclasses import replace

import pytest
from flair.data import Sentence
from flair.splitter import SegtokSentenceSplitter
from hypothesis import given, settings

from nerlink.converters import documents_from_sentences, from_sentences, to_sentences
from nerlink.data import NIL, Candidate, Document, Mention, NilKind
from nerlink.errors import DataError
from tests.converters.strategies import documents

DOC = Document(
    text=" Ada met Bob.\n\nHe left. ",
    id="doc",
    mentions=(Mention(start=1, end=4, label="PER"), Mention(start=9, end=12, entity=NIL)),
    meta={"source": "invented"},
)


@given(documents())
@settings(max_examples=200)
def test_a_document_comes_back_as_it_was(doc: Document) -> None:
    assert from_sentences(to_sentences(doc)) == doc


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("The U.S.-based firm (Apple) won.", 4, 8),
        ("The U.S.-based firm (Apple) won.", 9, 14),
        ("The U.S.-based firm (Apple) won.", 21, 26),
        ("Paris/London are cities.", 6, 12),
        ("in New York, Paris", 3, 11),
    ],
)
def test_the_preceding_character_is_not_swallowed(text: str, start: int, end: int) -> None:
    doc = Document(text=text, mentions=(Mention(start=start, end=end, label="X"),))
    sentences = to_sentences(doc)
    assert [span.text for span in sentences[0].get_spans("ner")] == [text[start:end]]
    assert from_sentences(sentences) == doc


def test_what_labels_cannot_hold_comes_back_too() -> None:
    candidates = (Candidate(entity="Q1", score=0.4),)
    mention = Mention(
        start=1, end=4, label="PER", entity=NIL, score=0.9, link_score=0.6,
        candidates=candidates, nil=NilKind.BELOW_THRESHOLD,
    )  # fmt: skip
    doc = replace(DOC, mentions=(mention,), tokens=((1, 4), (5, 12)), sentences=((1, 12),))
    assert from_sentences(to_sentences(doc)) == doc


def test_predictions_replace_the_mentions() -> None:
    sentences = to_sentences(DOC)
    sentences[0].remove_labels("nel")
    sentences[0].remove_labels("ner")
    sentences[1][0:1].add_label("ner", "PER", 0.7)
    sentences[1][0:1].add_label("nel", "Q9", 0.2)
    found = from_sentences(sentences)
    mention = Mention(start=15, end=17, label="PER", entity="Q9", score=0.7, link_score=0.2)
    assert found == replace(DOC, mentions=(mention,))


def test_documents_are_told_apart() -> None:
    others = [replace(DOC, id="two"), DOC]
    sentences = [s for doc in (DOC, *others) for s in to_sentences(doc)]
    assert list(documents_from_sentences(sentences)) == [DOC, *others]


def test_sentences_of_two_documents_do_not_make_one() -> None:
    with pytest.raises(DataError, match=r"4 sentences belong to 2 documents.*documents_from_"):
        from_sentences(to_sentences(DOC) + to_sentences(DOC))


def test_sentences_of_a_flair_splitter_keep_their_offsets() -> None:
    text = "Ada met Bob.  He left Oslo."
    sentences = SegtokSentenceSplitter().split(text)
    sentences[1][2:3].add_label("ner", "LOC", 0.5)
    mention = Mention(start=22, end=26, label="LOC", score=0.5)
    assert list(documents_from_sentences(sentences)) == [Document(text=text, mentions=(mention,))]


def test_sentences_may_follow_without_a_space() -> None:
    sentences = [Sentence("他来了。", start_position=0), Sentence("好！", start_position=4)]
    assert from_sentences(sentences).text == "他来了。好！"


def test_single_sentences_are_joined_by_spaces() -> None:
    sentences = [Sentence("Ada (Lee) won."), Sentence("  Bob too.")]
    for sentence in sentences:
        sentence[0:1].add_label("nel", "<unk>")
    doc = from_sentences(sentences)
    assert doc.text == "Ada (Lee) won. Bob too."
    assert [(doc.surface(m), m.entity, m.label) for m in doc.mentions] == [
        ("Ada", NIL, None),
        ("Bob", NIL, None),
    ]


def test_sentences_without_links_are_documents_of_their_own() -> None:
    found = documents_from_sentences([Sentence("Ada won."), Sentence("Bob too.")])
    assert [doc.text for doc in found] == ["Ada won.", "Bob too."]


def test_other_label_types_can_be_read() -> None:
    sentence = Sentence("Ada won.")
    sentence[0:1].add_label("person", "yes")
    assert from_sentences([sentence], ner="person").mentions[0].label == "yes"
    assert from_sentences([sentence]).mentions == ()


def test_no_sentences_are_an_empty_document() -> None:
    assert from_sentences([]) == Document(text="")


def test_one_sentence_is_a_document_of_its_own() -> None:
    sentence = Sentence("Ada won.")
    sentence[0:1].add_label("ner", "PER")
    doc = from_sentences(sentence)
    assert (doc.text, [doc.surface(m) for m in doc.mentions]) == ("Ada won.", ["Ada"])
    assert list(documents_from_sentences(sentence)) == [doc]


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_blank_document_comes_back(text):
    doc = Document(id="a", text=text, meta={"year": 1843})
    assert to_sentences(doc) == []
    assert from_sentences(to_sentences(doc)) == doc
    assert from_sentences([]) == Document(text="")
