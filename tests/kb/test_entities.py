from pathlib import Path
from typing import Any

import pytest

from nerlink.errors import DataError
from nerlink.kb import KnowledgeBase


def create(tmp_path: Path, entities: Any, **kwargs: Any) -> None:
    KnowledgeBase.create(tmp_path / "kb.sqlite", entities, **kwargs).close()


@pytest.mark.parametrize(
    ("record", "match"),
    [
        ({"id": " "}, "record 0: column 'id' is ''"),
        ({"id": "NIL"}, "column 'id' is 'NIL'"),
        ({"id": "Q\ud800"}, "half a surrogate pair"),
        ({"id": "Q\0"}, "a NUL"),
        ({"id": "Q1", "popularity": "many"}, "column 'popularity' is 'many'"),
        ({"id": "Q1", "popularity": -1}, "column 'popularity' is -1"),
        ({"id": "Q1", "popularity": float("inf")}, "column 'popularity' is inf"),
        ({"id": "Q1", "aliases": {"Ada": 1.5}}, "column 'count' is 1.5"),
        ({"id": "Q1", "aliases": 7}, "column 'aliases' is 7, which is no list"),
        ({"name": "Ada"}, "column 'id' is missing; there are name. Name the right one"),
        ({"Id": "Q1"}, "Did you mean 'Id'"),
    ],
)
def test_a_bad_value_is_named_with_its_place(
    tmp_path: Path, record: dict[str, Any], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        create(tmp_path, [record])


@pytest.mark.parametrize(
    ("record", "match"),
    [
        ({"alias": "Ada", "entity": "Q9"}, "record 0: entity 'Q9' is not in the tables"),
        ({"alias": "", "entity": "Q1"}, "column 'alias' is empty"),
        ({"alias": "Ada", "count": 1}, "column 'entity' is missing"),
        ({"entity": "Q1"}, "column 'alias' is missing"),
        ({"alias": "Ada", "entity": "Q1", "count": "x"}, "column 'count' is 'x'"),
    ],
)
def test_a_bad_alias_is_named_with_its_place(
    tmp_path: Path, record: dict[str, Any], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        create(tmp_path, [{"id": "Q1"}], aliases=[record])


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"popularty": "links"}, "'popularty' is not a value.*Did you mean 'popularity'"),
        ({"in_links": "popularity"}, "wrong way round.* Write columns={'popularity': 'in_links'}"),
        ({"popularity": "inlinks"}, "no table has the column 'inlinks'.*Did you mean 'in_links'"),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused(
    tmp_path: Path, columns: dict[str, str], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        create(tmp_path, [{"id": "Q1", "in_links": 3}], columns=columns)


@pytest.mark.parametrize(
    "record",
    [
        {"alias": "Ada", "entity": "Q1", "count": 2},
        {"surface": "Ada", "entities": ["Q1"], "count": "2"},
    ],
)
def test_both_shapes_of_alias_rows_are_read(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "kb.sqlite"
    with KnowledgeBase.create(path, [{"id": "Q1"}], aliases=[record, record]) as kb:
        assert kb["Q1"].aliases == {"Ada": 4}


@pytest.mark.parametrize("aliases", ['["Ada", "Lady"]', "Ada|Lady", '{"Ada": 0, "Lady": 0}'])
def test_aliases_in_text_files_are_lists_or_json(tmp_path: Path, aliases: str) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "aliases": aliases}]) as kb:
        assert kb["Q1"].aliases == {"Ada": 0, "Lady": 0}


def test_entities_that_are_called_by_their_ids_are_told_of(tmp_path, caplog):
    KnowledgeBase.create(tmp_path / "a.sqlite", [{"id": "Q90", "label": "Paris"}]).close()
    assert "No column has the names of entities" in caplog.text
    assert "'label'" in caplog.text
    caplog.clear()
    KnowledgeBase.create(tmp_path / "b.sqlite", [{"id": "Q90"}]).close()
    named = [{"id": "Q90", "label": "Paris"}]
    KnowledgeBase.create(tmp_path / "c.sqlite", named, columns={"name": "label"}).close()
    assert not caplog.text


def test_a_column_that_looks_like_one_of_ours_is_named(tmp_path, caplog):
    create(tmp_path, [{"id": "Q1", "name": "Ada", "descripton": "a poet's daughter", "page": 3}])
    assert "column 'descripton' is left out. Did you mean 'description'?" in caplog.text
    assert "'page'" not in caplog.text


def test_entities_added_later_are_checked_likewise(tmp_path, caplog):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "name": "Ada"}]) as kb:
        assert not caplog.text
        kb.add({"id": "Q2", "name": "Bea", "aliasses": ["B."]})
    assert "Did you mean 'aliases'?" in caplog.text
