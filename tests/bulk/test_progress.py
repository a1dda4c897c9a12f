import re

from nerlink.bulk.places import File
from nerlink.bulk.progress import Progress
from nerlink.bulk.shards import Shard
from nerlink.bulk.tagging import ShardReport


def report(**counts) -> ShardReport:
    return ShardReport(shard=Shard(number=0, file=File("a.jsonl", 100, ""), end=100), **counts)


def test_progress_is_told_in_one_line(monkeypatch):
    progress = Progress(start=0.0)
    for _ in range(4):
        progress.count(report().shard, None)
    monkeypatch.setattr("nerlink.bulk.progress.time.monotonic", lambda: 50.0)
    assert str(progress) == "0/4 shards  0 documents now  0.0 documents/s"
    progress.add(report(documents=600, mentions=7, errors=1))
    progress.add(report(error="gone", verdict="failed"))
    progress.n_under_way = 400
    assert str(progress) == (
        "2/4 shards  1 shard failed  1 document failed  1,000 documents now  20.0 documents/s  "
        "about 0:00:50 left"
    )


def test_shards_that_were_done_before_cost_no_time(monkeypatch):
    progress = Progress(n_shards=4, n_skipped=3, n_bytes=100, start=0.0)
    monkeypatch.setattr("nerlink.bulk.progress.time.monotonic", lambda: 5.0)
    assert re.match(r"3/4 shards  0 documents now", str(progress))
    progress.add(report(documents=10))
    assert progress.seconds_left == 0.0
