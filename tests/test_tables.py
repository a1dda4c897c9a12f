import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nerlink.data import Entity
from nerlink.errors import DataError
from nerlink.kb import BuildOptions, KnowledgeBase
from nerlink.tables import Delimited, open_frame, read_rows

RECORDS = [
    {"id": "Q1", "name": "Ada", "aliases": ["Countess", "Lady A"], "popularity": 3},
    {"id": "Q2", "name": "Bob", "aliases": None, "popularity": None},
]
EXPECTED = [
    Entity(id="Q1", name="Ada", popularity=3, aliases={"Countess": 0, "Lady A": 0}),
    Entity(id="Q2", name="Bob"),
]
CSV = "id,name,aliases,popularity\nQ1,Ada,Countess|Lady A,3\nQ2,Bob,,\n"
JSONL = (
    '{"id": "Q1", "name": "Ada", "aliases": {"Countess": 0, "Lady A": 0}, "popularity": 3}\n'
    '\n{"id": "Q2", "name": "Bob"}\n'
)


def read(tmp_path: Path, *args: Any, **kwargs: Any) -> list[Entity]:
    with KnowledgeBase.create(tmp_path / "kb.sqlite", *args, **kwargs) as kb:
        return list(kb.entities())


@pytest.mark.parametrize(
    ("name", "content"), [("t.csv", CSV), ("t.tsv", CSV.replace(",", "\t")), ("t.jsonl", JSONL)]
)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_text_files_give_the_same_entities(
    tmp_path: Path, name: str, content: str, ending: str
) -> None:
    path = tmp_path / (name + ending)
    path.write_bytes(gzip.compress(content.encode()) if ending else content.encode())
    assert read(tmp_path, path) == EXPECTED


def test_parquet_gives_the_same_entities(tmp_path: Path) -> None:
    pd.DataFrame(RECORDS).to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path, str(tmp_path / "t.parquet")) == EXPECTED


@pytest.mark.parametrize(
    "table",
    [RECORDS, iter(RECORDS), pd.DataFrame(RECORDS), EXPECTED, [pd.DataFrame(RECORDS)]],
    ids=["records", "iterator", "frame", "entities", "list of frames"],
)
def test_python_tables_give_the_same_entities(tmp_path: Path, table: Any) -> None:
    assert read(tmp_path, table) == EXPECTED


def test_files_of_entities_and_of_aliases_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text("alias,entity,count\nAugusta,Q1,4\n")
    (tmp_path / "entities.csv").write_text(CSV)
    ada, _ = read(tmp_path, [tmp_path / "aliases.csv", tmp_path / "entities.csv"])
    assert ada.aliases["Augusta"] == 4


