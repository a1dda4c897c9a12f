import json
import shutil
from dataclasses import replace

import pytest

from nerlink.config import Config, DataConfig, KnowledgeBaseConfig
from nerlink.data import Document
from nerlink.errors import ConfigError, DataError
from nerlink.models.storage.model import read_info
from nerlink.sources import read, write
from nerlink.training import SilverOptions, SilverResult, silver_config, train_silver
from nerlink.training import silver as module
from nerlink.training.reporting import Reporter
from tests.training.conftest import Killed, Killer, Listener
from tests.training.test_run import assert_same_weights
from tests.world import DOCUMENTS, SILVER, marked, tiny_config

MANY = [replace(doc, id=f"{doc.id}-{n}") for n in range(3) for doc in SILVER]


@pytest.fixture
def run(encoder_dir, kb_path, tmp_path):
    """Trains on the ten documents as a dictionary marks them, for two epochs a training."""

    def run(
        name: str = "m0",
        *,
        silver=SILVER,
        dev=DOCUMENTS[:2],
        reporter=None,
        data=(),
        tasks=("ner", "nel"),
        training=None,
        start=None,
        **options,
    ) -> SilverResult:
        config = tiny_config(
            encoder_dir,
            kb=KnowledgeBaseConfig(path=kb_path),
            training=training or {"epochs": 2},
            data=data,
            tasks=tasks,
            model={"from_": start and str(start)},
        )
        return train_silver(
            config,
            tmp_path / name,
            silver=silver,
            dev=dev,
            options=SilverOptions(**{"rounds": 1, "confident": 0.5, "sure_link": 0.999} | options),
            reporter=reporter,
        )

    return run


class Counting(Listener):
    """Counts trainings."""

    def __init__(self, killer: Reporter | None = None, *, at: int = -1) -> None:
        super().__init__()
        self.n_trainings = 0
        self.killer, self.at = killer, at

    def begin(self, summary, n_steps) -> None:
        super().begin(summary, n_steps)
        self.n_trainings += 1

    def step(self, *arguments) -> None:
        if self.n_trainings == self.at:
            self.killer.step(*arguments)


def test_a_round_trains_on_both_halves_and_then_on_all(run):
    listener = Counting()
    sizes = []
    listener.begin = lambda summary, _: sizes.append(summary.n_documents)
    result = run(reporter=listener, training={"epochs": 1})
    assert sizes == [5, 5, 10]
    (change,) = result.rounds
    assert (change.n_documents, change.n_marks) == (10, 18)
    assert [doc.id for doc in result.documents] == [doc.id for doc in SILVER]
    assert any("joined the 18 of the dictionary" in note for note in listener.notes)


def test_no_model_looks_at_what_it_has_learnt(run, monkeypatch):
    learnt, seen = [], []
    train, refine = module.train, module.refine

    def watched_train(config, output, *, train: list, **options):
        learnt.append({doc.id for documents, _ in train for doc in documents})
        return real_train(config, output, train=train, **options)

    def watched_refine(model, documents, *arguments, **options):
        documents = list(documents)
        seen.append({doc.id for doc in documents})
        return refine(model, documents, *arguments, **options)

    real_train = train
    monkeypatch.setattr(module, "train", watched_train)
    monkeypatch.setattr(module, "refine", watched_refine)
    run(training={"epochs": 1}, rounds=2)
    assert [one & other for one, other in zip(learnt[:4], seen, strict=True)] == [set()] * 4
    assert learnt[0] != learnt[2], "each round has halves of its own"


def test_each_round_begins_at_the_marks_of_the_dictionary(run, monkeypatch):
    given = []
    refine = module.refine

    def watched(model, documents, *arguments, **options):
        documents = list(documents)
        given.extend(documents)
        return refine(model, documents, *arguments, **options)

    monkeypatch.setattr(module, "refine", watched)
    run(training={"epochs": 1}, rounds=2)
    assert sorted(given, key=lambda doc: doc.id) == sorted([*SILVER, *SILVER], key=lambda d: d.id)


def test_a_model_says_how_its_documents_were_marked(run):
    result = run()
    said = read_info(result.training.folder).trained_on["silver"]
    (change,) = result.rounds
    assert (said["documents"], said["rounds"][0]["n_joined"]) == (10, change.n_joined)
    assert not (result.training.folder / "silver").exists()
    assert "ner.f1" in result.training.scores
    assert result.training.pipeline("Ada Byron wrote.").text


