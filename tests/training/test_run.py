import os
import re
import signal
import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import multiprocessing

from nerlink.evaluation import Report
from nerlink.kb import KnowledgeBase
from nerlink.models.storage.model import load_model
from nerlink.training import run as module
from nerlink.training import train
from nerlink.training.run import Run, score_documents
from tests.training.conftest import Killed, Killer, Listener, weights
from tests.world import DOCUMENTS, SILVER, marked, tiny_config


@pytest.fixture(scope="module")
def model(joint_folder):
    return load_model(joint_folder)


def test_documents_may_share_an_id(model):
    once = score_documents(model, DOCUMENTS)
    shared = score_documents(model, [replace(doc, id="1") for doc in DOCUMENTS])
    assert shared.scores == once.scores


def test_recall_is_that_of_all_candidates(model):
    config = model.linker.config
    recall = score_documents(model, DOCUMENTS).scores["candidates.recall"]
    assert recall > 0
    model.linker.config = few = config.model_copy(update={"top_k": 0})
    assert score_documents(model, DOCUMENTS).scores["candidates.recall"] == recall
    assert model.linker.config is few


def losses(result) -> list[float]:
    return [epoch["loss"] for epoch in result.history]


def assert_same_weights(one: Path, other: Path, **tolerance) -> None:
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        if tolerance:
            torch.testing.assert_close(tensor, theirs[name], **tolerance, msg=name)
        else:
            assert torch.equal(tensor, theirs[name]), name


def test_the_same_seed_gives_the_same_numbers(run):
    first, second = run("first"), run("second")
    assert losses(first) == losses(second)
    assert_same_weights(first.folder, second.folder)


@pytest.mark.parametrize(
    "killer",
    [
        pytest.param(Killer(step=1), id="before the first checkpoint"),
        pytest.param(Killer(step=2), id="within the first epoch"),
        pytest.param(Killer(epoch=1), id="between epochs"),
        pytest.param(Killer(step=6), id="within a later epoch"),
    ],
)
def test_a_killed_run_ends_as_if_nothing_had_happened(run, killer):
    whole = run("whole", dev=DOCUMENTS, epochs=3, checkpoint_minutes=1e-9)
    with pytest.raises(Killed):
        run("killed", dev=DOCUMENTS, epochs=3, checkpoint_minutes=1e-9, reporter=killer)
    listener = Listener()
    resumed = run("killed", dev=DOCUMENTS, epochs=3, checkpoint_minutes=1e-9, reporter=listener)
    assert losses(resumed) == losses(whole)
    assert (resumed.scores, resumed.best_epoch) == (whole.scores, whole.best_epoch)
    assert_same_weights(resumed.folder, whole.folder)
    assert listener.steps[-1] == listener.n_steps
    assert len(listener.steps) == listener.n_steps - max(0, listener.steps[0] - 1)


def test_a_killed_run_draws_the_same_of_incomplete_documents_again(run):
    whole = run("whole", train_on=SILVER, checkpoint_minutes=1e-9)
    with pytest.raises(Killed):
        run("killed", train_on=SILVER, checkpoint_minutes=1e-9, reporter=Killer(step=2))
    resumed = run("killed", train_on=SILVER, checkpoint_minutes=1e-9)
    assert losses(resumed) == losses(whole)
    assert_same_weights(resumed.folder, whole.folder)


