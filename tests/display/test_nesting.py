from nerlink.data import Mention
from nerlink.display.nesting import nested_edges


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
