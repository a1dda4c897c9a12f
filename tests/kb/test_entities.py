import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.kb import BuildOptions, KnowledgeBase, ThesaurusOptions
from nerlink.sources.check import check_document


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
        ({"id": "Q1", "popularity": 2**53}, r"record 0: entity 'Q1': .* is 9007.*0 to 2\*\*53"),
        ({"id": "Q1", "popularity": 10**400}, "column 'popularity' is 1000"),
        ({"id": "Q1", "popularity": 10**5000}, "column 'popularity' is a value of type int"),
        ({"id": "Q1", "name": 10**5000}, "column 'name' is a value of type int that is too large"),
        ({"id": "Q1", "aliases": 10**5000}, "column 'aliases' is a value of type int"),
        ({"id": "Q1", "aliases": '{"Ada": 1, "Ada": 2}'}, "the key 'Ada' occurs 2 times"),
        ({"id": "Q1", "aliases": {"Ada": 2**53}}, "record 0: entity 'Q1': column 'count' is 9007"),
        ({"id": "Q1", "aliases": {"Ada": -1}}, "column 'count' is -1"),
        ({"id": "Q1", "alias": "Ada", "count": float("inf")}, "column 'count' is inf"),
        ({"id": "Q1", "aliases": {"Ada": 1.5}}, "column 'count' is 1.5"),
        ({"id": "Q1", "aliases": 7}, "column 'aliases' is 7, which is no list"),
        ({"name": "Ada"}, "column 'id' is missing; there are name. Name the right one"),
        ({"idd": "Q1"}, "Did you mean 'idd'"),
        ({"id": "Q1", "name": {"value": "Ada"}}, "column 'name' holds {'value': 'Ada'}"),
        ({"id": "Q1", "aliases": [["Ada"]]}, r"column 'aliases' holds \['Ada'\]"),
        ({"id": "Q1", "aliases": '["Ada", "Lady"'}, "opens like a list but is neither JSON nor"),
        ({"id": "Q1", "aliases": "['Ada' ... 'Lady']"}, "opens like a list but is neither"),
        ({"qid": "Q1", "uri": "u:1"}, "columns 'qid' and 'uri' may each be 'id'. Say which with"),
    ],
)
def test_a_bad_value_is_named_with_its_place(
    tmp_path: Path, record: dict[str, Any], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        create(tmp_path, [record])


BREAKS = ("\t", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")


@pytest.mark.parametrize("mark", [*BREAKS, "&#10;"], ids=ascii)
@pytest.mark.parametrize("column", ["id", "name", "type", "aliases", "alias"])
def test_what_a_document_refuses_in_an_id_a_base_refuses_in_every_name(
    tmp_path: Path, column: str, mark: str
) -> None:
    record = {"id": "Q1", "name": "Ada"} | {column: f"A{mark}B"}
    if mark in BREAKS:
        mention = Mention(start=0, end=1, entity=f"A{mark}B")
        with pytest.raises(DataError, match="tabs or line ends"):
            check_document(Document(text="A", mentions=(mention,)), where="document")
    elif column == "id":
        return  # an id is what it is
    with pytest.raises(DataError, match=f"record 0.*column {column!r} .* a tab or a line end"):
        create(tmp_path, [record])
    with (
        KnowledgeBase.create(tmp_path / "kb.sqlite", []) as kb,
        pytest.raises(DataError, match="a tab or a line end"),
    ):
        kb.add(record)


def test_a_description_may_have_lines_and_edges_are_cut(tmp_path: Path) -> None:
    record = {"id": "Q1\n", "name": "\tAda\u2028", "description": "counts\nand\twrites"}
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [record]) as kb:
        assert (kb["Q1"].name, kb["Q1"].description) == ("Ada", "counts\nand\twrites")


def test_counts_that_add_up_to_too_much_are_refused(tmp_path: Path) -> None:
    many = [{"alias": "Ada", "entity": "Q1", "count": 2**52}] * 2000
    with pytest.raises(DataError, match="counts of 'Ada' add up to"):
        create(tmp_path, [{"id": "Q1"}], aliases=many)


@pytest.mark.parametrize("aliases", ["['Ada', nan]", '["Ada", NaN]', ["Ada", math.nan, pd.NA]])
def test_a_missing_value_in_a_list_is_no_alias(tmp_path: Path, aliases: Any) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "aliases": aliases}]) as kb:
        assert kb["Q1"].aliases == {"Ada": 0}


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


