from dataclasses import replace

import pytest
import torch

from nerlink.data import Document
from nerlink.evaluation import evaluate
from nerlink.models.annotate import annotate_documents
from nerlink.models.storage.model import load_model
from nerlink.training.calibrate import best_threshold, calibrate
from tests.world import DOCUMENTS, SILVER


@pytest.fixture
def model(joint_folder):
    return load_model(joint_folder)


def scores(model) -> dict[str, float]:
    return dict(evaluate(DOCUMENTS, annotate_documents(model, DOCUMENTS)).scores)


def test_without_documents_nothing_is_fitted(model):
    before = model.linker.second_look.weights.clone()
    calibrate(model, [])
    assert torch.equal(model.linker.second_look.weights, before)
    assert model.tagger.temperature == 1


def test_incomplete_documents_fit_nothing(model):
    before = model.linker.second_look.weights.clone()
    calibrate(model, SILVER)
    assert torch.equal(model.linker.second_look.weights, before)
    assert (model.tagger.temperature, model.tagger.confidence.tolist()) == (1, [1.0, 0.0])


def test_a_model_that_is_too_sure_is_made_less_sure(model, monkeypatch):
    linker, tagger = model.linker, model.tagger
    noise = torch.Generator().manual_seed(0)
    score, tag = linker.score, tagger.score

    def shake(values):
        return 9 * (values + 9 * torch.randn(values.shape, generator=noise))

    monkeypatch.setattr(linker, "score", lambda *a: shake(score(*a)))
    monkeypatch.setattr(tagger, "score", lambda *a: shake(tag(*a)))
    calibrate(model, DOCUMENTS)
    assert (linker.second_look.weights[:, 0] < 0.5).all()
    assert tagger.temperature > 2


def test_probabilities_of_mentions_come_to_say_how_many_are_right(model):
    gold = [replace(doc, mentions=doc.mentions[::2]) for doc in DOCUMENTS]

    def mean_score() -> float:
        found = [m for doc in annotate_documents(model, gold) for m in doc.mentions]
        return sum(m.score for m in found) / len(found)

    calibrate(model, gold)
    precision = evaluate(gold, annotate_documents(model, gold)).scores["ner.precision"]
    assert precision < 0.9
    assert mean_score() == pytest.approx(precision, abs=0.1)
    calibrate(model, DOCUMENTS)
    assert mean_score() > 0.9


def test_mentions_without_a_label_say_nothing_of_those_found(model):
    """They are not known to be wrong; `evaluate` leaves them out, too."""
    first_unknown = [
        replace(doc, mentions=(replace(doc.mentions[0], label=None), *doc.mentions[1:]))
        if len(doc.mentions) > 1
        else doc
        for doc in DOCUMENTS
    ]
    assert first_unknown != DOCUMENTS
    calibrate(model, first_unknown)
    found = [m for doc in annotate_documents(model, DOCUMENTS) for m in doc.mentions]
    assert sum(m.score for m in found) / len(found) > 0.9


def test_what_is_fitted_does_not_hurt_where_it_was_fitted(model):
    before = scores(model)
    calibrate(model, DOCUMENTS)
    assert scores(model)["linking.inkb.f1"] >= before["linking.inkb.f1"]


def test_a_target_gives_a_threshold(model):
    model.linker.config = model.linker.config.model_copy(update={"target": "f1"})
    calibrate(model, DOCUMENTS)
    assert 0 < model.linker.config.threshold <= 1
    assert model.config.linker.threshold == model.linker.config.threshold


@pytest.mark.parametrize(
    ("target", "expected"), [("f1", 0.3), (1.0, 0.9), (0.7, 0.3), (0.5, 0.1), (0.99, 0.9)]
)
def test_a_threshold_reaches_its_target(target, expected):
    probabilities, is_right = [0.1, 0.9, 0.6, 0.8, 0.3], [False, True, True, False, True]
    assert best_threshold(probabilities, is_right, n_gold=4, target=target) == expected


def test_a_precision_out_of_reach_gives_the_highest_there_is():
    assert best_threshold([0.9, 0.8], [False, True], n_gold=2, target=0.9) == 0.8


def test_links_of_equal_probability_are_kept_together():
    probabilities, is_right = [1.0, 1.0, 0.9, 0.8], [True, False, True, False]
    assert best_threshold(probabilities, is_right, n_gold=3, target=0.9) == 0.9
    assert best_threshold([1.0, 1.0], [True, False], n_gold=3, target="f1") == 1.0


@pytest.mark.parametrize("documents", [[], [Document(text="...")]])
def test_without_links_to_score_the_threshold_stays(model, documents):
    model.linker.config = model.linker.config.model_copy(update={"target": 0.95, "threshold": 0.4})
    calibrate(model, documents)
    assert model.linker.config.threshold == 0.4


def test_documents_without_links_say_nothing_of_a_threshold(model):
    """Their mentions are not known to be wrong; `evaluate` leaves them out, too."""
    model.linker.config = model.linker.config.model_copy(update={"target": "f1"})
    calibrate(model, DOCUMENTS)
    expected = model.linker.config.threshold
    bare = [
        replace(doc, id=None, mentions=tuple(replace(m, entity=None) for m in doc.mentions))
        for doc in DOCUMENTS
    ]
    calibrate(model, [*DOCUMENTS, *(doc for doc in bare if doc.mentions)])
    assert model.linker.config.threshold == expected
    model.linker.config = model.linker.config.model_copy(update={"threshold": 0.4})
    calibrate(model, bare)
    assert model.linker.config.threshold == 0.4
