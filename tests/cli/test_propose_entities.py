import csv
import shutil

import pytest

from nerlink.sources import write
from tests.world import DOCUMENTS


@pytest.fixture
def texts(tmp_path):
    write(DOCUMENTS, tmp_path / "texts.jsonl")
    return tmp_path / "texts.jsonl"


def test_the_base_takes_what_is_proposed_and_the_model_links_to_it(
    run, joint_folder, texts, tmp_path
):
    model = shutil.copytree(joint_folder, tmp_path / "model")
    new = tmp_path / "new.csv"
    result = run("propose-entities", model, texts, "--output", new)
    assert (result.code, result.out) == (0, "")
    assert "1 entity proposed, of 2 that are NIL among 20 mentions in 10 documents." in result.err
    (row,) = csv.DictReader(new.read_text("utf8").splitlines())
    assert (row["id"], row["type"], row["n_documents"]) == ("new-otto-nix", "PER", "2")
    added = run("kb", "add", model, new)
    assert (added.code, "1 added, now 8 entities" in added.err) == (0, True)
    assert run("kb", "show", model, "new-otto-nix").records[0]["name"] == "Otto Nix"
    again = run("propose-entities", model, texts, "--output", new)
    assert again.code == 0


def test_an_empty_table_is_still_one(run, joint_folder, tmp_path):
    new = tmp_path / "new.csv"
    result = run("propose-entities", joint_folder, "--output", new, stdin="Nobody came.")
    assert result.code == 0
    assert "no mention" in result.err
    assert new.read_text("utf8").startswith("id,name,type,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--min-count", "0"), "--min-count"),
        (("--output", "new.xlsx"), "new.xlsx: proposed entities are written as CSV"),
        (("--threshold", "2"), "--threshold"),
        (("--from", "csvv"), "csvv"),
    ],
    ids=["count", "ending", "threshold", "format"],
)
def test_wrong_options_are_named(run, joint_folder, texts, arguments, words):
    result = run("propose-entities", joint_folder, texts, *arguments)
    assert result.code in (1, 2)
    assert words in result.err


def test_a_model_that_does_not_link_is_refused(run, trained, texts):
    result = run("propose-entities", trained("ner"), texts)
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("nerlink: this model finds mentions only")


def test_a_file_that_is_read_is_not_written_over(run, tmp_path):
    texts = tmp_path / "texts.csv"
    texts.write_text("text\nAda met Bea.\n")
    result = run("propose-entities", "model", texts, "--output", texts)
    assert (result.code, "is named twice" in result.err) == (1, True)
    assert texts.read_text() == "text\nAda met Bea.\n"
