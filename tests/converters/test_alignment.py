from time import process_time

import pytest
from hypothesis import given

from nerlink.converters import Alignment, AlignmentReason, align, tokenize
from nerlink.data import Document, Mention
from tests.converters.strategies import documents


def aligned(
    text: str, *borders: tuple[int, int], **known: tuple[tuple[int, int], ...]
) -> Alignment:
    doc = Document(
        text=text, mentions=tuple(Mention(start=s, end=e, label="X") for s, e in borders), **known
    )  # type: ignore[arg-type]
    return align(tokenize(doc), doc.mentions, text=text, document="doc")


def surfaces(alignment: Alignment) -> list[list[str]]:
    return [alignment.tokens.words[span.first : span.last] for span in alignment.spans]


def reasons(alignment: Alignment) -> list[AlignmentReason]:
    return [entry.reason for entry in alignment.report.entries]


def test_a_document_without_problems_is_left_alone() -> None:
    doc = Document(
        text="Ada met Bob.", mentions=(Mention(start=0, end=3), Mention(start=8, end=11))
    )
    tokens = tokenize(doc)
    alignment = align(tokens, doc.mentions, text=doc.text)
    assert alignment.tokens is tokens
    assert alignment.spans == [(0, 1, doc.mentions[0]), (2, 3, doc.mentions[1])]
    assert alignment.report.entries == ()


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("The U.S.-based firm (Apple) won.", 4, 8, ["U.S."]),
        ("The U.S.-based firm (Apple) won.", 9, 14, ["based"]),
        ("The U.S.-based firm (Apple) won.", 21, 26, ["Apple"]),
        ("Paris/London are cities.", 6, 12, ["London"]),
        ("Paris/London are cities.", 0, 5, ["Paris"]),
        ("pro-Paris-minded", 4, 9, ["Paris"]),
    ],
)
def test_offsets_are_exact_inside_tokens(text: str, start: int, end: int, words: list[str]) -> None:
    alignment = aligned(text, (start, end))
    assert surfaces(alignment) == [words]
    assert alignment.tokens.starts[alignment.spans[0].first] == start


def test_a_split_moves_the_sentences_that_follow() -> None:
    alignment = aligned("A pro-Paris man. He won.", (6, 11))
    assert alignment.tokens.words == ["A", "pro-", "Paris", "man", ".", "He", "won", "."]
    assert alignment.tokens.sentences == [(0, 5), (5, 8)]
    assert reasons(alignment) == [AlignmentReason.SPLIT]


@pytest.mark.parametrize(
    ("borders", "reason"),
    [
        ((4, 4), AlignmentReason.EMPTY),
        ((3, 5), AlignmentReason.BLANK),
        ((5, 99), AlignmentReason.OUTSIDE),
        ((-1, 3), AlignmentReason.OUTSIDE),
        ((5, 3), AlignmentReason.OUTSIDE),
    ],
)
def test_impossible_mentions_are_dropped(borders: tuple[int, int], reason: AlignmentReason) -> None:
    alignment = aligned("Ada  met Bob.", borders)
    assert alignment.spans == []
    assert reasons(alignment) == [reason]


def test_the_longest_of_overlapping_mentions_is_kept() -> None:
    alignment = aligned("Bank of New York, Oslo", (8, 16), (0, 16), (12, 22))
    assert surfaces(alignment) == [["Bank", "of", "New", "York"]]
    assert reasons(alignment) == [AlignmentReason.OVERLAP] * 2


def test_the_earlier_of_equally_long_mentions_is_kept() -> None:
    alignment = aligned("Ada Bob Cleo", (4, 12), (0, 7), (0, 7), (8, 12))
    assert [span.mention.start for span in alignment.spans] == [4]
    assert aligned("a b c", (2, 5), (0, 3)).spans[0].mention.start == 0


def test_white_space_at_the_edges_is_trimmed() -> None:
    alignment = aligned("met  Ada \nhere", (3, 10))
    assert surfaces(alignment) == [["Ada"]]
    assert reasons(alignment) == [AlignmentReason.TRIMMED]


def test_sentences_that_a_mention_crosses_are_merged() -> None:
    alignment = aligned("Mr Foo!\n\nBar! Inc won. Yes.", (3, 17))
    assert surfaces(alignment) == [["Foo", "!", "Bar", "!", "Inc"]]
    assert len(alignment.tokens.sentences) == 2
    assert reasons(alignment) == [AlignmentReason.MERGED]


def test_what_given_tokens_do_not_cover_is_clipped_or_dropped() -> None:
    alignment = aligned("#Paris # now", (0, 6), (7, 8), tokens=((1, 6), (9, 12)))
    assert surfaces(alignment) == [["Paris"]]
    assert reasons(alignment) == [AlignmentReason.CLIPPED, AlignmentReason.UNCOVERED]


@given(documents())
def test_spans_have_the_characters_of_their_mentions(doc: Document) -> None:
    alignment = align(tokenize(doc), doc.mentions, text=doc.text)
    tokens = alignment.tokens
    found = [(tokens.starts[s.first], tokens.ends[s.last - 1]) for s in alignment.spans]
    assert found == [(mention.start, mention.end) for mention in doc.mentions]
    assert not alignment.report.dropped
    assert [i for a, b in tokens.sentences for i in range(a, b)] == list(range(len(tokens.words)))


def test_many_mentions_take_linear_time() -> None:
    text = "pro-Paris " * 20_000
    tokens = tokenize(Document(text=text))
    mentions = [Mention(start=10 * i + 4, end=10 * i + 9) for i in range(20_000)]
    began = process_time()
    assert len(align(tokens, mentions, text=text).spans) == 20_000
    assert process_time() - began < 5
