from types import SimpleNamespace

import pytest
import typer

from nerlink.cli.train import overrides_from


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
