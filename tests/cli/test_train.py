from types import SimpleNamespace

import pytest
import typer

from nerlink.cli.train import overrides_from
from nerlink.models.storage.model import read_info
from nerlink.sources import read, write
from tests.world import DOCUMENTS, SILVER


def test_options_become_overrides():
    arguments = ["--seed", "3", "--training.device=cpu", "--kb.path", "--output.sqlite"]
    assert overrides_from(arguments) == {
        "seed": "3",
        "training.device": "cpu",
        "kb.path": "--output.sqlite",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["3"], "'3' belongs to no option", id="value alone"),
        pytest.param(["--seed"], "--seed needs a value", id="option alone"),
    ],
)
def test_half_an_option_is_refused(arguments, message):
    with pytest.raises(typer.BadParameter, match=message):
        overrides_from(arguments)


@pytest.mark.parametrize(("rank", "n_records"), [("0", 1), ("1", 0)])
def test_one_process_of_several_writes_the_result(run, tmp_path, monkeypatch, rank, n_records):
    result = SimpleNamespace(best_epoch=1, scores={"ner.f1": 0.5})
    monkeypatch.setattr("nerlink.training.train", lambda *_, **__: result)
    monkeypatch.setenv("RANK", rank)
    (tmp_path / "run.toml").write_text("", encoding="utf8")
    assert len(run("train", tmp_path / "run.toml", "-o", tmp_path).records) == n_records


def test_misspelt_key_is_told_before_anything_heavy_starts(run, tmp_path):
    (tmp_path / "run.toml").write_text("", encoding="utf8")
    result = run("train", tmp_path / "run.toml", "--output", tmp_path, "--training.epoch", "3")
    assert result.code == 1
    assert result.err.endswith("did you mean training.epochs?\n")


def test_nothing_to_train_on_and_nothing_to_link_to_are_said_at_once(run, tmp_path):
    none = run("train", "--output", tmp_path / "m")
    assert none.code == 2
    assert "name a CONFIG.toml" in none.err
    baseless = run("train", "--silver", "silver.jsonl", "--output", tmp_path / "m")
    assert baseless.code == 2
    assert "--silver needs --kb KB" in baseless.err
    (tmp_path / "run.toml").write_text("", encoding="utf8")
    for option in (["--rounds", "2"], ["--keep-silver", "kept.jsonl"]):
        alone = run("train", tmp_path / "run.toml", *option, "-o", tmp_path / "m")
        assert alone.code == 2
        assert "go with --silver" in alone.err


def test_the_value_of_a_key_is_not_taken_for_the_configuration(run, tmp_path):
    result = run("train", "--silver", "no.jsonl", "--seed", "x", "-o", tmp_path / "m", "--kb", "k")
    assert result.code == 1
    assert "seed" in result.err
    last = run("train", "--silver", "no.jsonl", "-o", tmp_path / "m", "--kb", "k", "--seed")
    assert "--seed needs a value" in last.err
    (tmp_path / "run.toml").write_text("", encoding="utf8")
    first = run("train", "--training.epoch", "3", tmp_path / "run.toml", "-o", tmp_path / "m")
    assert first.err.endswith("did you mean training.epochs?\n")
    two = run("train", tmp_path / "run.toml", "other.toml", "-o", tmp_path / "m")
    assert "'other.toml' belongs to no option" in two.err


@pytest.fixture
def small(encoder_dir):
    """Options of a training that takes no time."""
    options = {
        "encoder.model": encoder_dir,
        "encoder.window": 64,
        "tagger.hidden": 0,
        "training.epochs": 1,
        "training.device": "cpu",
    }
    return [word for key, value in options.items() for word in (f"--{key}", value)]


def test_a_model_is_trained_without_a_configuration(run, small, kb_path, tmp_path):
    write(SILVER, tmp_path / "silver.jsonl")
    write(DOCUMENTS, tmp_path / "gold.jsonl")
    options = ["--silver", tmp_path / "silver.jsonl", "--kb", kb_path, "--keep-silver"]
    kept = tmp_path / "kept.jsonl"
    result = run(
        *("train", *options, kept, "--rounds", "1", "--dev", tmp_path / "gold.jsonl"),
        *("-o", tmp_path / "m0", *small),
    )
    assert result.code == 0, result.err
    (told,) = result.records
    assert "ner.f1" in told["scores"]
    assert told["rounds"][0]["n_documents"] == len(read(kept)) == 10
    assert "training.patience = 1" in result.err
    assert "training.epochs = 5" not in result.err, "which was named"


def test_silver_documents_are_learnt_from_beside_those_of_a_configuration(
    run, small, kb_path, tmp_path
):
    write(SILVER[4:], tmp_path / "silver.jsonl")
    write(DOCUMENTS[:4], tmp_path / "gold.jsonl")
    config = tmp_path / "run.toml"
    config.write_text('[[data]]\ntrain = "gold.jsonl"\ndev = "gold.jsonl"\n', encoding="utf8")
    options = ["--silver", tmp_path / "silver.jsonl", "--kb", kb_path, "--rounds", "0"]
    result = run("train", config, *options, "-o", tmp_path / "m0", *small)
    assert result.code == 0, result.err
    assert "6 of 10 documents incomplete" in result.err
    assert read_info(tmp_path / "m0").trained_on["silver"] == {"documents": 6, "rounds": []}


def test_base_and_dev_documents_of_the_command_line_stand_in_place_of_the_configurations(
    run, small, kb_path, tmp_path
):
    write(DOCUMENTS, tmp_path / "gold.jsonl")
    (tmp_path / "run.toml").write_text('[[data]]\ntrain = "gold.jsonl"\n', encoding="utf8")
    options = ["--kb", kb_path, "--dev", tmp_path / "gold.jsonl", "-o", tmp_path / "m"]
    result = run("train", tmp_path / "run.toml", *options, *small)
    assert result.code == 0, result.err
    assert "linking.inkb.f1" in result.records[0]["scores"]
