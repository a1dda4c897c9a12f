import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from accelerate.state import is_initialized

from nerlink.config import Config, DataConfig, KnowledgeBaseConfig, TrainingConfig, load_config
from nerlink.data import Document
from nerlink.errors import ConfigError, DataError, StorageError
from nerlink.kb import KnowledgeBase
from nerlink.models.linker.linker import Linker
from nerlink.models.storage.model import load_model, read_info
from nerlink.pipeline import Pipeline
from nerlink.sources import write
from nerlink.training import train
from nerlink.training.reporting import Reporter
from nerlink.training.run import score_documents
from nerlink.training.train import open_accelerator
from tests.training.conftest import Killed, Killer, Listener
from tests.world import DOCUMENTS, ENTITIES, SILVER, marked, tiny_config


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_computes_where_and_how_it_is_told(precision):
    with open_accelerator(TrainingConfig(device="cpu", precision=precision)) as accelerator:
        assert accelerator.device.type == "cpu"
        assert accelerator.mixed_precision == {"fp32": "no"}.get(precision, precision)
    assert not is_initialized()


def test_the_accelerator_of_someone_else_stays():
    with open_accelerator(TrainingConfig(device="cpu")):
        with open_accelerator(TrainingConfig(device="cpu")):
            pass
        assert is_initialized()


def test_a_device_that_is_not_there_is_refused():
    with (
        pytest.raises(ConfigError, match="device 'toaster' cannot be used"),
        open_accelerator(TrainingConfig(device="toaster")),
    ):
        pass


def test_a_run_leaves_a_model_and_nothing_else(run):
    result = run()
    assert not (result.folder / "training").exists()
    assert load_model(result.folder).tagger.labels == ("LOC", "ORG", "PER")
    assert read_info(result.folder).trained_on["epochs"] == 2
    assert [epoch["epoch"] for epoch in result.history] == [1, 2]


def test_a_run_gives_a_pipeline_of_its_model(run):
    result = run(epochs=1)
    texts = [doc.text for doc in DOCUMENTS]
    assert result.pipeline(texts) == Pipeline.load(result.folder)(texts)
    assert result.pipeline is result.pipeline


def test_a_run_tells_what_happens(run):
    listener = Listener()
    result = run(dev=DOCUMENTS[:3], reporter=listener)
    assert listener.summary == result.summary
    assert listener.steps == list(range(1, listener.n_steps + 1))
    assert [epoch.number for epoch in listener.epochs] == [1, 2]
    assert listener.n_ends == 1
    assert listener.written == [(len(ENTITIES), len(ENTITIES))]
    assert all(epoch.score is not None for epoch in listener.epochs)


def test_a_run_that_is_killed_while_it_tidies_up_is_over(run, monkeypatch):
    remove = shutil.rmtree

    def killed(folder, *arguments, **options):
        if folder.name != "training":
            return remove(folder, *arguments, **options)
        (folder / "config.toml").unlink()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(Killed):
            run("again")
    assert run("again").best_epoch > 0


def test_the_end_is_told_after_an_error_too(run):
    class Listening(Killer, Listener):
        def __init__(self):
            Listener.__init__(self)
            self.at_step, self.at_epoch = 1, 0

        step = Killer.step

    reporter = Listening()
    with pytest.raises(Killed):
        run(reporter=reporter)
    assert reporter.n_ends == 1


