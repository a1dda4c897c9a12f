import json

import pytest

from nerlink.sources import write
from tests.world import DOCUMENTS


@pytest.fixture
def texts(tmp_path):
    write(DOCUMENTS, tmp_path / "texts.jsonl")
    return tmp_path / "texts.jsonl"


def test_documents_come_with_mentions_and_why_they_were_chosen(run, joint_folder, texts, tmp_path):
    ask = tmp_path / "ask.jsonl"
    result = run("select", joint_folder, texts, "--n", "3", "--output", ask)
    records = [json.loads(line) for line in ask.read_text("utf8").splitlines()]
    assert (result.code, result.out, len(records)) == (0, "", 3)
    assert [record["complete"] for record in records] == [False] * 3
    assert [record["meta"]["selection"]["rank"] for record in records] == [1, 2, 3]
    assert "10 documents in " in result.err


def test_annotated_documents_are_left_out_and_said(run, joint_folder, texts, tmp_path):
    write(DOCUMENTS[:4], tmp_path / "a.jsonl")
    write(DOCUMENTS[4:8], tmp_path / "b.jsonl")
    exclude = ("--exclude", tmp_path / "a.jsonl", "--exclude", tmp_path / "b.jsonl")
    result = run("select", joint_folder, texts, *exclude)
    assert {record["id"] for record in result.records} == {"doc-8", "doc-9"}
    assert "left out of 10 documents: 8 documents annotated before" in result.err
    assert "2 documents to choose from, not 50." in result.err


def test_standard_input_is_text(run, joint_folder):
    result = run("select", joint_folder, "--n", "1", stdin="Jordan threw the ball.")
    assert result.records[0]["text"] == "Jordan threw the ball."


def test_random_is_chosen_by_its_seed(run, joint_folder, texts):
    arguments = ("select", joint_folder, texts, "--n", "4", "--strategy", "random", "--seed")
    chosen = [
        [record["id"] for record in run(*arguments, seed).records] for seed in ("1", "1", "2")
    ]
    assert chosen[0] == chosen[1] != chosen[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--n", "0"), "--n"),
        (("--strategy", "best"), "uncertain"),
        (("--exclude", "none.jsonl"), "none.jsonl: no such file"),
        (("--from", "jsonll"), "jsonll"),
    ],
    ids=["n", "strategy", "exclude", "format"],
)
def test_wrong_options_are_named(run, joint_folder, texts, arguments, words):
    result = run("select", joint_folder, texts, *arguments)
    assert result.code in (1, 2)
    assert words in result.err


def test_a_model_that_only_links_asks_for_mentions(run, trained):
    result = run("select", trained("nel"), stdin="Jordan threw the ball.")
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("nerlink: this model links given mentions only")


def test_a_file_that_is_read_is_not_written_over(run, texts, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_bytes(texts.read_bytes())
    for output in (texts, gold):
        result = run("select", "model", texts, "--exclude", gold, "--output", output)
        assert (result.code, "is named twice" in result.err) == (1, True)
    assert gold.read_bytes() == texts.read_bytes() != b""