class Interrupter(Listener):
    """Presses Ctrl-C at a step."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.at_step = step

    def step(self, epoch: int, n_done: int, loss: float, tokens_per_second: float) -> None:
        if n_done == self.at_step:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("step", "minutes", "note"),
    [
        (1, 10.0, r"before the first checkpoint, which follows an epoch or 10 minutes: .* anew"),
        (
            3,
            10.0,
            r"/training/checkpoint\.safetensors has the run after epoch 1, step 0: .* goes on",
        ),
        (
            2,
            1e-9,
            r"checkpoint\.safetensors has the run after epoch 0, step 1: .* goes on from there",
        ),
    ],
    ids=["at once", "after an epoch", "inside an epoch"],
)
def test_an_interrupted_run_says_where_its_checkpoint_is(run, step, minutes, note):
    listener = Interrupter(step)
    with pytest.raises(KeyboardInterrupt):
        run(reporter=listener, checkpoint_minutes=minutes)
    assert re.search(note, listener.notes[-1])


def test_a_resumed_run_says_where_it_goes_on(run):
    with pytest.raises(Killed):
        run(reporter=Killer(step=2), checkpoint_minutes=1e-9)
    listener = Listener()
    run(reporter=listener, checkpoint_minutes=1e-9)
    assert listener.notes[0] == "going on after epoch 0, step 1"
    assert listener.steps[0] == 2


def test_halves_of_a_batch_teach_what_the_batch_teaches(run, plain_encoder_dir):
    one = run("one", encoder=plain_encoder_dir, batch_tokens=1000)
    listener = Listener()
    halves = run(
        "halves",
        encoder=plain_encoder_dir,
        batch_tokens=60,
        gradient_accumulation=9,
        reporter=listener,
    )
    assert listener.n_steps == 2
    assert losses(halves) == pytest.approx(losses(one), rel=1e-4)
    assert_same_weights(one.folder, halves.folder, atol=2e-3, rtol=1e-2)


def train_in_process(rank: int, port: int, arguments: tuple, dev: tuple = ()) -> None:
    config, output, kb = arguments
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "GLOO_SOCKET_IFNAME": "lo",
    }
    listener = Listener()
    documents = SILVER if output.name == "silver" else DOCUMENTS
    result = train(config, output, train=documents, dev=dev, kb=kb, reporter=listener)
    assert (listener.summary == result.summary) == (rank == 0), "the first process alone tells"
    torch.save(losses(result), output.parent / f"losses-{rank}.pt")
    torch.distributed.destroy_process_group()


def train_with_two_minds(rank: int, port: int, arguments: tuple) -> None:
    """What one process scores rises with each epoch, what the other scores falls."""
    sign = -1 if rank else 1
    Run._score = lambda self, report: 1 + sign * self.progress.epoch / 10
    train_in_process(rank, port, arguments, dev=DOCUMENTS)


def train_and_lose_one(rank: int, port: int, arguments: tuple) -> None:
    """The second process is killed when the first epoch is written."""
    finish = Run._finish_epoch

    def finish_or_die(self) -> None:
        if rank and self.progress.epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        finish(self)

    Run._finish_epoch = finish_or_die
    train_in_process(rank, port, arguments)


def in_two_processes(function, *arguments) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    # Forked from a process without threads, which has imported what they need: the tests before
    # may have left threads in this one, and a fork of it would have their locks.
    multiprocessing.set_forkserver_preload([__name__])
    options = {"nprocs": 2, "start_method": "forkserver"}
    multiprocessing.start_processes(function, (port, arguments), **options)


@pytest.mark.parametrize(
    ("batch_tokens", "name"),
    [
        pytest.param(1000, "two", id="whole"),
        pytest.param(16, "two", id="shares without links"),
        pytest.param(16, "silver", id="incomplete documents"),
    ],
)
def test_two_processes_get_the_loss_of_one(
    run, plain_encoder_dir, kb_path, tmp_path, batch_tokens, name
):
    documents = SILVER if name == "silver" else DOCUMENTS
    one = run("one", encoder=plain_encoder_dir, batch_tokens=batch_tokens, train_on=documents)
    config = tiny_config(plain_encoder_dir, training={"epochs": 2, "batch_tokens": batch_tokens})
    output = tmp_path / name
    in_two_processes(train_in_process, config, output, kb_path)
    assert torch.load(tmp_path / "losses-0.pt") == pytest.approx(losses(one), rel=1e-4)
    assert_same_weights(one.folder, output, atol=2e-3, rtol=1e-2)
    hashes = []
    for folder in (one.folder, output):
        with KnowledgeBase.open(folder / "kb.sqlite") as kb:
            hashes.append(kb.content_hash)
    assert hashes[0] == hashes[1]


def test_a_run_of_two_processes_goes_on_after_one_is_killed(plain_encoder_dir, kb_path, tmp_path):
    training = {"epochs": 3, "batch_tokens": 16, "checkpoint_minutes": 1e-9}
    config = tiny_config(plain_encoder_dir, training=training)
    in_two_processes(train_in_process, config, tmp_path / "whole", kb_path)
    with pytest.raises(multiprocessing.ProcessExitedException, match="SIGKILL"):
        in_two_processes(train_and_lose_one, config, tmp_path / "killed", kb_path)
    assert (tmp_path / "killed" / "training").is_dir()
    in_two_processes(train_in_process, config, tmp_path / "killed", kb_path)
    assert_same_weights(tmp_path / "whole", tmp_path / "killed", atol=1e-6, rtol=1e-5)


def test_two_processes_stop_together(plain_encoder_dir, kb_path, tmp_path):
    training = {"epochs": 3, "batch_tokens": 1000, "patience": 1}
    config = tiny_config(plain_encoder_dir, training=training)
    in_two_processes(train_with_two_minds, config, tmp_path / "two", kb_path)
    first, second = (torch.load(tmp_path / f"losses-{rank}.pt") for rank in range(2))
    assert first == second
    assert len(first) == 3


def test_training_stops_when_patience_ends(run):
    result = run(dev=DOCUMENTS, epochs=9, patience=2, learning_rate=1e-12, head_learning_rate=1e-12)
    assert (len(result.history), result.best_epoch) == (3, 1)


CALIBRATED = r"\.(temperature|confidence)$|\.second_look\."
"""What is fitted after the last epoch."""


def test_the_best_epoch_is_kept(run, monkeypatch):
    scores, seen = iter([1.0, 3.0, 2.0]), []

    def score(self, report):
        seen.append({name: t.clone() for name, t in self.weights()["heads"].items()})
        return next(scores)

    monkeypatch.setattr(Run, "_score", score)
    result = run(dev=DOCUMENTS, epochs=3)
    assert result.best_epoch == 2
    kept = weights(result.folder)
    learnt = [name for name in seen[1] if not re.search(CALIBRATED, name)]
    assert all(torch.equal(kept[name], seen[1][name]) for name in learnt)
    assert not all(torch.equal(kept[name], seen[2][name]) for name in learnt)


def test_the_last_epoch_is_kept_where_nothing_scores(run):
    assert run(epochs=3).best_epoch == 3


def test_the_last_epoch_is_kept_where_nothing_can_be_scored(run):
    links_alone = [
        replace(doc, mentions=tuple(replace(m, label=None) for m in doc.mentions))
        for doc in DOCUMENTS
        if doc.mentions
    ]
    assert run(tasks=("ner",), dev=links_alone, epochs=3, patience=1).best_epoch == 3


def test_a_model_that_links_nothing_is_chosen_by_what_it_finds(run):
    result = run(tasks=("ner",), dev=DOCUMENTS, epochs=8)
    found = [epoch["scores"]["ner.f1"] for epoch in result.history]
    assert result.best_epoch == 1 + found.index(max(found)) > 1


def test_every_kind_of_document_can_be_in_a_batch(run):
    texts = ["[Paris|LOC|paris] won.", "[Acme|ORG|] won.", "[Jordan||jordan] won.", "It was late."]
    result = run(train_on=[*map(marked, texts), marked("")], epochs=1)
    assert load_model(result.folder).tagger.labels == ("LOC", "ORG")


def test_a_checkpoint_inside_an_epoch_is_written_as_often_as_asked(run, monkeypatch):
    written = []
    original = module.save_checkpoint
    monkeypatch.setattr(
        module,
        "save_checkpoint",
        lambda path, state: (written.append(path.name), original(path, state)),
    )
    run(epochs=1, checkpoint_minutes=60)
    assert written == ["best.safetensors", "checkpoint.safetensors"]


@pytest.mark.parametrize(
    ("heads", "scores", "score"),
    [
        (("tagger",), {"ner.f1": 0.9, "linking.inkb.f1": 0.7}, 0.9),
        (("linker",), {"ner.f1": 0.9, "linking.inkb.f1": 0.7}, 0.7),
        (("tagger", "linker"), {"ner.f1": 0.9, "linking.inkb.f1": 0.7}, 0.8),
        (("tagger", "linker"), {"ner.f1": 0.9}, 0.9),
    ],
    ids=["mentions", "links", "both", "no links to score"],
)
def test_both_tasks_count_for_the_best_epoch(heads, scores, score):
    model = SimpleNamespace(**{name: name in heads for name in ("tagger", "linker")})
    assert Run._score(SimpleNamespace(model=model), Report(scores=scores)) == pytest.approx(score)
