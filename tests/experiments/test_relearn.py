import json

import pytest

from nerlink import Pipeline
from nerlink.models.passages import TokenSpan
from tests.experiments.conftest import EXPERIMENTS


@pytest.fixture
def relearn(program):
    return program("relearn")


@pytest.fixture
def linker(joint_folder):
    return Pipeline.load(joint_folder).model.linker


def test_in_a_batch_the_entities_of_others_are_the_negatives(relearn, linker):
    spans = [TokenSpan(0, 1, "LOC", entity) for entity in ("paris", "ada", "NIL", "paris")]
    found = linker.lookup(["Paris", "Ada Byron", "Otto Nix", "Paris"])
    sets, targets = relearn._in_batch(linker, spans, found)
    meant = [one.entities[t - 1] if t else "NIL" for one, (t,) in zip(sets, targets, strict=True)]
    assert meant == [span.entity for span in spans]
    assert [set(one.entities) for one in sets] == [{"paris", "ada"}] * 4
    assert [one.surface for one in sets] == [one.surface for one in found]


def test_lists_without_the_gold_entity_stay_as_they_are(relearn, linker):
    spans = [TokenSpan(0, 1, "LOC", entity) for entity in ("paris-texas", "acme")]
    found = linker.lookup(["Paris", "Paris"])
    sets, ((there,), (missing,)) = relearn._only_listed(linker, spans, found)
    assert sets == found
    assert found[0].entities[there - 1] == "paris-texas"
    assert missing == 0


def test_every_part_is_learnt_without_and_the_table_written(
    relearn, encoder_dir, tmp_path, monkeypatch
):
    monkeypatch.setattr(relearn.table, "ROOT", tmp_path)
    monkeypatch.setattr(relearn.run, "git", lambda *_: "0123456789abcdef")
    monkeypatch.setattr(relearn, "MEASURES", ("ner.f1", "linking.disambiguation"))
    folder = tmp_path / "experiments" / "news"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        f'[[data]]\ncorpus = "tiny-news"\nlimit = 3\n[encoder]\nmodel = "{encoder_dir}"\n'
        '[training]\nepochs = 1\ndevice = "cpu"\n',
        encoding="utf8",
    )
    page = (EXPERIMENTS / "tiny-news" / "README.md").read_text(encoding="utf8")
    for path in (folder, tmp_path):
        (path / "README.md").write_text(page, encoding="utf8")
    (folder / "results.json").write_text(
        (EXPERIMENTS / "tiny-news" / "results.json").read_text("utf8"), encoding="utf8"
    )
    monkeypatch.setattr("sys.argv", ["relearn.py", "news"])
    relearn.main()
    result = json.loads((folder / "relearnt.json").read_text("utf8"))
    assert (result["seeds"], result["scores"].keys()) == ([1], relearn.PARTS.keys())
    found = [scores["linking.disambiguation"]["mean"] for scores in result["scores"].values()]
    assert all(0 <= each <= 1 for each in found)
    text = (folder / "README.md").read_text("utf8")
    assert "| annotated NIL not learnt | " in text
    assert (tmp_path / "runs" / "news" / "seed-1" / "run.json").is_file(), "shared with run.py"


def test_parts_differ_from_the_whole_and_from_each_other(relearn):
    parts = list(relearn.PARTS.values())
    assert parts[0] == relearn.Part()
    assert len({repr(part) for part in parts}) == len(parts)
