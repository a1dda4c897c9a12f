import json

import pytest

from tests.experiments.conftest import EXPERIMENTS
from tests.experiments.shape import check_results


@pytest.fixture
def repository(program, encoder_dir, tmp_path, monkeypatch):
    """A repository with one experiment of an epoch, and the program that runs it."""
    run = program("run")
    monkeypatch.setattr(run.table, "ROOT", tmp_path)
    monkeypatch.setattr(run, "git", lambda *_: "0123456789abcdef")
    folder = tmp_path / "experiments" / "news"
    folder.mkdir(parents=True)
    page = (EXPERIMENTS / "tiny-news" / "README.md").read_text(encoding="utf8")
    for path in (folder, tmp_path):
        (path / "README.md").write_text(page, encoding="utf8")
    (folder / "config.toml").write_text(
        f'[[data]]\ncorpus = "tiny-news"\n[encoder]\nmodel = "{encoder_dir}"\n'
        '[training]\nepochs = 1\ndevice = "cpu"\n',
        encoding="utf8",
    )

    def main(*arguments):
        monkeypatch.setattr("sys.argv", ["run.py", "news", *arguments])
        run.main()
        return json.loads((folder / "results.json").read_text(encoding="utf8"))

    return main


def test_experiment_runs_from_its_configuration_to_its_result(repository, tmp_path):
    results = repository("--seed", "1", "--seed", "2")
    check_results(results)
    assert results["scores"]["test"]["linking.unseen"]["n"] == 2
    assert "| `ner.f1` |" in (tmp_path / "experiments" / "news" / "README.md").read_text("utf8")
    assert "[news]" in (tmp_path / "README.md").read_text("utf8")


def test_what_is_done_is_not_done_again(repository, tmp_path):
    first = repository("--seed", "3")
    stamp = (tmp_path / "runs" / "news" / "seed-3" / "run.json").stat().st_mtime_ns
    assert repository() == first
    assert (tmp_path / "runs" / "news" / "seed-3" / "run.json").stat().st_mtime_ns == stamp


def test_model_of_another_configuration_is_not_scored(repository, tmp_path):
    repository()
    path = tmp_path / "experiments" / "news" / "config.toml"
    path.write_text(path.read_text("utf8").replace("epochs = 1", "epochs = 2"), "utf8")
    with pytest.raises(Exception, match="trained with another configuration"):
        repository()
