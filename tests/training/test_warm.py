import shutil

import pytest
import torch

from nerlink.config import Config, KnowledgeBaseConfig, load_config
from nerlink.data import Entity
from nerlink.errors import ConfigError, StorageError
from nerlink.kb import KnowledgeBase
from nerlink.models.storage.model import load_model, read_info
from nerlink.pipeline import Pipeline
from nerlink.training import train
from nerlink.training.reporting import format_summary
from nerlink.training.warm import find_start
from tests.training.conftest import Killed, Killer, Listener, weights
from tests.world import DOCUMENTS, ENTITIES, marked, tiny_config

NEW = (
    marked("[Ada Byron|PER|ada] drove a [Tin|CAR|tin] to the sea.", "new-0"),
    marked("[Tin|CAR|tin] stood in [Texas|LOC|texas] all night.", "new-1"),
)
OTHER = (
    *(entity for entity in reversed(ENTITIES) if entity.id != "paris"),
    Entity(id="tin", name="Tin", description="a car of tin", type="CAR"),
)


@pytest.fixture(scope="session")
def other_base(tmp_path_factory):
    """A base with other rows, without Paris and with a car."""
    path = tmp_path_factory.mktemp("other") / "kb.sqlite"
    KnowledgeBase.create(path, OTHER).close()
    return path


@pytest.fixture
def go_on(joint_folder, other_base, tmp_path):
    """Trains a step or more from the model that knows the ten documents."""

    def go_on(
        name="model",
        *,
        start=joint_folder,
        train_on=NEW,
        base=other_base,
        reporter=None,
        **sections,
    ):
        training = {"epochs": 1, "batch_tokens": 60, "device": "cpu"}
        training |= sections.pop("training", {})
        model = {"from": start, **sections.pop("model", {})}
        config = Config(model=model, training=training, **sections)
        return train(config, tmp_path / name, train=train_on, kb=base, reporter=reporter)

    return go_on


def test_a_run_that_learns_nothing_leaves_the_model_as_it_was(go_on, joint_folder, kb_path):
    still = {"learning_rate": 1e-12, "head_learning_rate": 1e-12}
    result = go_on(train_on=DOCUMENTS, base=kb_path, training=still)
    was = Pipeline.load(joint_folder)(list(DOCUMENTS))
    for before, now in zip(was, result.pipeline(list(DOCUMENTS)), strict=True):
        assert [(m.start, m.end, m.label, m.entity) for m in now.mentions] == [
            (m.start, m.end, m.label, m.entity) for m in before.mentions
        ]
        for old, new in zip(before.mentions, now.mentions, strict=True):
            assert new.score == pytest.approx(old.score, abs=1e-4)
            assert new.link_score == pytest.approx(old.link_score, abs=0.02)


def test_what_is_kept_and_what_is_new_is_told_before_the_first_step(go_on, joint_folder):
    told = []

    class First(Listener):
        def begin(self, summary, n_steps):
            told.append(summary)

        def step(self, *_):
            assert told

    go_on(reporter=First())
    encoder = load_config(joint_folder / "config.toml").encoder.model
    assert told[0].notes[:4] == (
        f"starts from {joint_folder}: its encoder ({encoder}), its tagger, its linker",
        "rates: training.learning_rate = 5e-05, training.head_learning_rate = 0.00025",
        "labels kept: LOC, ORG, PER; new: CAR; no document has ORG: what is not marked teaches "
        "that nothing is there (model.keep_labels = false leaves such labels out)",
        "entities that it learnt links to: 6 of 7 are in the base and keep what was learnt of "
        "them; new to it: 1 entity; the base lacks paris",
    )
    assert told[0].notes[0] in format_summary(told[0])