def test_a_folder_with_files_of_another_kind_is_refused_before_anything_is_learnt(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.toml").write_text("")
    listener = Listener()
    with pytest.raises(StorageError, match=r"holds config.toml, but no model"):
        run("mine", reporter=listener)
    assert not listener.steps


def test_documents_and_entities_come_from_the_files_a_configuration_names(encoder_dir, tmp_path):
    write(DOCUMENTS[:6], tmp_path / "train.jsonl")
    write(DOCUMENTS[6:], tmp_path / "dev.jsonl")
    records = [{"id": e.id, "name": e.name, "aliases": dict(e.aliases)} for e in ENTITIES]
    lines = [json.dumps(record) for record in records]
    (tmp_path / "entities.jsonl").write_text("\n".join(lines))
    config = tiny_config(
        encoder_dir,
        data=(DataConfig(train=tmp_path / "train.jsonl", dev=tmp_path / "dev.jsonl"),),
        kb=KnowledgeBaseConfig(tables=(tmp_path / "entities.jsonl",)),
        training={"epochs": 1},
    )
    result = train(config, tmp_path / "model")
    assert (result.summary.n_documents, result.best_epoch) == (6, 1)
    assert "linking.inkb.f1" in result.scores
    with KnowledgeBase.open(tmp_path / "model" / "kb.sqlite") as kb:
        assert len(kb) == len(ENTITIES)


def test_the_saved_configuration_is_the_one_trained_with(run):
    config = load_config(run(epochs=1).folder / "config.toml")
    assert (config.training.epochs, config.tasks) == (1, ("ner", "nel"))


def test_training_links_are_counted_into_the_models_base_alone(run, kb_path):
    result = run(epochs=1)
    counts = []
    for path in (kb_path, result.folder / "kb.sqlite"):
        with KnowledgeBase.open(path) as kb:
            query = "SELECT sum(count) FROM alias"
            counts.append(kb.connection.execute(query).fetchone()[0])
    assert counts[1] - counts[0] == result.summary.n_linked


def test_names_that_the_base_has_from_training_are_known_to_a_resumed_run_too(run, monkeypatch):
    seen = []

    class Watched(Linker):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            seen.append(self.counts.new_names)

    monkeypatch.setattr("nerlink.models.build.Linker", Watched)
    documents = [*DOCUMENTS, marked("[Paname|LOC|paris] is a name of [Paris|LOC|paris].", "name")]
    with pytest.raises(Killed):
        run(train_on=documents, reporter=Killer(epoch=1))
    run(train_on=documents)
    assert seen[0] == seen[1]
    assert {key: n for (key, _), n in seen[0].items()}["paname"] == 1


def test_training_again_on_a_models_own_base_counts_nothing_twice(
    run, encoder_dir, tmp_path, monkeypatch
):
    names = []
    init = Linker.__init__

    def watched(self, *arguments, **options):
        init(self, *arguments, **options)
        names.append(self.counts.new_names)

    monkeypatch.setattr(Linker, "__init__", watched)
    documents = [*DOCUMENTS, marked("[Paname|LOC|paris] is a name of [Paris|LOC|paris].", "name")]
    first = run(train_on=documents, epochs=1).folder / "kb.sqlite"
    config = tiny_config(encoder_dir, training={"epochs": 1})
    again = train(config, tmp_path / "again", train=documents, kb=first)
    more = [*documents, replace(documents[-1], id="more")]
    grown = train(config, tmp_path / "grown", train=more, kb=again.folder / "kb.sqlite")
    assert names[0] == names[1]
    aliases = []
    for path in (first, again.folder / "kb.sqlite", grown.folder / "kb.sqlite"):
        with KnowledgeBase.open(path) as kb:
            aliases.append(kb["paris"].aliases)
    assert aliases[0] == aliases[1]
    assert aliases[2]["Paname"] == 2
    assert aliases[2]["Paris"] == aliases[0]["Paris"] + 1


AGREEMENT = "agreement with the dictionary: "


def test_scores_on_incomplete_documents_are_called_agreement_wherever_they_stand(run):
    listener = Listener()
    result = run(train_on=SILVER, dev=SILVER, reporter=listener)
    info = read_info(result.folder)
    for scores in (result.scores, info.scores, result.history[0]["scores"]):
        assert scores
        assert all(name.startswith(AGREEMENT) for name in scores)
    assert info.trained_on["incomplete"] == 10
    assert info.trained_on["ambiguous"] == 10
    assert AGREEMENT in (result.folder / "README.md").read_text()
    assert "dev: 10 of 10 documents incomplete, so scores are no more than agreement" in " ".join(
        result.summary.notes
    )
    assert all(epoch.is_agreement for epoch in listener.epochs)
    assert not any("score on dev" in line for line in result.advice)


def test_gold_and_incomplete_documents_are_trained_on_together(encoder_dir, kb_path, tmp_path):
    write(SILVER[:6], tmp_path / "silver.jsonl")
    write(DOCUMENTS[6:], tmp_path / "gold.jsonl")
    data = (
        DataConfig(train=tmp_path / "silver.jsonl"),
        DataConfig(train=tmp_path / "gold.jsonl", dev=tmp_path / "gold.jsonl", weight=2),
    )
    config = tiny_config(encoder_dir, data=data, training={"epochs": 1})
    result = train(config, tmp_path / "model", kb=kb_path)
    assert (result.summary.n_documents, result.summary.n_incomplete) == (10, 6)
    assert "ner.f1" in result.scores


def test_links_of_ambiguous_mentions_are_not_counted_into_the_base(run, kb_path):
    folder = run(train_on=SILVER, epochs=1).folder
    counts = []
    for path in (kb_path, folder / "kb.sqlite"):
        with KnowledgeBase.open(path) as kb:
            counts.append({entity: kb[entity].aliases for entity in kb})
    assert counts[1].pop("acme") != counts[0].pop("acme")
    for open_ in ("paris", "paris-texas", "jordan"):
        assert counts[1][open_] == counts[0][open_]


def test_recall_is_that_of_dev_once_training_is_counted_into_the_base(run):
    listener = Listener()
    train_on = [marked("[Big P|LOC|paris] won.", "learnt")]
    dev = [marked("[Big P|LOC|paris] and [Lutetia|LOC|paris] and [Rome|LOC|rome] lost.", "dev")]
    summary = run(train_on=train_on, dev=dev, epochs=1, reporter=listener).summary
    assert (summary.recall_on, summary.recall[None]) == ("dev", 0.5)
    assert [note for note in summary.notes if "lacks" in note] == [
        "dev: the knowledge base lacks the entities of 1 of 3 links, which count as missed: rome"
    ]
    assert listener.summary == summary
    alone = run("alone", train_on=train_on, epochs=1).summary
    assert (alone.recall_on, alone.recall[None]) == ("train", 1.0)


def test_a_run_ends_with_advice_that_holds(run):
    listener = Listener()
    result = run(reporter=listener)
    (steps, *_) = result.advice
    assert "4 steps in 2 epochs are few" in steps
    assert listener.notes == list(result.advice)
    assert run("longer", epochs=40).advice == ()


def test_links_that_all_lead_out_of_the_base_end_a_run_before_it_begins(run, encoder_dir, tmp_path):
    documents = [marked("[Rome|LOC|Q220] and [Paris|LOC|Q90] are cities.")]
    listener = Listener()
    with pytest.raises(DataError, match=r"none of the 2 links.*have 'Q220', 'Q90', the base has"):
        run(train_on=documents, reporter=listener)
    assert listener.summary is None
    assert not (tmp_path / "model").exists()
    kb = KnowledgeBaseConfig(from_training=True)
    config = tiny_config(encoder_dir, kb=kb, training={"epochs": 1})
    assert train(config, tmp_path / "added", train=documents).summary.n_linked == 2


def test_every_report_of_a_run_tells_how_often_entities_were_seen(run):
    listener = Listener()
    run(dev=DOCUMENTS, reporter=listener)
    assert all("linking.seen" in epoch.report.tables for epoch in listener.epochs)


def test_a_run_without_linked_mentions_is_refused(run, tmp_path):
    with pytest.raises(DataError, match=r"no linked mention.*tasks = \[\"ner\"\]"):
        run(train_on=[marked("[Paris|LOC|] won.")])
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([Document(text="Nobody came.")], id="no mention"),
        pytest.param([Document(text=" ")], id="no word"),
        pytest.param([], id="no document"),
    ],
)
def test_a_corpus_without_a_mention_is_refused(run, documents):
    with pytest.raises(DataError, match="no labelled mention, so there is nothing to learn"):
        run(train_on=documents)


