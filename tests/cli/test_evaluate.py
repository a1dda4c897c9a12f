import json

import pytest


def test_report_is_a_table(run, gold, predicted):
    result = run("evaluate", gold, predicted)
    assert result.code == 0
    assert "F1" in result.out or "f1" in result.out


def test_report_can_be_json(run, gold, predicted):
    scores = json.loads(run("evaluate", gold, predicted, "--json").out)["scores"]
    assert scores["ner.f1"] == 1
    assert scores["linking.inkb.f1"] == pytest.approx(0.5)


def test_training_documents_tell_which_entities_were_seen(run, gold, predicted):
    report = json.loads(run("evaluate", gold, predicted, "--train", gold, "--json").out)
    assert any("seen" in name for name in report["scores"] | report["tables"])


def test_predictions_or_a_model_are_needed(run, gold, predicted):
    assert run("evaluate", gold).code == 2
    assert run("evaluate", gold, predicted, "--model", "any").code == 2
