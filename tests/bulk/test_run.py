import gzip
import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest

from nerlink import tables
from nerlink.bulk import outputs_of, status_of, tag_files
from nerlink.bulk.columns import table_schema, typed_table
from nerlink.bulk.rows import Tagged, row_columns, writable
from nerlink.bulk.run import ENGINES
from nerlink.bulk.tagging import ShardReport
from nerlink.errors import ConfigError, DataError, NerlinkError, StorageError
from nerlink.sources import Losses, results_of
from tests.bulk.conftest import rows_of, write_lines
from tests.bulk.test_local import shards

pytestmark = pytest.mark.usefixtures("stub")


@pytest.fixture
def news(tmp_path):
    return write_lines(tmp_path / "in" / "news.jsonl", [f"Ada{n} met Bea" for n in range(20)])


def tag(inputs, output, **options):
    return tag_files("model", inputs, output, workers=0, **options)


def test_documents_come_out_in_order_with_ids_and_columns(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", ["Ada met Bea", "Otto left"], received="Monday")
    summary = tag(path, tmp_path / "out")
    assert (summary.shards, summary.documents, summary.mentions) == (1, 2, 2)
    assert [row["id"] for row in rows_of(tmp_path / "out")] == ["a-0", "a-1"]
    assert rows_of(tmp_path / "out")[0]["meta"] == {"received": "Monday"}


@pytest.mark.parametrize("shard_size", [37, 100, 333, 10_000])
def test_shards_of_any_size_hold_each_line_once(news, tmp_path, shard_size):
    tag(news, tmp_path / "out", shard_size=shard_size)
    assert [row["id"] for row in rows_of(tmp_path / "out")] == [f"news-{n}" for n in range(20)]


def test_a_folder_is_read_in_order_of_names_whatever_its_formats(tmp_path):
    folder = tmp_path / "in"
    write_lines(folder / "b.jsonl", ["Bea ran"])
    (folder / "a.csv").write_text("id,text\na-0,Ada ran\n", encoding="utf8")
    with gzip.open(folder / "c.jsonl.gz", "wt") as packed:
        packed.write('{"id": "c-0", "text": "Cy ran"}\n')
    pyarrow.parquet.write_table(
        pyarrow.table({"id": ["d-0"], "text": ["Dan ran"]}), folder / "d.parquet"
    )
    (folder / "e.txt").write_text("Eve ran", encoding="utf8")
    (folder / "notes.md").write_text("# not a document", encoding="utf8")
    tag(folder, tmp_path / "out")
    assert [row["id"] for row in rows_of(tmp_path / "out")] == ["a-0", "b-0", "c-0", "d-0", "e"]


def test_a_pattern_and_a_file_named_twice_count_once(news, tmp_path):
    assert tag([tmp_path / "in" / "*.jsonl", news], tmp_path / "out").documents == 20


def test_a_second_run_does_what_is_left(news, tmp_path):
    tag(news, tmp_path / "out", shard_size=200)
    first, second, *_ = outputs_of(tmp_path / "out")
    before = Path(second).read_bytes()
    os.truncate(second, 10)
    name = Path(first).name.replace("jsonl", "json")
    (tmp_path / "out" / "_nerlink" / "done" / name).unlink()
    summary = tag(news, tmp_path / "out", shard_size=200)
    assert (summary.done, summary.documents) == (2, 20)
    assert Path(second).read_bytes() == before
    assert tag(news, tmp_path / "out", shard_size=200).done == 0


def test_inputs_may_be_added_and_keep_their_names(news, tmp_path):
    tag(news, tmp_path / "out")
    write_lines(tmp_path / "in" / "earlier.jsonl", ["Zoe ran"])
    summary = tag(tmp_path / "in", tmp_path / "out")
    assert (summary.skipped, summary.done) == (1, 1)
    assert [Path(path).name for path in outputs_of(tmp_path / "out")] == [
        "000000-news-000000.jsonl",
        "000001-earlier-000000.jsonl",
    ]


def test_what_writers_that_were_killed_have_left_goes(news, tmp_path):
    tag(news, tmp_path / "out")
    rest = tmp_path / "out" / ".000000-news-000000.jsonl.ab12.partial"
    rest.write_text("half a l", encoding="utf8")
    tag(news, tmp_path / "out")
    assert not rest.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": "parquet"}, "to='jsonl'"),
        ({"shard_size": 100}, "shard_size"),
        ({"top_k": 3}, "top_k"),
    ],
    ids=lambda value: str(value),
)
def test_other_options_in_the_same_output_are_refused(news, tmp_path, change, words):
    tag(news, tmp_path / "out")
    with pytest.raises(StorageError, match=f"{words}.*--force"):
        tag(news, tmp_path / "out", **change)
    tag(news, tmp_path / "out", **change, force=True)
    files = sorted(path.name for path in (tmp_path / "out").glob("[0-9]*"))
    assert files == [Path(path).name for path in outputs_of(tmp_path / "out")]


