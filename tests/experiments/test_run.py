import json
import re

import pytest

from nerlink.config import Config
from nerlink.corpora import load_split
from nerlink.sources import read
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


def test_what_a_model_said_is_written_beside_it(repository, tmp_path):
    repository("--seed", "1")
    folder = tmp_path / "runs" / "news" / "seed-1"
    assert (folder / "labels.txt").read_text("utf8").split() == ["LOC", "MISC", "ORG", "PER"]
    for split in ("dev", "test"):
        gold, found = (
            load_split("tiny-news", split),
            read(folder / "predictions" / f"{split}.jsonl"),
        )
        assert [(doc.id, doc.text) for doc in found] == [(doc.id, doc.text) for doc in gold]
        report = (folder / "predictions" / f"{split}.txt").read_text("utf8")
        assert "Named-entity recognition (strict)" in report
        assert re.search(r"^ *B-PER .*\n *I-PER ", report, flags=re.MULTILINE), "by token"
        assert "On gold mentions" in report
        table = (folder / "predictions" / f"{split}.conll").read_text("utf8").splitlines()
        assert {line.count("\t") for line in table if line} == {4}


def test_scores_after_each_epoch_are_kept(repository, tmp_path):
    repository("--seed", "1")
    record = json.loads((tmp_path / "runs" / "news" / "seed-1" / "run.json").read_text("utf8"))
    measures = {"ner.precision", "ner.recall", "ner.f1", "tokens.accuracy"}
    assert [measures <= set(epoch["scores"]) for epoch in record["history"]] == [True]
    assert record["scores"]["dev"].keys() >= measures


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


@pytest.mark.parametrize(
    ("target", "fitted", "is_same"),
    [("f1", 0.4, True), (0.95, 0.9, True), (None, 0.4, False), (None, None, True)],
)
def test_a_fitted_threshold_is_no_other_configuration(program, target, fitted, is_same):
    as_asked = program("run").as_asked
    asked = Config(data=[{"corpus": "news"}], linker={"target": target})
    linker = asked.linker.model_copy(update={"threshold": fitted})
    saved = asked.model_copy(update={"linker": linker})
    assert (as_asked(saved) == as_asked(asked)) == is_same