def test_alias_tables_are_known_by_the_columns_one_names(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text("anchor,page,n\nAugusta,Q1,4\n")
    (tmp_path / "entities.csv").write_text(CSV)
    files = [tmp_path / "aliases.csv", tmp_path / "entities.csv"]
    columns = {"alias": "anchor", "entity": "page", "count": "n"}
    ada, _ = read(tmp_path, files, columns=columns)
    assert ada.aliases["Augusta"] == 4


def test_a_column_of_another_name_is_mapped(tmp_path: Path) -> None:
    table = [{"title": "Ada", "in_links": 7, "page": 1}]
    (ada,) = read(tmp_path, table, columns={"id": "title", "popularity": "in_links"})
    assert ada == Entity(id="Ada", name="Ada", popularity=7)


def test_integer_ids_that_a_frame_made_floats_stay_integers(tmp_path: Path) -> None:
    (one,) = read(tmp_path, pd.DataFrame({"id": [3.0]}))
    assert one.id == "3"


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("t.xml", "", r"t.xml: a table must end in .csv, .tsv, .json"),
        ("t.csv", "key,name\nQ1,Ada\n", r"t.csv:2: column 'id' is missing; there are key, name"),
        ("t.csv", "id,name\nQ1,Ada,x\n", "t.csv:2: 3 values for 2 columns. Quote"),
        ("t.csv", "id,name\nQ1\n", r"t.csv:2: 1 value for 2 columns\. Add the missing sep"),
        ("t.csv", "id,id\nQ1,Q2\n", "t.csv: columns 'id' occur twice"),
        ("t.csv", "", "t.csv is empty; its first row must name the columns"),
        ("t.csv", 'id\n"Q1', "t.csv:2: unexpected end of data"),
        ("t.jsonl", "[" * 100_000, "t.jsonl:1: this JSON cannot be read"),
        ("t.jsonl", '{"id": "Q1"}\n{"id":\n', "t.jsonl:2: not JSON"),
        ("t.jsonl", "[1]\n", "t.jsonl:1 is .1.; it must be an object"),
        ("t.csv.gz", "id\nQ1\n", "cannot be read"),
        ("t.parquet", "id\nQ1\n", "not a Parquet file.*copy it again"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str, match: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=match):
        read(tmp_path, tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.csv: no such file"):
        read(tmp_path, tmp_path / "none.csv")


def test_latin_1_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("id\nJosé\n".encode("latin-1"))
    with pytest.raises(
        DataError, match=r"t.csv:2: byte 3 .0xe9. is not utf-8. Store the file as UTF-8"
    ):
        read(tmp_path, tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("table", "match"), [({"id": "Q1"}, "a list of records"), ([7], "record 0: 7 is neither")]
)
def test_what_is_no_table_is_refused(tmp_path: Path, table: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read(tmp_path, table)


def test_parquet_keeps_to_each_entity_its_own_counts(tmp_path: Path) -> None:
    rows = [{"id": "a", "aliases": {"Annie": 3}}, {"id": "b", "aliases": {"Bobby": 5}}]
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    found = read(tmp_path, str(tmp_path / "t.parquet"))
    assert [one.aliases for one in found] == [{"Annie": 3}, {"Bobby": 5}]


def test_parquet_maps_are_counts(tmp_path: Path) -> None:
    kind = pa.map_(pa.string(), pa.int64())
    aliases = pa.array([[("Annie", 3)], [("Bobby", 5)]], type=kind)
    pq.write_table(pa.table({"id": ["a", "b"], "aliases": aliases}), tmp_path / "t.parquet")
    found = read(tmp_path, str(tmp_path / "t.parquet"))
    assert [one.aliases for one in found] == [{"Annie": 3}, {"Bobby": 5}]


def test_a_damaged_packed_table_is_named(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(CSV.encode() * 50))
    packed[12:40] = bytes(28)
    (tmp_path / "t.csv.gz").write_bytes(packed)
    with pytest.raises(DataError, match=r"t.csv.gz cannot be read"):
        read(tmp_path, str(tmp_path / "t.csv.gz"))


MISSING = [float("nan"), np.float64("nan"), pd.NA, pd.NaT, None]


def tables_of(record: dict[str, Any], path: Path) -> dict[str, Any]:
    pq.write_table(pa.Table.from_pylist([record]), path / "t.parquet")
    return {"records": [record], "frame": pd.DataFrame([record]), "parquet": path / "t.parquet"}


def test_a_number_that_is_none_is_missing_in_json_lines(tmp_path: Path) -> None:
    record = '{"id": "a", "name": NaN, "popularity": NaN, "aliases": NaN, "type": NaN}'
    (tmp_path / "t.jsonl").write_text(record)
    assert read(tmp_path, tmp_path / "t.jsonl") == [Entity(id="a", name="a")]


@pytest.mark.parametrize("kind", ["records", "frame"])
def test_missing_values_of_all_kinds_are_none(kind: str) -> None:
    records = [{"id": "a", "note": value} for value in MISSING]
    table = records if kind == "records" else pd.DataFrame(records)
    assert [row.values["note"] for row in read_rows(table)] == [None] * len(MISSING)


@pytest.mark.parametrize("kind", ["records", "frame", "parquet"])
def test_a_number_that_is_none_is_missing_in_nested_values_too(tmp_path: Path, kind: str) -> None:
    record = {"id": "a", "popularity": float("nan"), "scores": [0.5, float("nan")]}
    (row,) = read_rows(tables_of(record, tmp_path)[kind])
    assert row.values == {"id": "a", "popularity": None, "scores": [0.5, None]}


def test_values_of_numpy_are_plain() -> None:
    record = {"n": np.int64(3), "text": np.str_("a"), "list": np.array([1, 2]), "yes": np.bool_(1)}
    for table in ([record], pd.DataFrame([record])):
        (row,) = read_rows(table)
        assert row.values == {"n": 3, "text": "a", "list": [1, 2], "yes": True}
        assert [type(value) for value in row.values.values()] == [int, str, list, bool]


def test_rows_are_named_as_files_and_frames_count_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,note\na,"1\n2"\n\nb,3\n')
    (tmp_path / "t.jsonl").write_text('\n{"id": "a"}\n')
    table = [tmp_path / "t.csv", tmp_path / "t.jsonl", pd.DataFrame({"id": ["a", "b"]})]
    places = [row.where.removeprefix(f"{tmp_path}/") for row in read_rows(table)]
    assert places == ["t.csv:2", "t.csv:5", "t.jsonl:2", "frame row 0", "frame row 1"]


def test_a_cell_may_be_long(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,description\na," + "x" * 200_000 + "\n")
    (one,) = read(tmp_path, tmp_path / "t.csv")
    assert len(one.description) == 200_000


def test_how_a_text_file_is_laid_out_may_be_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes('id;name\nq;5" José\n'.encode("latin-1"))
    text = Delimited(separator=";", quote=None, encoding="latin-1")
    (one,) = read(tmp_path, tmp_path / "t.csv", options=BuildOptions(text=text))
    assert one.name == '5" José'


def test_a_frame_of_many_rows_is_read_in_pieces() -> None:
    frame = pd.DataFrame({"n": range(10_001)})
    assert [row.values["n"] for row in read_rows(frame)] == list(range(10_001))


def cells_of(tmp_path, name, content, **layout):
    path = tmp_path / name
    path.write_text(content, encoding="utf8", newline="")
    return [dict(row.values) for row in read_rows(path, text=Delimited(**layout))]


QUOTES = {
    "part of a text": ('id\tname\n1\t"Oslo" is it\n2\tx "y\n', ['"Oslo" is it', 'x "y']),
    "around a whole text": ('id\tname\n1\t"Oslo"\n2\ty\n', ['"Oslo"', "y"]),
    "doubled inside": ('id\tname\n1\t"a ""b"" c"\n', ['a "b" c']),
    "around a tab": ('id\tname\n1\t"a\tb"\n', ["a\tb"]),
    "around names": ('"id"\t"name"\n1\t"Oslo"\n', ["Oslo"]),
    "opened and never closed": ('id\tname\n1\t"a\n2\tb"\n', ['"a', 'b"']),
}


@pytest.mark.parametrize(("content", "names"), QUOTES.values(), ids=QUOTES)
def test_a_tsv_shows_what_its_quotation_marks_are(tmp_path, content, names):
    assert [row["name"] for row in cells_of(tmp_path, "a.tsv", content)] == names


def test_the_first_row_shows_another_separator(tmp_path, caplog):
    assert cells_of(tmp_path, "a.csv", "id;name\n1;A, B\n") == [{"id": "1", "name": "A, B"}]
    assert "cells are parted by ';'" in caplog.text


def test_names_of_columns_may_be_given(tmp_path):
    rows = cells_of(tmp_path, "a.csv", "1,Oslo\n2,Rome\n", header=["id", "name"])
    assert [row["name"] for row in rows] == ["Oslo", "Rome"]


def test_columns_without_a_name_are_left_out_and_said(tmp_path, caplog):
    assert cells_of(tmp_path, "a.csv", ",id,name\n0,1,Oslo\n") == [{"id": "1", "name": "Oslo"}]
    assert "left out 1 column without a name" in caplog.text


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_json_is_a_table(tmp_path, name):
    content = '{"id": "1", "name": NaN}'
    content = f"[{content}]" if name == "a.json" else content
    assert cells_of(tmp_path, name, content) == [{"id": "1", "name": None}]


def test_a_named_index_of_a_frame_is_a_column():
    frame = pd.DataFrame({"name": ["Oslo"]}, index=pd.Index(["Q585"], name="id"))
    assert open_frame(frame).columns == ["id", "name"]
    assert open_frame(frame.reset_index(drop=True)).columns == ["name"]


def test_a_list_among_tables_is_a_table_and_a_long_value_is_cut_in_its_error():
    one = Entity(id="Q1", name="Ada")
    assert [row.values["id"] for row in read_rows(([one, {"id": "Q2"}], "Q3.csv")[:1])] == [
        "Q1",
        "Q2",
    ]
    with pytest.raises(DataError, match="neither a record nor an Entity") as error:
        list(read_rows([[one, {1, *"x" * 9000}, 5], range(9000)]))
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "record",
    [
        '{"text": "a", "id": "x", "text": "b"}',
        '{"text": "a", "mentions": [{"start": 0, "text": "a", "text": "b"}]}',
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_key_that_occurs_twice_is_refused(tmp_path, name, record):
    (tmp_path / name).write_text(record)
    with pytest.raises(DataError, match=rf"{name}.*: the key 'text' occurs 2 times .*'a' and 'b'"):
        list(read_rows(tmp_path / name))
