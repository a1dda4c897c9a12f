from hypothesis import given
from hypothesis import strategies as st

from nerlink.data import Document, Mention
from nerlink.display.blocks import SIZE, blocks

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
