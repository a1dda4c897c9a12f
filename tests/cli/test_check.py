import json
import shutil

import pytest

from nerlink.corpora import find_corpus
from nerlink.sources import write
from tests.cli.conftest import GOLD, write_lines
from tests.world import DOCUMENTS, marked


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.jsonl"
    write(DOCUMENTS, path)
    return path


def test_counts_and_findings_are_shown(run, train):
    result = run("check", train)
    assert result.code == 0
    assert "documents          10         20       18     2" in result.out
    assert "surface with several labels: 1 surface." in result.out
    assert "Jordan" in result.out
    assert "10 documents in" in result.err


def test_strict_is_an_exit_code_for_what_is_wrong_and_not_for_what_may_be_right(run, tmp_path):
    labels = [marked("[Oslo|LOC|] won."), marked("We love [Oslo|ORG|]."), marked("Nobody came.")]
    write(labels, tmp_path / "labels.jsonl")
    result = run("check", tmp_path / "labels.jsonl", "--strict")
    assert result.code == 0
    assert "Fishy in 2 ways, 2 of which may be right as they are." in result.out
    write([marked("[Oslo |LOC|]won.")], tmp_path / "space.jsonl")
    assert run("check", tmp_path / "space.jsonl", "--strict").code == 1


def test_splits_and_a_base_are_compared(run, train, gold, kb_path):
    result = run("check", train, "--dev", gold, "--test", train, "--kb", kb_path, "--json")
    record = json.loads(result.out)
    assert [split["name"] for split in record["splits"]] == ["train", "dev", "test"]
    counts = {found["kind"]: found["count"] for found in record["findings"]}
    assert counts["document in several splits"] == 10
    assert counts["link that the base lacks"] == 2
    assert record["reach"][-1]["generator"] == "all as a model"


def test_a_page_is_written_with_the_names_of_the_base(run, train, kb_path, tmp_path):
    result = run("check", train, "--kb", kb_path, "--html", tmp_path / "page.html")
    assert result.code == 0
    page = (tmp_path / "page.html").read_text()
    assert "<title>Check of train</title>" in page
    assert 'data-link="Mike Jordan"' in page


def test_a_corpus_is_checked_by_name_folder_or_card(run, tmp_path):
    folder = shutil.copytree(find_corpus("tiny-news"), tmp_path / "news")
    outputs = [run("check", data).out for data in ("tiny-news", folder, folder / "card.toml")]
    assert outputs[0] == outputs[1] == outputs[2]
    assert "all as a model" in outputs[0]


@pytest.mark.parametrize("base", ['tables = ["towns.csv"]', "from_training = true"])
def test_the_data_of_a_configuration_are_checked_against_its_base(run, towns, gold, base):
    config = gold.parent / "config.toml"
    config.write_text(f'[[data]]\ntrain = "gold.jsonl"\ndev = "gold.jsonl"\n[kb]\n{base}\n')
    result = run("check", config, "--json")
    record = json.loads(result.out)
    assert [split["name"] for split in record["splits"]] == ["train", "dev"]
    kinds = {found["kind"]: found["count"] for found in record["findings"]}
    assert kinds.pop("document in several splits") == 1
    assert kinds == ({"link that the base lacks": 2} if "tables" in base else {})
    assert record["reach"][0]["mentions"] > 0


def test_a_configuration_without_a_base_is_checked_without_one(run, gold):
    config = gold.parent / "config.toml"
    config.write_text('[[data]]\ntrain = "gold.jsonl"\n')
    assert json.loads(run("check", config, "--json").out)["reach"] == []


def test_a_configuration_says_what_its_splits_are(run, gold):
    config = gold.parent / "config.toml"
    config.write_text('[[data]]\ntrain = "gold.jsonl"\n')
    result = run("check", config, "--dev", gold)
    assert (result.code, "says what its splits are" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("data", "message"),
    [("none.jsonl", "none.jsonl"), ("tiny-nws", "Did you mean 'tiny-news'?")],
)
def test_data_that_are_not_there_are_named(run, data, message):
    result = run("check", data)
    assert result.code == 1
    assert message in result.err


def test_a_pattern_of_files_is_no_name_of_a_corpus(run, gold, monkeypatch):
    monkeypatch.chdir(gold.parent)
    (gold.parent / "parts").mkdir()
    gold.rename(gold.parent / "parts" / "one.jsonl")
    for data in ("parts", "parts/*", "p*/*.jsonl"):
        record = json.loads(run("check", data, "--json").out)
        assert record["splits"][0]["mentions"] == 3


def test_bad_documents_are_left_out_on_request(run, tmp_path):
    bad = write_lines(tmp_path / "bad.jsonl", GOLD, {"id": "no-text"})
    assert run("check", bad).code == 1
    assert run("check", bad, "--skip-invalid").code == 0