@pytest.mark.parametrize(
    "aliases",
    [
        '["Ada", "Lady"]',
        "Ada|Lady",
        '{"Ada": 0, "Lady": 0}',
        "['Ada', 'Lady']",
        "('Ada', \"Lady\")",
        "{'Ada': 0, 'Lady': 0}",
        "['Ada' 'Lady']",
    ],
    ids=["json", "text", "json-counts", "python", "tuple", "python-counts", "numpy"],
)
def test_aliases_in_text_files_are_lists_as_programs_write_them(
    tmp_path: Path, aliases: str
) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "aliases": aliases}]) as kb:
        assert kb["Q1"].aliases == {"Ada": 0, "Lady": 0}


@pytest.mark.parametrize("alias", ["(Ada)", "[3H]-thymidine", '("Lady" Ada', "Ada, Lady"])
def test_what_only_looks_like_a_list_is_an_alias(tmp_path: Path, alias: str) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "aliases": alias}]) as kb:
        assert kb["Q1"].aliases == {alias: 0}


@pytest.mark.parametrize("alias", ['["Ada", "Lady"]', "['Ada', 'Lady']", ["Ada", "Lady"]])
def test_a_list_in_a_column_of_one_alias_is_a_list(tmp_path: Path, alias: Any) -> None:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "alias": alias}]) as kb:
        assert kb["Q1"].aliases == {"Ada": 0, "Lady": 0}


WINE = (
    "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
    '<http://a.org/wine> a skos:Concept ; skos:prefLabel "wine"@en .\n'
)


def test_a_column_that_is_named_for_a_thesaurus_is_refused(tmp_path):
    (tmp_path / "a.ttl").write_text(WINE)
    with pytest.raises(DataError, match=r"'title' given for 'name' .* thesauri have labels and no"):
        create(tmp_path, tmp_path / "a.ttl", columns={"name": "title"})
    (tmp_path / "a.csv").write_text("id,title\nq,Oslo\n")
    create(tmp_path, [tmp_path / "a.ttl", tmp_path / "a.csv"], columns={"name": "title"})


def test_a_column_that_is_named_wrongly_is_not_guessed(tmp_path):
    (tmp_path / "a.csv").write_text("id,title\nq,Oslo\n")
    with pytest.raises(DataError, match=r"no table has the column 'titel' .*Did you mean 'title'"):
        create(tmp_path, tmp_path / "a.csv", columns={"name": "titel"})


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a.csv", {"thesauri": ThesaurusOptions(language="de")}, "None of the tables is a thes"),
        ("a.ttl", {"alias_separator": ";"}, "the separator of aliases is not used"),
    ],
)
def test_options_that_change_nothing_are_told(tmp_path, caplog, content, options, message):
    (tmp_path / content).write_text(WINE if content == "a.ttl" else "id,name\nq,Oslo\n")
    create(tmp_path, tmp_path / content, options=BuildOptions(**options))
    assert message in caplog.text


def test_another_separator_of_aliases_is_told_of_and_can_be_named(tmp_path, caplog):
    records = [{"id": "Q1", "aliases": "Ada;Lady"}, {"id": "Q2", "aliases": "Bea"}]
    create(tmp_path, records)
    assert "1 of 2 cells of aliases hold ';'" in caplog.text
    assert "alias_separator=';' (nerlink kb build --alias-separator ';')" in caplog.text
    caplog.clear()
    options = BuildOptions(alias_separator=";")
    with KnowledgeBase.create(tmp_path / "own.sqlite", records, options=options) as kb:
        assert kb["Q1"].aliases == {"Ada": 0, "Lady": 0}
    assert not caplog.text


def test_a_comma_in_few_names_is_not_told_of(tmp_path, caplog):
    create(tmp_path, [{"id": str(n), "aliases": "Ada" + ", B." * (n == 7)} for n in range(20)])
    assert not caplog.text


def test_references_of_html_are_read_as_what_they_stand_for_and_counted(tmp_path, caplog):
    record = {"id": "a&amp;t", "name": "AT&amp;T", "aliases": ["A &#39;n&#x27; T", "R&D; co"]}
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [record]) as kb:
        entity = kb["a&amp;t"]
        assert (entity.name, set(entity.aliases)) == ("AT&T", {"A 'n' T", "R&D; co"})
    assert "2 texts with HTML references" in caplog.text


@pytest.mark.parametrize(
    "row",
    [
        {"qid": "Q1", "label": "Ada", "desc": "counts", "synonyms": "Lady"},
        {"item": "Q1", "itemLabel": "Ada", "itemDescription": "counts", "itemAltLabel": "Lady"},
        {"poet": "Q1", "poetLabel": "Ada", "poetDescription": "counts", "poetAltLabel": "Lady"},
        {"Entity ID": "Q1", "Title": "Ada", "Description": "counts", "alias": "Lady"},
        {"ID": "Q1", "skos:prefLabel": "Ada", "definition": "counts", "skos:altLabel": "Lady"},
    ],
    ids=["short", "sparql", "sparql-variable", "spaces", "skos"],
)
def test_columns_that_can_only_mean_one_thing_are_read_as_that_and_told(tmp_path, caplog, row):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [row]) as kb:
        entity = kb["Q1"]
    assert (entity.name, entity.description, entity.aliases) == ("Ada", "counts", {"Lady": 0})
    assert "records: reads column" in caplog.text
    assert "as 'name'" in caplog.text


