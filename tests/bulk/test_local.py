"""Workers that are real processes; most of them without a model."""

import multiprocessing
import signal
from pathlib import Path

import pytest

from nerlink import Pipeline, read, write
from nerlink.bulk import outputs_of, tag_files
from nerlink.bulk.local import n_workers_and_threads, run_local
from nerlink.bulk.models import ModelKey
from nerlink.bulk.options import BulkOptions
from nerlink.bulk.places import File
from nerlink.bulk.shards import Shard
from nerlink.bulk.tagging import Work
from nerlink.errors import ConfigError, NerlinkError
from tests.bulk.workers import deaf, fickle, stillborn, unlucky
from tests.world import DOCUMENTS


def work(**options) -> Work:
    chosen = BulkOptions(**{"workers": 1, "device": "cpu"} | options)
    return Work(model="", key=ModelKey("", None), output="", job="", options=chosen)


def shards(*names):
    files = [File(f"{name}.jsonl", 1, "") for name in names]
    return (Shard(number=n, file=file, end=1) for n, file in enumerate(files))


@pytest.fixture
def serve(monkeypatch):
    return lambda function: monkeypatch.setattr("nerlink.bulk.local._serve", function)


def test_a_shard_that_kills_its_workers_costs_no_other(serve):
    serve(fickle)
    given = shards("a", "killer", "away", "b")
    reports = list(run_local(given, work(retries=1), lambda _: None))
    errors = {report.shard.file.path: report.error for report in reports}
    assert errors == {
        "a.jsonl": None,
        "b.jsonl": None,
        "away.jsonl": "not there",
        "killer.jsonl": "killer.jsonl: its worker ended with SIGKILL.",
    }
    assert multiprocessing.active_children() == []


def test_no_more_shards_are_in_flight_than_workers(serve):
    serve(fickle)
    taken = []
    given = (taken.append(shard) or shard for shard in shards("a", "b", "c", "d"))
    for n_done, _ in enumerate(run_local(given, work(), lambda _: None), 1):
        assert len(taken) <= n_done


def test_workers_do_not_hear_ctrl_c_from_their_first_moment(serve):
    serve(deaf)
    (report,) = run_local(shards("a"), work(), lambda _: None)
    assert report.error == "blocked"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_script_that_workers_import_ends_them_in_one_line(monkeypatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(SystemExit, match="Call it under"):
        tag_files("model", "a.jsonl", "out")


@pytest.mark.parametrize(
    ("function", "words"), [(stillborn, "exit code 3 before"), (unlucky, "the model is damaged")]
)
def test_workers_that_cannot_start_stop_the_job(serve, function, words):
    serve(function)
    with pytest.raises(NerlinkError, match=words):
        list(run_local(shards("a", "b"), work(retries=1), lambda _: None))


@pytest.mark.parametrize(
    ("options", "n_gpus", "expected"),
    [
        ({"workers": "auto"}, 0, (8, 1)),
        ({"workers": "auto", "threads": 2}, 0, (4, 2)),
        ({"workers": "auto"}, 2, (2, 4)),
        ({"workers": 3}, 0, (3, 2)),
        ({"workers": 1}, 0, (1, 8)),
    ],
    ids=str,
)
def test_threads_and_workers_share_the_cores(monkeypatch, options, n_gpus, expected):
    monkeypatch.setattr("nerlink.bulk.local.n_cores", lambda: 8)
    assert n_workers_and_threads(BulkOptions(**options), n_gpus=n_gpus) == expected


def test_more_threads_than_cores_are_refused(monkeypatch):
    monkeypatch.setattr("nerlink.bulk.local.n_cores", lambda: 8)
    with pytest.raises(ConfigError, match="3 workers with 4 threads each are more than the 8"):
        n_workers_and_threads(BulkOptions(workers=3, threads=4), n_gpus=0)


def test_a_worker_that_is_killed_changes_no_byte(joint_folder, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(3):
        write(DOCUMENTS[number:], tmp_path / "in" / f"{number}.jsonl")
    killed = []

    def kill_one(progress):
        if progress.n_done and not killed:
            (killed_one, *_) = multiprocessing.active_children()
            killed_one.kill()
            killed.append(killed_one)

    summary = tag_files(
        joint_folder,
        tmp_path / "in",
        tmp_path / "out",
        workers=1,
        threads=1,
        device="cpu",
        on_progress=kill_one,
    )
    assert (summary.done, summary.documents, summary.n_failed) == (3, 27, 0)
    assert killed
    pipeline = Pipeline.load(joint_folder, device="cpu")
    for number, path in enumerate(outputs_of(tmp_path / "out")):
        documents = read(tmp_path / "in" / f"{number}.jsonl")
        write(pipeline.stream(documents), tmp_path / "expected.jsonl")
        assert Path(path).read_bytes() == (tmp_path / "expected.jsonl").read_bytes()