@pytest.mark.parametrize(
    ("step", "training", "n_left"),
    [
        pytest.param(1, 1, 3, id="first half"),
        pytest.param(2, 2, 2, id="second half"),
        pytest.param(1, 3, 1, id="last training"),
    ],
)
def test_a_round_that_is_done_is_not_done_again(run, step, training, n_left):
    often = {"epochs": 2, "checkpoint_minutes": 1e-9}
    whole = run("whole", training=often)
    with pytest.raises(Killed):
        run("killed", training=often, reporter=Counting(Killer(step=step), at=training))
    listener = Counting()
    resumed = run("killed", training=often, reporter=listener)
    assert listener.n_trainings == n_left
    assert resumed.rounds == whole.rounds
    assert resumed.documents == whole.documents
    assert_same_weights(whole.training.folder, resumed.training.folder)


def test_rounds_of_another_run_are_refused(run):
    with pytest.raises(Killed):
        run(reporter=Counting(Killer(step=1), at=3))
    with pytest.raises(ConfigError, match=r"silver holds an unfinished run with other documents"):
        run(silver=SILVER[1:])
    with pytest.raises(ConfigError, match=r"training.epochs = 2, now 3"):
        run(training={"epochs": 3})


def test_rounds_from_another_trained_model_are_refused(run, joint_folder, tmp_path):
    start = tmp_path / "start"
    shutil.copytree(joint_folder, start)
    once = {"epochs": 1}
    with pytest.raises(Killed):
        run(start=start, training=once, reporter=Counting(Killer(step=1), at=3))
    manifest = json.loads((start / "nerlink.json").read_text())
    manifest["files"] |= dict.fromkeys(manifest["files"], "0" * 64)
    (start / "nerlink.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match=r"silver holds .* another model to start from"):
        run(start=start, training=once)


def test_a_model_is_not_trained_over_the_one_that_it_starts_from(run, joint_folder, tmp_path):
    shutil.copytree(joint_folder, tmp_path / "m0")
    listener = Counting()
    with pytest.raises(ConfigError, match="is the model that training starts from"):
        run(start=tmp_path / "m0", reporter=listener)
    assert listener.n_trainings == 0
    assert not (tmp_path / "m0" / "silver").exists()


def test_files_of_others_in_the_folder_of_rounds_stay(run, tmp_path):
    (tmp_path / "m0" / "silver").mkdir(parents=True)
    write(SILVER, tmp_path / "m0" / "silver" / "silver.jsonl")
    with pytest.raises(ConfigError, match=r"has 'silver\.jsonl'\. Move your files"):
        run()
    assert read(tmp_path / "m0" / "silver" / "silver.jsonl") == list(SILVER)


def test_each_half_has_a_document_to_learn_from(run):
    bare = [replace(SILVER[6], id=f"bare-{n}") for n in range(6)]
    result = run(silver=[*bare, *SILVER[4:6]], training={"epochs": 1})
    assert len(result.rounds) == 1
    listener = Listener()
    result = run("one", silver=[*bare, SILVER[4]], training={"epochs": 1}, reporter=listener)
    assert result.rounds == ()
    assert any("each half needs" in note for note in listener.notes)


def test_without_gold_documents_some_are_held_out_and_scores_are_agreement(run):
    listener = Listener()
    result = run(silver=MANY, dev=None, rounds=0, training={"epochs": 1}, reporter=listener)
    assert result.training.summary.n_documents == 27
    assert all(
        name.startswith("agreement with the dictionary: ") for name in result.training.scores
    )
    assert listener.notes[1].startswith("no gold dev documents: 3 silver documents are held out")
    assert any("--dev gold.jsonl" in line for line in result.training.advice)


def test_few_documents_are_all_learnt_from(run):
    listener = Listener()
    result = run(dev=None, rounds=0, training={"epochs": 1}, reporter=listener)
    assert (result.training.summary.n_documents, result.training.scores) == (10, {})
    assert "nothing is scored" in listener.notes[1]


def test_gold_documents_of_the_configuration_are_learnt_from_and_left_alone(run, tmp_path):
    write(DOCUMENTS[:4], tmp_path / "gold.jsonl")
    entry = DataConfig(train=tmp_path / "gold.jsonl", dev=tmp_path / "gold.jsonl", weight=2)
    result = run(silver=SILVER[4:], dev=None, data=(entry,), training={"epochs": 1})
    summary = result.training.summary
    assert (summary.n_documents, summary.n_incomplete) == (10, 6)
    assert (result.rounds[0].n_documents, len(result.documents)) == (6, 6)
    assert "ner.f1" in result.training.scores


def test_a_configuration_may_name_gold_dev_documents_alone(run, tmp_path):
    write(DOCUMENTS[:2], tmp_path / "gold.jsonl")
    entry = DataConfig(dev=tmp_path / "gold.jsonl")
    result = run(dev=None, data=(entry,), rounds=0, training={"epochs": 1})
    assert result.training.summary.n_documents == len(SILVER)
    assert "ner.f1" in result.training.scores


def test_complete_documents_among_silver_ones_stay_as_they_are(run):
    mixed = [*SILVER[:8], *DOCUMENTS[8:]]
    result = run(silver=mixed, training={"epochs": 1})
    assert result.rounds[0].n_documents == 8
    assert list(result.documents[8:]) == list(DOCUMENTS[8:])


def test_the_documents_of_the_last_round_can_be_kept(run, tmp_path):
    result = run(keep=tmp_path / "kept.jsonl", training={"epochs": 1})
    kept = read(tmp_path / "kept.jsonl")
    assert kept == list(result.documents)
    assert not any(doc.complete for doc in kept)


def test_a_model_that_only_links_has_no_rounds(run):
    listener = Listener()
    result = run(tasks=("nel",), training={"epochs": 1}, reporter=listener)
    assert result.rounds == ()
    assert "no rounds" in listener.notes[0]


UNLABELLED = [
    replace(doc, mentions=tuple(replace(m, label=None) for m in doc.mentions)) for doc in SILVER
]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        pytest.param(
            {"silver": UNLABELLED},
            DataError,
            r"18 mentions .* --label =ENT",
            id="labels",
        ),
        pytest.param(
            {"silver": [Document(text="No.", complete=False)]},
            DataError,
            r"none of the 1 silver document has a mention\. nerlink annotate",
            id="no match",
        ),
        pytest.param({"silver": DOCUMENTS}, DataError, r'marked "complete": false', id="gold"),
        pytest.param({"rounds": 4}, ConfigError, r"rounds is 4; it must be 0 to 3", id="rounds"),
        pytest.param({"confident": 1.5}, ConfigError, r"confident is 1\.5", id="confident"),
        pytest.param(
            {"silver": [replace(marked("[Ada|PER|Q7]"), complete=False)], "rounds": 0},
            DataError,
            r"none of the 1 link .* have 'Q7'",
            id="another base",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_refused_and_leaves_nothing(
    run, tmp_path, given, error, message
):
    with pytest.raises(error, match=message):
        run(**given)
    assert not (tmp_path / "m0").exists()


def test_rounds_in_several_processes_are_refused(run, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="--rounds 0"):
        run()


def test_a_second_run_in_the_folder_is_refused(run):
    refused = []

    class Rival(Reporter):
        def step(self, *_):
            if not refused:
                with pytest.raises(ConfigError, match=r"m0: another process trains here"):
                    run()
                refused.append(1)

    run(reporter=Rival(), training={"epochs": 1})
    assert refused


def test_defaults_of_silver_training_stand_where_nothing_else_is_set():
    config = silver_config(Config(training={"epochs": 9}), MANY)
    assert (config.training.epochs, config.training.patience) == (9, 1)
    assert config.training.batch_tokens == 100
    assert config.linker.candidate_dropout == 0.1
    assert silver_config().training.batch_tokens == Config().training.batch_tokens
    long = [Document(text="word " * 100_000)]
    assert silver_config(None, long).training.batch_tokens == 1500


def test_silver_on_top_of_a_model_links_to_the_base_of_that_model(
    encoder_dir, joint_folder, tmp_path
):
    config = tiny_config(
        encoder_dir,
        training={"epochs": 1},
        kb=KnowledgeBaseConfig(),
        model={"from_": str(joint_folder)},
    )
    result = train_silver(
        config, tmp_path / "m1", silver=SILVER, dev=[], options=SilverOptions(rounds=0)
    )
    assert result.training.pipeline.kb["paris"].name == "Paris"