def test_another_model_in_the_same_output_is_refused(news, tmp_path, stub):
    tag(news, tmp_path / "out")
    stub[0] = stub[0]._replace(base="base-2")
    with pytest.raises(StorageError, match="another knowledge base"):
        tag(news, tmp_path / "out")
    stub[0] = stub[0]._replace(model="model-2")
    with pytest.raises(StorageError, match="another model"):
        tag(news, tmp_path / "out")
    assert tag(news, tmp_path / "out", force=True).done == 1


def test_an_input_that_changed_is_refused_and_one_that_was_touched_is_not(news, tmp_path):
    tag(news, tmp_path / "out", shard_size=200)
    os.utime(news, (1, 1))
    assert tag(news, tmp_path / "out", shard_size=200).done == 0
    news.write_text(news.read_text().replace("Ada0", "Eve0"))
    with pytest.raises(StorageError, match=r"news.jsonl has changed"):
        tag(news, tmp_path / "out", shard_size=200)
    tag(news, tmp_path / "out", shard_size=200, force=True)
    assert rows_of(tmp_path / "out")[0]["text"] == "Eve0 met Bea"


def test_bad_documents_come_out_in_their_places(tmp_path):
    path = write_lines(
        tmp_path / "a.jsonl", ["Ada ran", "Bea ran", "poison", "Cy ran", "Dan ran"], mine=1
    )
    lines = path.read_text(encoding="utf8").splitlines()
    lines[1] = '{"id": "a-1", "text": 7}'
    path.write_text("\n".join([*lines, "no json"]) + "\n", encoding="utf8")
    summary = tag(path, tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    assert (summary.documents, summary.errors) == (6, 3)
    assert [row.get("id") for row in rows] == ["a-0", "a-1", "a-2", "a-3", "a-4", None]
    assert [bool(row.get("error")) for row in rows] == [False, True, True, False, False, True]
    assert rows[1]["error"].startswith(f"{path}:2")
    assert (rows[2]["text"], rows[2]["error"]) == ("poison", "the model chokes")
    assert rows[2]["meta"] == {"mine": 1}


@pytest.mark.parametrize("shape", ["document", "mention"])
def test_parquet_files_of_a_job_are_one_table(tmp_path, shape):
    folder = tmp_path / "in"
    write_lines(folder / "a.jsonl", ["poison", "poison"], n=1)
    write_lines(folder / "b.jsonl", ["Ada ran", "Bea ran"], n=2.5, received="Monday", keys={"x": 1})
    write_lines(folder / "c.jsonl", ["Cy ran"], n=None, keys={"y": 2})
    tag(folder, tmp_path / "out", to="parquet", shape=shape)
    table = pyarrow.parquet.read_table(tmp_path / "out").to_pydict()
    assert table["id" if shape == "document" else "doc_id"] == ["a-0", "a-1", "b-0", "b-1", "c-0"]
    assert table["error"] == ["the model chokes"] * 2 + [None] * 3
    assert table["received"] == [None, None, "Monday", "Monday", None]
    assert table["n"] == [1.0, 1.0, 2.5, 2.5, None]
    assert table["keys"] == [None, None, '{"x": 1}', '{"x": 1}', '{"y": 2}']
    if shape == "mention":
        assert table["end"] == [None, None, 3, 3, 2]
        assert table["score"] == [None] * 5


def test_what_has_no_column_of_its_own_is_in_meta(tmp_path, monkeypatch):
    monkeypatch.setattr("nerlink.bulk.sampling.N_DOCUMENTS", 2)
    metas = [{"n": 1}, {"n": 2}, {"n": 2.5}, {"n": "two"}, {"n": True}, {"new": [1]}, {}]
    lines = [{"id": str(n), "text": "Ada ran", "meta": meta} for n, meta in enumerate(metas)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf8")
    found = []
    for at_once in (1, 3, 100):
        monkeypatch.setattr("nerlink.bulk.rows.AT_ONCE", at_once)
        tag(path, tmp_path / f"out-{at_once}", to="parquet")
        found.append(pyarrow.parquet.read_table(tmp_path / f"out-{at_once}").to_pydict())
    assert found[0]["n"] == [1, 2, None, None, None, None, None]
    others = [None, None, {"n": 2.5}, {"n": "two"}, {"n": True}, {"new": [1]}, None]
    assert [meta and json.loads(meta) for meta in found[0]["meta"]] == others
    assert found[0] == found[1] == found[2]


def test_columns_of_parquet_keep_their_types_in_all_shards(tmp_path):
    columns = {
        "text": ["Ada ran"] * 4,
        "price": pyarrow.array([Decimal("1.25"), None, None, Decimal("100.00")]).cast(
            pyarrow.decimal128(12, 2)
        ),
        "n": pyarrow.array([None, None, 3, 4], pyarrow.int32()),
    }
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=1)
    tag(path, tmp_path / "out", to="parquet", shard_size=1)
    assert len(list(outputs_of(tmp_path / "out"))) > 1
    table = pyarrow.parquet.read_table(tmp_path / "out")
    assert table.schema.field("price").type == pyarrow.decimal128(12, 2)
    assert table.schema.field("n").type == pyarrow.int32()
    assert table["price"].to_pylist() == columns["price"].to_pylist()


def test_what_mentions_have_beside_is_not_lost(tmp_path):
    path = tmp_path / "a.jsonl"
    record = {"text": "Ada ran", "mentions": [{"start": 0, "end": 3, "label": "PER", "by": "me"}]}
    path.write_text(json.dumps(record) + "\n", encoding="utf8")
    columns = columns_of(results_of(path))
    losses = Losses()
    table = typed_table(columns, table_schema("document"), losses).to_pydict()
    assert json.loads(table["meta"][0]) == {"mentions": [{"by": "me"}]}
    assert table["mentions"][0][0]["end"] == 3


def columns_of(documents):
    losses = Losses()
    return row_columns(writable(map(Tagged, documents), "parquet", losses), "document", losses)


@pytest.mark.parametrize("to", ["jsonl", "parquet"])
@pytest.mark.parametrize("shape", ["document", "mention"])
def test_half_a_surrogate_pair_costs_its_document_alone(tmp_path, to, shape):
    path = tmp_path / "a.jsonl"
    lines = [
        r'{"id": "a", "text": "Ada ran"}',
        r'{"id": "b", "text": "Bea ran", "meta": {"k": "x\ud800"}}',
        r'{"id": "c\ud800", "text": 7}',
        r'{"id": "d", "text": "Dan ran"}',
    ]
    path.write_text("\n".join(lines), encoding="utf8")
    summary = tag(path, tmp_path / "out", to=to, shape=shape)
    assert (summary.n_failed, summary.documents, summary.errors) == (0, 4, 2)


def test_a_mistake_that_tagged_nothing_can_be_corrected(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "Ada ran"}\n' * 999)[:-20])
    assert tag(path, tmp_path / "out").n_failed == 1
    path.write_bytes(gzip.compress(b'{"body": "Ada ran"}\n' * 2))
    assert tag(path, tmp_path / "out", read={"columns": {"text": "bodi"}}).errors == 2
    with pytest.raises(StorageError, match="--force"):
        tag(path, tmp_path / "out", read={"columns": {"text": "body"}})
    summary = tag(path, tmp_path / "out", read={"columns": {"text": "body"}}, force=True)
    assert (summary.documents, summary.errors) == (2, 0)


def test_an_input_that_goes_away_meanwhile_costs_no_other(news, tmp_path, monkeypatch):
    write_lines(tmp_path / "in" / "z.jsonl", ["Zoe ran"])
    real = tables.parse_json

    def slow(*arguments, **options):
        news.unlink(missing_ok=True)
        return real(*arguments, **options)

    monkeypatch.setattr(tables, "parse_json", slow)
    summary = tag(tmp_path / "in", tmp_path / "out")
    assert "went away while the job was running" in summary.failed["000000-news-000000"]
    assert summary.done == 1


def test_an_input_that_cannot_be_read_on_is_tried_again(news, tmp_path, monkeypatch):
    monkeypatch.setattr("nerlink.bulk.tagging.PAUSE", 0.0)
    calls = []

    def stale(*arguments, **options):
        calls.append(arguments)
        raise OSError(116, "Stale file handle")
        yield

    monkeypatch.setattr("nerlink.bulk.tagging.results_of", stale)
    (error,) = tag(news, tmp_path / "out", retries=1).failed.values()
    assert (len(calls), "Stale file handle" in error) == (2, True)


@pytest.mark.parametrize("name", ["out [x] #1", "out*", "out?", "a::b"])
def test_an_output_may_be_called_anything(news, tmp_path, name):
    for _ in range(2):
        assert tag(news, tmp_path / name).documents == 20
    assert status_of(tmp_path / name)["done"] == 1


def test_parts_of_a_text_are_not_taken_for_other_formats(tmp_path):
    path = tmp_path / "a.txt"
    lines = ["Ada ran far", "Bea sat down", "12|t|Cy wrote this", "12|a|Dan read it", "Eve left"]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
    for size in (20, 30, 1000):
        summary = tag(path, tmp_path / f"out-{size}", read={"lines": True}, shard_size=size)
        assert (summary.documents, summary.n_failed) == (5, 0)


def test_linked_folders_are_read_and_outputs_of_other_jobs_are_not(news, tmp_path, caplog):
    more = write_lines(tmp_path / "elsewhere" / "more.jsonl", ["Bea ran"]).parent
    (news.parent / "link").symlink_to(more)
    (more / "circle").symlink_to(news.parent)
    assert tag(news.parent, news.parent / "first").documents == 21
    assert tag(news.parent, news.parent / "second").documents == 21
    assert "2 files that bulk jobs wrote" in caplog.text
    assert tag(news.parent / "first", tmp_path / "third").documents == 21


def test_a_packed_file_may_end_in_capitals(tmp_path):
    path = tmp_path / "A.JSONL.GZ"
    path.write_bytes(gzip.compress(b'{"text": "Ada ran"}\n' * 9))
    summary = tag(path, tmp_path / "out", shard_size=10)
    assert (summary.documents, summary.errors) == (9, 0)


def test_files_without_an_entry_go(news, tmp_path):
    tag(news, tmp_path / "out", shard_size=200)
    *_, last = outputs_of(tmp_path / "out")
    (tmp_path / "out" / "_nerlink" / "done" / f"{Path(last).stem}.json").unlink()
    tag(news, tmp_path / "out", shard_size=10_000, force=True)
    assert not Path(last).exists()


def test_errors_of_an_earlier_run_do_not_stop_the_next(tmp_path):
    write_lines(tmp_path / "in" / "a.jsonl", ["poison"] * 5)
    tag(tmp_path / "in", tmp_path / "out")
    write_lines(tmp_path / "in" / "b.jsonl", ["Bea ran"])
    assert tag(tmp_path / "in", tmp_path / "out", max_errors=3).errors == 5


def test_what_the_output_cannot_hold_is_counted_also_when_it_was_done_before(tmp_path):
    record = {"id": "a", "text": "Ada ran", "sentences": [[0, 7]]}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf8")
    for _ in range(2):
        summary = tag(path, tmp_path / "out", to="parquet", shape="mention")
        assert summary.lost == {"sentences": 1}


def test_rows_of_mentions_can_be_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Ada ran\nBea ran\n", encoding="utf8")
    tag(path, tmp_path / "out", shape="mention", read={"lines": True})
    found = [(row["doc_id"], row["start"], row["end"]) for row in rows_of(tmp_path / "out")]
    assert found == [("000000-a-000000-0", 0, 3), ("000000-a-000000-1", 0, 3)]


def test_a_job_that_is_sick_is_stopped(tmp_path):
    write_lines(tmp_path / "in" / "a.jsonl", ["Ada ran"])
    write_lines(tmp_path / "in" / "b.jsonl", ["poison"] * 4)
    with pytest.raises(NerlinkError, match=r"more than 2 documents failed.*chokes"):
        tag(tmp_path / "in", tmp_path / "out", max_errors=2)
    assert status_of(tmp_path / "out")["done"] == 1
    assert tag(tmp_path / "in", tmp_path / "out", max_errors=4).errors == 4


def truncated(path):
    path.with_suffix(".jsonl.gz").write_bytes(gzip.compress(b'{"text": "Ada ran"}\n' * 999)[:-20])


def without_texts(path):
    pyarrow.parquet.write_table(pyarrow.table({"n": [1]}), path.with_suffix(".parquet"))


def gone(path):
    path.with_suffix(".jsonl").symlink_to("nowhere")


def no_parquet(path):
    path.with_suffix(".parquet").write_bytes(b"PAR2")


@pytest.mark.parametrize("damage", [truncated, without_texts, no_parquet, gone])
def test_a_bad_input_costs_no_other(news, tmp_path, damage):
    damage(news.with_name("bad"))
    summary = tag(tmp_path / "in", tmp_path / "out")
    assert (summary.done, summary.n_failed, summary.documents) == (1, 1, 20)
    (error,) = summary.failed.values()
    assert f"{tmp_path}/in/bad." in error
    assert len(list(outputs_of(tmp_path / "out"))) == 1
    assert not list((tmp_path / "out").glob(".*"))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of half a megabyte; skipped where nobody may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    asked = [mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if not mount or not umount or subprocess.run(asked, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run([umount, str(folder)], check=True)


def test_a_full_disk_stops_the_job_and_what_is_done_stays_done(news, tmp_path, small_disk):
    output = small_disk / "out"
    tag(news, output)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    write_lines(tmp_path / "in" / "b.jsonl", [f"Bea{n} ran" for n in range(100)])
    with pytest.raises(StorageError, match=r"No space left on device.*Make room"):
        tag(tmp_path / "in", output)
    assert len(list(outputs_of(output))) == 1
    assert not list(output.glob(".*"))
    filler.unlink()
    summary = tag(tmp_path / "in", output)
    assert (summary.skipped, summary.documents) == (1, 120)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_an_output_without_permission_is_told(news, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        tag(news, tmp_path / "out")


def test_a_model_that_changes_meanwhile_stops_the_job(tmp_path, stub):
    for name in ("a", "b"):
        write_lines(tmp_path / "in" / f"{name}.jsonl", ["Ada ran"])

    def change(progress):
        if progress.n_done:
            stub[0] = stub[0]._replace(base="base-2")

    with pytest.raises(NerlinkError, match="model has changed while the job was running"):
        tag(tmp_path / "in", tmp_path / "out", on_progress=change)
    assert status_of(tmp_path / "out")["done"] == 1


def test_an_input_that_changes_meanwhile_fails(news, tmp_path, monkeypatch):
    real = tables.parse_json

    def slow(*arguments, **options):
        os.utime(news, (1, 1))
        return real(*arguments, **options)

    monkeypatch.setattr(tables, "parse_json", slow)
    (error,) = tag(news, tmp_path / "out").failed.values()
    assert "has changed while the job was running" in error


def test_an_output_that_workers_do_not_share_is_told(news, monkeypatch):
    lost = (ShardReport(shard=shard) for shard in shards("a"))
    monkeypatch.setitem(ENGINES, "local", lambda *_: lost)
    with pytest.raises(StorageError, match="workers do not share it"):
        tag_files("model", news, "memory://lost", engine="local", workers="auto")


def test_a_folder_of_something_else_is_no_output(news, tmp_path):
    with pytest.raises(DataError, match="all inputs lie in the output"):
        tag(news, tmp_path / "in")
    other = write_lines(tmp_path / "b.jsonl", ["Ada ran"])
    with pytest.raises(StorageError, match=r"holds news.jsonl and is not of a bulk job"):
        tag(other, tmp_path / "in")


def test_an_output_inside_the_inputs_is_not_read(news, tmp_path):
    tag(tmp_path / "in", tmp_path / "in" / "out")
    assert tag(tmp_path / "in", tmp_path / "in" / "out").documents == 20


def test_an_output_has_one_job_at_a_time(news, tmp_path):
    def again(_):
        with pytest.raises(StorageError, match="another job writes"):
            tag(news, tmp_path / "out")

    assert tag(news, tmp_path / "out", on_progress=again).done == 1


def test_object_stores_are_read_and_written(news):
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe("/in/news.jsonl", news.read_bytes())
    for done in (2, 0):
        summary = tag("memory://in/*.jsonl", "memory://out", shard_size=700)
        assert (summary.documents, summary.done) == (20, done)
    rows = b"".join(store.cat(path) for path in outputs_of("memory://out"))
    assert [json.loads(row)["id"] for row in rows.splitlines()] == [f"news-{n}" for n in range(20)]
    store.rm("/", recursive=True)


def test_large_parquet_is_cut_between_its_row_groups(tmp_path):
    table = pyarrow.table({"id": [str(n) for n in range(50)], "text": ["Ada ran"] * 50})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    summary = tag(tmp_path / "a.parquet", tmp_path / "out", shard_size=200)
    assert summary.shards > 2
    assert [row["id"] for row in rows_of(tmp_path / "out")] == [str(n) for n in range(50)]


def test_status_tells_what_is_left(news, tmp_path):
    write_lines(tmp_path / "in" / "b.jsonl", ["poison"] * 3)
    with pytest.raises(NerlinkError):
        tag([tmp_path / "in" / "b.jsonl", news], tmp_path / "out", max_errors=0)
    status = status_of(tmp_path / "out")
    assert (status["inputs"], status["shards"], status["done"], status["left"]) == (2, 2, 0, 2)
    with pytest.raises(DataError, match="no output of a bulk job"):
        status_of(tmp_path / "in")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"worker": 2}, "no option 'worker'"),
        ({"to": "csv"}, "to is 'csv'"),
        ({"retries": -1}, "retries is -1"),
        ({"shard_size": 0}, "shard_size is 0"),
        ({"engine": "ray", "workers": 0}, "workers=0 tags in this process"),
        ({"workers": 0, "threads": 2}, "workers=0 tags in this process"),
        ({"address": "auto"}, "address is for engine='ray'"),
        ({"num_cpus": 4}, "num_cpus is for engine='ray'"),
        ({"engine": "ray", "num_gpus": -1}, "num_gpus is -1"),
        ({"format": "docx"}, "cannot read the format 'docx'"),
        ({"read": {"lines": True}}, "no option 'lines'"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(news, tmp_path, options, words):
    with pytest.raises((ConfigError, DataError), match=words):
        tag_files("model", news, tmp_path / "out", **options)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "there is no input"),
        ("none.jsonl", "none.jsonl"),
        ("nix://a.jsonl", "cannot be opened"),
    ],
)
def test_inputs_that_are_not_there_are_told(tmp_path, inputs, words):
    with pytest.raises(DataError, match=words):
        tag(inputs, tmp_path / "out")
