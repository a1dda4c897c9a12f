import pytest

from nerlink.trimming import trimmed


@pytest.mark.parametrize(
    ("start", "end", "borders"), [(3, 8, (4, 7)), (4, 7, (4, 7)), (7, 8, (8, 8)), (0, 3, (0, 3))]
)
def test_white_space_at_the_edges_is_left_out(start, end, borders):
    assert trimmed("met Ada .", start, end) == borders
