import os
import subprocess
import sys

from nerlink.serving.metrics import FOLDER, TALLY, Metrics, Tally, forget_the_dead


def test_documents_are_counted_for_the_request_that_they_belong_to():
    metrics, tally = Metrics(), Tally()
    token = TALLY.set(tally)
    metrics.note_documents(Tally(3, 40, 1))
    metrics.note_documents(Tally(1, 2, 0))
    TALLY.reset(token)
    metrics.note_documents(Tally(1, 1, 1))
    assert tally == Tally(4, 42, 1)
    assert b"nerlink_documents_total 5.0" in metrics.text()


def test_processes_are_summed_and_the_queues_of_the_dead_forgotten(tmp_path):
    count = (
        "from nerlink.serving.metrics import Metrics, Tally\n"
        "metrics = Metrics()\n"
        "metrics.note_documents(Tally(2, 3, 0))\n"
        "metrics.queue.set(7)\n"
        "print(metrics.text().decode())"
    )
    environment = os.environ | {FOLDER: str(tmp_path)}
    for n_documents in (2, 4):
        told = subprocess.run(
            [sys.executable, "-c", count], env=environment, capture_output=True, text=True
        )
        assert f"nerlink_documents_total {n_documents}.0" in told.stdout, told.stderr
    assert "nerlink_queue_tokens 14.0" in told.stdout
    forget_the_dead(tmp_path)
    assert list(tmp_path.glob("gauge_live*")) == []
    assert list(tmp_path.glob("counter*"))