def test_rates_are_a_quarter_where_none_is_set_and_something_was_learnt(
    joint_folder, kb_path, tmp_path
):
    start = find_start(Config(model={"from_": str(joint_folder)}), tmp_path / "m")
    assert start is not None
    new = Config().training
    gentle = start.fitted(Config()).training
    assert (gentle.learning_rate, gentle.head_learning_rate) == (
        new.learning_rate / 4,
        new.head_learning_rate / 4,
    )
    assert start.fitted(start.fitted(Config())).training == gentle
    chosen = start.fitted(Config(training={"learning_rate": 1e-3})).training
    assert (chosen.learning_rate, chosen.head_learning_rate) == (1e-3, new.head_learning_rate / 4)
    untrained = Pipeline.from_kb(kb_path, encoder=str(joint_folder / "encoder"))
    untrained.save(tmp_path / "untrained")
    start = find_start(Config(model={"from_": str(tmp_path / "untrained")}), tmp_path / "m")
    assert start is not None
    assert start.fitted(Config()).training == new


def test_labels_of_the_start_that_no_document_has_can_be_left_out(go_on):
    kept = load_model(go_on().folder).tagger.labels
    assert kept == ("CAR", "LOC", "ORG", "PER")
    listener = Listener()
    result = go_on("left", model={"keep_labels": False}, reporter=listener)
    assert load_model(result.folder).tagger.labels == ("CAR", "LOC", "PER")
    assert "left out, as no document has them: ORG" in format_summary(listener.summary)


def test_what_was_learnt_is_there_beside_what_is_new(go_on):
    pipeline = go_on(training={"epochs": 30, "learning_rate": 1e-3}).pipeline
    (doc,) = pipeline([NEW[0]])
    assert [(doc.surface(m), m.label, m.entity) for m in doc.mentions] == [
        ("Ada Byron", "PER", "ada"),
        ("Tin", "CAR", "tin"),
    ]
    (doc,) = pipeline([DOCUMENTS[5]])
    assert ("Jordan", "jordan") in [(doc.surface(m), m.entity) for m in doc.mentions]


def test_links_that_the_start_learnt_count_in_the_new_model(go_on, joint_folder):
    documents = [DOCUMENTS[0], *NEW]
    old, new = Pipeline.load(joint_folder), go_on().pipeline
    seen = new.links_seen([*DOCUMENTS, *documents])
    before = old.links_seen(DOCUMENTS)
    assert seen == {**before, "paris": 0, "tin": 2, "texas": 2, "ada": 2}


def test_names_that_the_start_learnt_are_names_in_the_new_base(run, go_on):
    learnt = marked("[The Countess|PER|ada] met [Big P|LOC|paris].", "names")
    start = run("start", train_on=[*DOCUMENTS, learnt], epochs=1).folder
    with KnowledgeBase.open(go_on(start=start).folder) as kb:
        assert kb["ada"].aliases["The Countess"] == 1
        assert kb.search("Big P") == []


def test_nil_counts_of_names_that_the_start_knew_and_of_no_others(run, go_on):
    nil = marked("[Jordan|PER|NIL] met [Tin|PER|NIL].", "nil")
    start = run("start", train_on=[*DOCUMENTS, nil], epochs=1).folder
    counts = load_model(go_on(start=start).folder).linker.counts
    assert dict(counts.nil) == {"jordan": 1}


def test_without_a_base_its_own_is_linked_to(go_on, joint_folder):
    result = go_on(base=None, train_on=DOCUMENTS[:2])
    with KnowledgeBase.open(result.folder) as kb, KnowledgeBase.open(joint_folder) as own:
        assert list(kb) == list(own)
        assert kb["paris"].aliases == own["paris"].aliases  # counted once


def test_a_base_that_is_named_comes_before_its_own(go_on):
    config = {"kb": KnowledgeBaseConfig(from_training=True)}
    with KnowledgeBase.open(go_on(**config, base=None).folder) as kb:
        assert set(kb) == {"ada", "tin", "texas"}


def test_the_model_is_whole_without_the_one_it_came_from(go_on, run):
    start = run("start", epochs=1).folder
    folder = go_on(start=start).folder
    texts = [doc.text for doc in NEW]
    before = Pipeline.load(folder)(texts)
    shutil.rmtree(start)
    assert Pipeline.load(folder)(texts) == before
    assert read_info(folder).trained_on["started_from"] == str(start)


def test_a_run_that_is_killed_goes_on_to_the_same_model(go_on):
    with pytest.raises(Killed):
        go_on(training={"epochs": 3}, reporter=Killer(epoch=2))
    resumed = go_on(training={"epochs": 3}).folder
    straight = go_on("straight", training={"epochs": 3}).folder
    for name, tensor in weights(straight).items():
        torch.testing.assert_close(weights(resumed)[name], tensor, msg=name)


