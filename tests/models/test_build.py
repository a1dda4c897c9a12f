import pytest

from nerlink.config import KnowledgeBaseConfig
from nerlink.models.build import build_model, candidate_generator
from nerlink.models.encoder.embeddings import WindowEmbeddings
from tests.world import tiny_config


@pytest.mark.parametrize(
    ("tasks", "heads"),
    [
        pytest.param(("ner",), (True, False), id="ner"),
        pytest.param(("nel",), (False, True), id="nel"),
        pytest.param(("ner", "nel"), (True, True), id="joint"),
    ],
)
def test_tasks_decide_which_heads_there_are(encoder_dir, kb, tasks, heads):
    config = tiny_config(encoder_dir, tasks=tasks)
    model = build_model(config, WindowEmbeddings(config.encoder), labels=["LOC"], kb=kb)
    assert (model.tagger is not None, model.linker is not None) == heads
    assert set(model.tasks) == set(tasks)


def test_the_loss_weights_are_those_of_the_configuration(encoder_dir, kb):
    config = tiny_config(encoder_dir, tagger={"loss_weight": 0.3}, linker={"loss_weight": 2.0})
    model = build_model(config, WindowEmbeddings(config.encoder), labels=["LOC"], kb=kb)
    assert model.loss_factors == {"ner": 0.3, "nel": 2.0}


def test_surfaces_are_looked_up_whatever_their_case(kb):
    found = candidate_generator(kb, KnowledgeBaseConfig()).candidates("PARIS")
    assert [candidate.entity for candidate in found] == ["paris", "paris-texas"]


def test_short_lists_are_filled_up_with_parts_of_names(kb):
    assert candidate_generator(kb, KnowledgeBaseConfig()).get_candidates("Mike") == {"player"}
    none = candidate_generator(kb, KnowledgeBaseConfig(fill=()))
    assert none.get_candidates("Mike") == set()


def test_the_configuration_says_who_is_asked_for_candidates(encoder_dir, kb):
    config = tiny_config(encoder_dir, kb={"candidates": ("exact", "acronym"), "fill": ()})
    model = build_model(config, WindowEmbeddings(config.encoder), labels=["LOC"], kb=kb)
    assert model.linker.lookup(["AB"])[0].entities == ("ada",)
    assert model.linker.lookup(["paris"])[0].entities == ()