@pytest.mark.parametrize(
    ("config", "kb", "message"),
    [
        ("run.toml", None, r"config is a str\. nerlink.load_config\(path\)"),
        ({"seed": 1}, None, r"config is a dict\. .*Config\(\*\*values\)"),
        (Config(), pd.DataFrame({"id": ["Q1"]}), r"kb is a DataFrame; .*KnowledgeBase.create"),
    ],
)
def test_arguments_of_another_kind_are_refused(config, kb, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        train(config, tmp_path / "model", train=DOCUMENTS, kb=kb)
    assert not any(tmp_path.iterdir())


def test_a_configuration_without_entities_is_refused(encoder_dir, tmp_path):
    with pytest.raises(ConfigError, match=r"which entities to link to. Set kb.path"):
        train(tiny_config(encoder_dir), tmp_path, train=DOCUMENTS)


def test_a_second_run_in_the_folder_of_a_run_is_refused(run):
    refused = []

    class Rival(Reporter):
        def step(self, *_):
            if not refused:
                with pytest.raises(ConfigError, match=r"model: another process trains here"):
                    run(epochs=1)
                refused.append(1)

    assert run(epochs=1, reporter=Rival()).best_epoch == 1
    assert refused


def test_an_unfinished_run_of_another_configuration_is_refused(run):
    with pytest.raises(Killed):
        run(reporter=Killer(epoch=1))
    with pytest.raises(
        ConfigError,
        match=r"unfinished run with another configuration: training\.epochs = 2, now 3, "
        r"training\.batch_tokens = 60, now 61\. Finish",
    ):
        run(batch_tokens=61, epochs=3)


CUT_OTHERWISE = [replace(doc, sentences=((0, len(doc.text)),)) for doc in DOCUMENTS]


@pytest.mark.parametrize(
    "other", [{"train_on": DOCUMENTS[1:]}, {"dev": DOCUMENTS[:1]}, {"train_on": CUT_OTHERWISE}]
)
def test_an_unfinished_run_of_other_documents_is_refused(run, other):
    with pytest.raises(Killed):
        run(reporter=Killer(epoch=1))
    with pytest.raises(
        ConfigError, match=r"with other documents or another knowledge base\. Finish"
    ):
        run(**other)


def test_a_damaged_checkpoint_is_refused(run, tmp_path):
    with pytest.raises(Killed):
        run(reporter=Killer(epoch=1))
    (tmp_path / "model" / "training" / "checkpoint.safetensors").write_bytes(b"torn")
    with pytest.raises(StorageError, match=r"not a readable checkpoint.*Delete it"):
        run()


@pytest.mark.parametrize("tasks", [("ner",), ("nel",), ("ner", "nel")], ids="-".join)
def test_dev_scores_are_those_of_the_task(run, tasks):
    result = run(tasks=tasks, dev=DOCUMENTS, epochs=1)
    measure = "linking.inkb.f1" if "nel" in tasks else "ner.f1"
    assert 0 < result.scores[measure] <= 1
    assert measure in result.history[0]["scores"]


def test_several_sources_teach_their_own_tasks_at_their_own_weight(encoder_dir, kb_path, tmp_path):
    write(DOCUMENTS[:3], tmp_path / "types.jsonl")
    write(DOCUMENTS[3:], tmp_path / "links.jsonl")
    config = tiny_config(
        encoder_dir,
        data=(
            DataConfig(train=tmp_path / "types.jsonl", tasks=("ner",), weight=2.0),
            DataConfig(train=tmp_path / "links.jsonl", tasks=("nel",)),
        ),
        training={"epochs": 1},
    )
    with pytest.raises(DataError, match="no labelled mention"):
        train(config.model_copy(update={"data": config.data[1:]}), tmp_path / "m", kb=kb_path)
    result = train(config, tmp_path / "model", kb=kb_path)
    assert load_model(result.folder).tagger.labels == ("LOC",)


def test_a_document_without_mentions_counts_only_where_all_tasks_are_taught(
    encoder_dir, kb_path, tmp_path, monkeypatch
):
    scored = []

    def watched(model, documents):
        scored.extend(doc.id for doc in documents)
        return score_documents(model, documents)

    monkeypatch.setattr("nerlink.training.run.score_documents", watched)
    entries = []
    for name, tasks in (("links", ("nel",)), ("both", ())):
        path = tmp_path / f"{name}.jsonl"
        write([marked("Nobody came.", f"{name}-empty"), DOCUMENTS[0]], path)
        entries.append(DataConfig(train=path, dev=path, tasks=tasks))
    config = tiny_config(encoder_dir, training={"epochs": 1}, data=tuple(entries))
    train(config, tmp_path / "model", kb=kb_path)
    assert set(scored) == {f"1/{DOCUMENTS[0].id}", f"2/{DOCUMENTS[0].id}", "2/both-empty"}


def test_the_precision_may_change_between_runs_of_one_process(run):
    losses = [run(name, precision=name, epochs=1).history[0]["loss"] for name in ("bf16", "fp32")]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert losses[0] != losses[1]
