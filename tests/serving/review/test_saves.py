import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.serving.review.saves import (
    Save,
    counted,
    independent,
    is_disputed,
    key_of,
    reviewed,
    save_from_record,
)
from nerlink.sources.keys import MENTION_COLUMNS

TEXT = "Cows walk to Paris."
PARIS = Mention(start=13, end=18, label="LOC", entity="paris")
TEXAN = Mention(start=13, end=18, label="LOC", entity="paris-texas")


def save(reviewer, *mentions, time="2026-01-02T03:04:05Z", informed=False):
    doc = Document(id="a", text=TEXT, mentions=mentions)
    return Save(key="id:a", doc=doc, reviewer=reviewer, time=time, is_informed=informed)


def test_a_save_survives_its_line():
    one = save("ada", PARIS, informed=True)
    assert save_from_record(one.record(), where="log:2") == one


@pytest.mark.parametrize(
    "record", [{}, {"key": "a", "reviewer": 3, "time": "t"}, {"document": {"text": "a"}}]
)
def test_a_line_that_is_no_save_is_refused(record):
    with pytest.raises(DataError, match="log:2: this is no save of a document"):
        save_from_record(record, where="log:2")


def test_a_document_is_known_by_its_id_or_its_text():
    assert key_of(Document(id="a", text=TEXT)) == "id:a"
    assert key_of(Document(text=TEXT)) == key_of(Document(text=TEXT)) != key_of(Document(text="b"))


def test_a_reviewed_document_is_complete_and_in_order():
    doc = Document(text=TEXT, complete=False, meta={"source": "x", "disputed": True})
    found = reviewed(doc, [PARIS, Mention(start=0, end=4)])
    assert [m.start for m in found.mentions] == [0, 13]
    assert found.complete
    assert found.meta == {"source": "x"}


def test_columns_of_mentions_go_with_those_that_stay():
    columns = {MENTION_COLUMNS: {"page": [7, 8]}}
    doc = Document(text=TEXT, mentions=(Mention(start=0, end=4), PARIS), meta=columns)
    found = reviewed(doc, [TEXAN, Mention(start=5, end=9)])
    assert found.meta[MENTION_COLUMNS] == {"page": [None, 8]}


def test_the_latest_version_counts_with_who_and_when():
    found = counted([save("ada", PARIS, time="1"), save("bob", PARIS, time="2")])
    assert found.meta == {"reviewer": "bob", "reviewed": "2"}


def test_two_who_differ_are_a_dispute_until_somebody_who_saw_both_decides():
    saves = [save("ada", PARIS), save("bob", TEXAN)]
    assert is_disputed(saves)
    assert counted(saves).meta["disputed"] is True
    assert counted(saves).mentions == (TEXAN,)
    saves.append(save("ada", PARIS, informed=True))
    assert not is_disputed(saves)
    assert "disputed" not in counted(saves).meta
    assert independent(saves)["ada"] is saves[0]


def test_who_saves_again_does_not_differ_from_himself():
    assert not is_disputed([save("ada", PARIS), save("ada", TEXAN)])