def test_a_run_of_another_start_is_not_gone_on_with(go_on, run):
    start = run("start", epochs=1).folder
    with pytest.raises(Killed):
        go_on(start=start, training={"epochs": 2}, reporter=Killer(epoch=1))
    run("start", epochs=2)
    with pytest.raises(
        ConfigError, match=r"base, or another model to start from\. Finish that one"
    ):
        go_on(start=start, training={"epochs": 2})


def test_options_that_weights_follow_from_are_taken_over(go_on, joint_folder):
    result = go_on(encoder={"window": 32}, tagger={"dropout": 0.3})
    old, new = (load_config(f / "config.toml") for f in (joint_folder, result.folder))
    assert new.encoder == old.encoder.model_copy(update={"window": 32})
    assert new.tagger == old.tagger.model_copy(update={"dropout": 0.3})
    assert "encoder.window = 32, there 64" in result.summary.notes[0]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        pytest.param(
            {"encoder": {"model": "other/encoder"}},
            r'encoder\.model = "other/encoder", but training starts from .*, whose weights are of '
            r"encoder\.model = .*Take the line out",
            id="another encoder",
        ),
        pytest.param({"encoder": {"shape_dim": 5}}, r"shape_dim = 5.*shape_dim = 4", id="shapes"),
        pytest.param({"encoder": {"layers": [-1, -2]}}, r"layers = \[-1, -2\]", id="layers"),
        pytest.param(
            {"tagger": {"crf": True}}, r"tagger\.crf = true.*tagger\.crf = false", id="crf"
        ),
        pytest.param({"encoder": {"freeze": True}}, r"encoder\.freeze = true, but", id="frozen"),
    ],
)
def test_options_that_the_weights_do_not_fit_are_refused(go_on, tmp_path, sections, message):
    with pytest.raises(ConfigError, match=message):
        go_on(**sections)
    assert not (tmp_path / "model").exists()


def test_the_same_options_named_again_are_no_others(go_on, encoder_dir):
    encoder = tiny_config(encoder_dir).encoder.model_dump()
    assert go_on(encoder=encoder).best_epoch == 1


def test_the_start_is_not_overwritten(go_on, run):
    start = run("start", epochs=1).folder
    with pytest.raises(ConfigError, match=r"start is the model that training starts from"):
        go_on("start", start=start)


def test_a_start_that_is_none_is_refused(go_on, tmp_path):
    with pytest.raises(StorageError, match=r"nowhere: no such folder, and not the name of"):
        go_on(start="nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match=r"empty: no nerlink\.json, so this is no nerlink model"):
        go_on(start=tmp_path / "empty")


def test_a_damaged_start_is_refused(go_on, run, tmp_path):
    start = run("start", epochs=1).folder
    (start / "heads.safetensors").write_bytes(b"torn")
    with pytest.raises(StorageError, match=r"heads\.safetensors is damaged"):
        go_on(start=start)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("tasks", [("ner",), ("nel",)], ids=str)
def test_a_head_that_the_start_lacks_begins_anew(trained, go_on, tasks):
    result = go_on(start=trained(*tasks))
    new = {"ner": "a new linker", "nel": "a new tagger"}[tasks[0]]
    assert result.summary.notes[0].endswith(new)
    assert set(load_model(result.folder).tasks) == {"ner", "nel"}


def test_a_head_that_is_not_wanted_is_left(go_on):
    result = go_on(tasks=("nel",))
    assert result.summary.notes[0].endswith("its linker, not its tagger")
    assert load_model(result.folder).tagger is None


def test_training_begins_where_a_model_without_training_stands(
    go_on, kb_path, encoder_dir, tmp_path
):
    start = Pipeline.from_kb(kb_path, encoder=encoder_dir).save(tmp_path / "untrained")
    result = go_on(start=start)
    assert result.summary.notes[0].endswith("its linker, a new tagger")
    assert load_model(result.folder).dictionary is None
    linking = go_on("linking", start=start, tasks=("nel",), base=None, train_on=DOCUMENTS)
    assert linking.pipeline("Ada Byron was late.").mentions
