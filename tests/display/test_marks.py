import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.data import NIL, Candidate, Document, Mention, NilKind
from nerlink.display.marks import SIZE, blocks, hover_text, link_state, nested_edges

LINE = "x" * 99 + "\n"


def document(n_lines, *spans):
    mentions = tuple(Mention(start=start, end=end) for start, end in spans)
    return Document(text=LINE * n_lines, mentions=mentions)


def test_short_text_is_one_block():
    (block,) = blocks(document(3, (0, 5)))
    assert (block.start, block.end, len(block.mentions)) == (0, 300, 1)


def test_text_without_line_breaks_is_one_block():
    assert len(list(blocks(Document(text="x" * 3 * SIZE)))) == 1


def test_empty_text_has_no_block():
    assert list(blocks(Document(text=""))) == []


def test_mention_across_a_line_break_is_not_cut():
    first, *_ = blocks(document(100, (SIZE - 5, SIZE + 5)))
    assert first.end == SIZE + 100


@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 900)), max_size=20))
def test_blocks_cover_text_and_mentions_without_gaps(spans):
    doc = document(100, *((start, start + length) for start, length in spans))
    found = list(blocks(doc))
    assert [b.start for b in found] == [0, *(b.end for b in found[:-1])]
    assert found[-1].end == len(doc.text)
    assert sum(len(b.mentions) for b in found) == len(doc.mentions)
    assert all(b.start <= m.start and m.end <= b.end for b in found for m in b.mentions)


def drawn(text, *spans):
    """Each part of a mention in brackets; `/` where it was cut."""
    out, last = "", 0
    mentions = [Mention(start=start, end=end) for start, end in spans]
    for edge in nested_edges(mentions):
        out += text[last : edge.at]
        last = edge.at
        if edge.is_opening:
            out += "[" if edge.is_first else "[/"
        else:
            out += "]" if edge.is_last else "/]"
    return out + text[last:]


def test_apart():
    assert drawn("abcdef", (0, 2), (2, 4)) == "[ab][cd]ef"


def test_nested():
    assert drawn("abcdef", (2, 4), (0, 6)) == "[ab[cd]ef]"


def test_crossing_mentions_go_on_as_a_second_part():
    assert drawn("abcdef", (0, 4), (2, 6)) == "[ab[cd/]][/ef]"


def test_twice_the_same_range():
    assert drawn("abc", (0, 2), (0, 2)) == "[[ab]]c"


def test_three_that_cross():
    assert drawn("abcdef", (0, 3), (1, 5), (2, 6)) == "[a[b[c/]/]][/[/de]f]"


@pytest.mark.parametrize(("entity", "state"), [("Q1", "linked"), (NIL, "nil"), (None, "unlinked")])
def test_links_nils_and_unlinked_mentions_are_told_apart(entity, state):
    assert link_state(Mention(start=0, end=1, entity=entity)) == state


def test_words_say_label_link_and_candidates():
    mention = Mention(
        start=0,
        end=3,
        label="PER",
        entity=NIL,
        score=0.9,
        nil=NilKind.BELOW_THRESHOLD,
        candidates=(Candidate(entity="Q7", score=0.3, prior=0.8),),
    )
    assert hover_text(mention, names=lambda entity: "Ada") == (
        "PER · 0.90\n→ NIL (below threshold)\n1. Ada (Q7) · 0.30 (prior 0.80)"
    )
