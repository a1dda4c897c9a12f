import gzip
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerlink.bulk.options import BulkOptions
from nerlink.bulk.places import File, files_at, look_at
from nerlink.bulk.shards import hash_of, local_part, shards_of
from nerlink.sources import read


def cut(path: Path, shard_size: int, **options):
    chosen = BulkOptions(shard_size=shard_size, **options)
    return list(shards_of(3, look_at(str(path)), chosen))


def contents(shards) -> list[bytes]:
    found = []
    for shard in shards:
        with local_part(shard) as part:
            found.append(part.path.read_bytes())
            assert part.sha256 == hash_of(shard)
    return found


@settings(max_examples=40)
@given(
    lines=st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), min_size=1),
    shard_size=st.integers(1, 40),
    ends=st.booleans(),
)
def test_parts_are_whole_lines_and_together_the_file(tmp_path_factory, lines, shard_size, ends):
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n" * ends)
    parts = contents(cut(path, shard_size))
    assert b"".join(parts) == path.read_bytes()
    assert all(part.endswith(b"\n") for part in parts[:-1] if part) or not ends


def test_names_are_in_the_order_of_inputs_and_parts(tmp_path):
    path = tmp_path / "my news (1).jsonl"
    path.write_bytes(b"{}\n" * 10)
    names = [shard.name for shard in cut(path, 10)]
    assert names == [f"000003-my_news__1_-{part:06d}" for part in range(3)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.csv", {}),
        ("a.txt", {}),
        ("a.jsonl.gz", {}),
        ("a.jsonl", {"read": {"encoding": "utf-16"}}),
        ("a.json", {}),
    ],
)
def test_what_cannot_be_entered_in_the_middle_is_one_shard(tmp_path, name, options):
    (tmp_path / name).write_bytes(b"1,2\n" * 99)
    (shard,) = cut(tmp_path / name, 10, **options)
    assert (shard.kind, shard.where) == ("whole", str(tmp_path / name))


def test_texts_are_cut_where_a_line_is_a_document(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"Ada ran\n" * 10)
    shards = cut(tmp_path / "a.txt", 40, read={"lines": True})
    assert contents(shards) == [b"Ada ran\n" * 5] * 2
    assert shards[1].where == f"{tmp_path / 'a.txt'} (bytes 40-80)"


def test_a_whole_file_of_this_machine_is_not_copied(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}\n"))
    (shard,) = cut(path, 10_000)
    with local_part(shard) as part:
        assert part.path == path


def test_annotations_of_brat_are_copied_beside_their_text():
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe({"/brat/a.txt": b"Ada slept.", "/brat/a.ann": b"T1\tPER 0 3\tAda\n"})
    (file,) = files_at("memory://brat")
    (shard,) = shards_of(0, file, BulkOptions())
    with local_part(shard) as part:
        (doc,) = read(part.path)
    assert [doc.surface(mention) for mention in doc.mentions] == ["Ada"]


def test_row_groups_are_put_together_until_they_are_large_enough(tmp_path):
    path = tmp_path / "a.parquet"
    table = pyarrow.table({"text": [f"text {n}" for n in range(100)]})
    pyarrow.parquet.write_table(table, path, row_group_size=10)
    found = []
    shards = cut(path, 300)
    for shard in shards:
        with local_part(shard) as part:
            found += pyarrow.parquet.read_table(part.path)["text"].to_pylist()
    assert 1 < len(shards) < 10
    assert found == table["text"].to_pylist()
    assert len({hash_of(shard) for shard in shards}) == len(shards)
    assert sum(shard.n_bytes for shard in shards) == pytest.approx(path.stat().st_size, rel=0.01)


def test_parquet_with_rows_of_mentions_is_not_cut(tmp_path):
    path = tmp_path / "a.parquet"
    table = pyarrow.table({"doc_id": ["a"] * 50, "start": [0] * 50, "end": [1] * 50})
    pyarrow.parquet.write_table(table, path, row_group_size=10)
    assert [shard.kind for shard in cut(path, 100)] == ["whole"]


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_what_cannot_be_opened_is_a_shard_that_will_fail(tmp_path, name):
    file = File(str(tmp_path / name), 99, "")
    assert [shard.kind for shard in shards_of(0, file, BulkOptions(shard_size=10))] == ["whole"]
    (tmp_path / "a.parquet").write_bytes(b"PAR2" * 10)
    assert [shard.kind for shard in cut(tmp_path / "a.parquet", 10)] == ["whole"]
