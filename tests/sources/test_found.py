import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources.found import Found, document_from_found, more_of, rest_of_found
from nerlink.sources.losses import Losses

TEXT = "Ada met Bob."


def found(start, end, surface=None, **more):
    return Found(Mention(start=start, end=end, label="PER"), f"x:{start}", surface, more)


def made(*all_found, text=TEXT, meta=None):
    doc = Document(text=text, meta=meta or {})
    return document_from_found(doc, all_found, where="x", say=lambda _: None)


def test_mentions_are_put_in_order_with_what_belongs_to_them():
    doc = made(found(8, 11, sure="yes"), found(0, 3, "Ada", note=1))
    assert [m.start for m in doc.mentions] == [0, 8]
    assert doc.meta["mention_columns"] == {"sure": [None, "yes"], "note": [1, None]}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (found(8, 99), "offsets outside the text"),
        (found(5, 5), "no character"),
        (found(5, 4), "reversed offsets"),
        (found(0, 3, "Bob"), "another text at the offsets"),
        (DataError("no mention", reason="a line that is no annotation"), None),
    ],
    ids=["outside", "empty", "reversed", "surface", "unread"],
)
def test_the_mention_at_fault_is_known_and_the_others_are_kept(bad, reason):
    with pytest.raises(DataError) as caught:
        made(found(0, 3), bad, found(8, 11))
    doc, faults = caught.value.rest()
    assert [m.start for m in doc.mentions] == [0, 8]
    assert [fault.reason for fault in faults] == [reason or "a line that is no annotation"]


def test_several_faults_are_found_one_by_one():
    many = [found(n, n + 1) for n in range(12)]
    many[3:3] = [found(0, 99)]
    many[9:9] = [found(5, 5)]
    doc, faults = rest_of_found(Document(text=TEXT), many, where="x", say=lambda _: None)
    assert (len(doc.mentions), len(faults)) == (12, 2)


def test_a_document_that_is_bad_itself_has_no_rest():
    with pytest.raises(DataError) as caught:
        made(found(0, 1), text="a\0")
    with pytest.raises(DataError, match="NUL"):
        caught.value.rest()


def test_columns_of_the_mentions_that_are_left_go_with_them():
    meta = {"mention_columns": {"k": ["bad", "b", "a"]}}
    with pytest.raises(DataError) as caught:
        made(found(0, 99), found(8, 11), found(0, 3), meta=meta)
    doc, _ = caught.value.rest()
    assert doc.meta["mention_columns"] == {"k": ["a", "b"]}


def test_columns_that_a_format_has_no_place_for_are_counted():
    meta = {"mention_columns": {"text": ["x"], "short": [], "note": ["n"], "none": [None]}}
    doc = Document(text=TEXT, mentions=(Mention(start=0, end=3),), meta=meta)
    losses = Losses()
    assert more_of(doc, reserved={"text"}, losses=losses) == [{"note": "n"}]
    assert losses.counts == {"columns of mentions": 2}
