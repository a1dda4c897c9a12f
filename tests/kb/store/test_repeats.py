import pytest

from nerlink.errors import DataError, KnowledgeBaseError
from nerlink.kb import BuildOptions, KnowledgeBase, Partial

ROWS = (
    {"id": "Q1", "aliases": {"City": 1}},
    {"id": "Q2", "name": "Ulm"},
    {"id": "Q1", "name": "Paris", "description": "capital"},
    {"id": "Q1", "name": "Paris", "type": "LOC", "popularity": 7, "aliases": {"City": 2}},
)
SKIPPING = BuildOptions(skip_duplicates=True)


def test_rows_of_one_id_that_agree_are_one_entity(tmp_path, caplog):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ROWS) as kb:
        paris = kb["Q1"]
        assert (paris.name, paris.description, paris.type) == ("Paris", "capital", "LOC")
        assert (paris.popularity, paris.aliases["City"]) == (7, 3)
        assert (len(kb), kb.n_rows) == (2, 2)
        assert Partial(kb).get_candidates("Paris") == {"Q1"}
    assert "2 rows with the id of an earlier one" in caplog.text


def test_added_rows_of_one_id_that_agree_are_one_entity(tmp_path):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", []) as kb:
        kb.add(*ROWS)
        assert (kb["Q1"].name, kb["Q1"].aliases["City"]) == ("Paris", 3)


@pytest.mark.parametrize("name", ["name", "description", "type", "popularity"])
def test_rows_of_one_id_that_disagree_are_named_with_both_places(tmp_path, name):
    values = (3, 4) if name == "popularity" else ("one", "two")
    lines = [f"{id_},{value}" for id_, value in zip("abcab", (values * 3), strict=False)]
    (tmp_path / "t.csv").write_text("\n".join([f"id,{name}", *lines]) + "\n")
    with pytest.raises(DataError, match=rf"t.csv:5: {name} of 'a' is .* at .*t.csv:2. Rows of one"):
        KnowledgeBase.create(tmp_path / "kb.sqlite", tmp_path / "t.csv")


def test_rows_that_disagree_are_left_out_where_that_is_wanted(tmp_path, caplog):
    rows = [*ROWS, {"id": "Q2", "name": "Bern", "aliases": {"Berne": 1}}]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", rows, options=SKIPPING) as kb:
        assert (kb["Q2"].name, kb["Q2"].aliases) == ("Ulm", {})
    assert "1 row left out: an earlier one has the same id" in caplog.text


def test_entities_that_a_base_has_are_refused_or_left_out(tmp_path, caplog):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q2", "name": "Ulm"}]) as kb:
        with pytest.raises(KnowledgeBaseError, match=r"record 1: entity 'Q2' is in .*skip_dupl"):
            kb.add(*ROWS)
        assert len(kb) == 1
        kb.add(*ROWS, options=SKIPPING)
        assert [entity.name for entity in kb.entities()] == ["Ulm", "Paris"]
    assert "1 entity left out: the base has their ids" in caplog.text
