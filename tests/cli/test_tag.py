import dataclasses

import pytest

from nerlink.data import Mention


class Tagger:
    """A pipeline that finds the first word of every text."""

    def stream(self, documents, *, link_only):
        for doc in documents:
            found = (Mention(start=0, end=doc.text.index(" "), label="PER"),)
            linked = tuple(dataclasses.replace(m, entity="Q1") for m in doc.mentions)
            yield dataclasses.replace(doc, mentions=linked if link_only else found)


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    """The options that models were loaded with."""
    calls = []

    def load(model, **options):
        calls.append((str(model), options))
        return Tagger()

    monkeypatch.setattr("nerlink.cli.tag.load_pipeline", load)
    return calls


def test_standard_input_is_text_and_standard_output_json_lines(run):
    result = run("tag", "model", stdin="Ada met Charles.")
    assert result.records[0]["mentions"] == [{"start": 0, "end": 3, "label": "PER"}]
    assert result.err.startswith("1 document in ")


def test_files_go_in_and_out_in_any_format(run, gold, tmp_path):
    result = run("tag", "model", gold, "--output", tmp_path / "tagged.csv")
    assert (result.code, result.out) == (0, "")
    assert "doc-1" in (tmp_path / "tagged.csv").read_text(encoding="utf8")


def test_given_mentions_can_be_kept_and_linked(run, gold):
    record = run("tag", "model", gold, "--link-only").records[0]
    assert [m["entity"] for m in record["mentions"]] == ["Q1", "Q1", "Q1"]


def test_having_no_mentions_to_link_is_told(run, gold):
    assert (
        "no document has a mention" in run("tag", "model", "--link-only", stdin="Bea met Ada").err
    )
    assert "no document has a mention" not in run("tag", "model", gold, "--link-only").err


def test_options_of_the_model_are_passed_on(run, loaded):
    run("tag", "model", "--threshold", "0.5", "--top-k", "3", "--device", "cpu", stdin="A b")
    options = {"threshold": 0.5, "top_k": 3, "device": "cpu", "precision": "auto"}
    assert loaded == [("model", options)]


@pytest.mark.parametrize("option", ["--to", "--format"])
def test_groups_of_transformers_can_be_had(run, option):
    result = run("tag", "model", option, "hf", stdin="Ada met Charles.")
    group = {"entity_group": "PER", "score": None, "word": "Ada", "start": 0, "end": 3}
    assert result.records == [[group]]


def test_help_shows_how_to_get_the_groups_of_transformers(run):
    words = " ".join(run("tag", "--help").out.split())
    assert "nerlink tag model mine.txt --to hf" in words