def test_a_column_of_nerlinks_name_leaves_no_other_for_it(tmp_path, caplog):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "a", "qid": "Q1", "name": "A"}]) as b:
        assert list(b) == ["a"]
    assert "Left out of the tables of entities: 'qid'" in caplog.text


def test_an_alias_a_row_beside_the_id_is_an_alias(tmp_path, caplog):
    rows = [{"id": "Q1", "name": "Ada", "alias": one, "count": 2} for one in ("Lady", "A. L.")]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", rows) as kb:
        assert kb["Q1"].aliases == {"Lady": 2, "A. L.": 2}
    assert "1 row with the id of an earlier one" in caplog.text


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ("alias,entity", {"Lady": 0}),
        ("synonym,qid", {"Lady": 0}),
        ("alias,id", {"Lady": 0}),
        ("alias,id,name", {"Lady": 0}),
    ],
)
def test_a_table_of_aliases_beside_one_of_entities_is_known_by_its_columns(
    tmp_path: Path, columns: str, found: dict[str, int]
) -> None:
    (tmp_path / "a.csv").write_text("id,name\nQ1,Ada\n")
    (tmp_path / "b.csv").write_text(f"{columns}\nLady,Q1{',Ada' * columns.count('name')}\n")
    tables = [tmp_path / "a.csv", tmp_path / "b.csv"]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", tables) as kb:
        assert {entity.id: entity.aliases for entity in kb.entities()} == {"Q1": found}


def test_what_a_table_says_of_priors_is_not_left_out_without_a_word(tmp_path, caplog):
    row = {"alias": "Ada", "entities": ["Q1"], "probabilities": [0.9]}
    create(tmp_path, [{"id": "Q1"}], aliases=[row])
    assert "Left out of the tables of aliases: 'probabilities'" in caplog.text
    assert "takes no 'probabilities': give 'count'" in caplog.text


def test_a_table_without_rows_is_told_of(tmp_path, caplog):
    (tmp_path / "t.csv").write_text("town,country\n")
    create(tmp_path, tmp_path / "t.csv")
    assert "t.csv: no rows, so nothing comes of this table" in caplog.text


def test_entities_that_are_called_by_their_ids_are_told_of(tmp_path, caplog):
    KnowledgeBase.create(tmp_path / "a.sqlite", [{"id": "Q90", "called": "Paris"}]).close()
    assert "No column has the names of entities" in caplog.text
    assert "'called'" in caplog.text
    caplog.clear()
    KnowledgeBase.create(tmp_path / "b.sqlite", [{"id": "Q90"}]).close()
    named = [{"id": "Q90", "called": "Paris"}]
    KnowledgeBase.create(tmp_path / "c.sqlite", named, columns={"name": "called"}).close()
    assert not caplog.text


def test_a_column_that_looks_like_one_of_ours_is_named(tmp_path, caplog):
    create(tmp_path, [{"id": "Q1", "name": "Ada", "descripton": "a poet's daughter", "page": 3}])
    assert "column 'descripton' is left out. Did you mean 'description'?" in caplog.text
    assert "Left out of the tables of entities: 'page'. Columns that are read: id," in caplog.text


def test_entities_added_later_are_checked_likewise(tmp_path, caplog):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "Q1", "name": "Ada"}]) as kb:
        assert not caplog.text
        kb.add({"id": "Q2", "name": "Bea", "aliasses": ["B."]})
    assert "Did you mean 'aliases'?" in caplog.text


def test_the_columns_of_a_table_without_rows_are_looked_at(tmp_path, caplog):
    (tmp_path / "t.csv").write_text("id,nam,page\n")
    frame = pd.DataFrame({"id": [], "nam": []})
    frame.to_parquet(tmp_path / "t.parquet")
    for table in (tmp_path / "t.csv", frame, tmp_path / "t.parquet"):
        caplog.clear()
        KnowledgeBase.create(tmp_path / "kb.sqlite", table, overwrite=True).close()
        assert "The column 'nam' is left out. Did you mean 'name'?" in caplog.text
        with pytest.raises(DataError, match="no table has the column 'title' given for 'name'"):
            create(tmp_path, table, columns={"name": "title"}, overwrite=True)
