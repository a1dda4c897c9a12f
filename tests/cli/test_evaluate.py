import json
from dataclasses import replace

import pytest

from nerlink.errors import DataError
from nerlink.sources import write
from tests.world import DOCUMENTS


def test_report_is_a_table(run, gold, predicted):
    result = run("evaluate", gold, predicted)
    assert result.code == 0
    rows = [" ".join(line.split()) for line in result.out.splitlines()]
    assert "InKB, strong, micro 50.00 50.00 50.00" in rows


def test_nothing_to_score_is_told(run, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    result = run("evaluate", tmp_path / "empty.jsonl", tmp_path / "empty.jsonl")
    assert (result.code, "holds no documents" in result.err) == (1, True)


def test_a_model_that_is_not_there_is_told(run, gold, tmp_path):
    result = run("evaluate", gold, "--model", tmp_path / "none")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "no such folder" in result.err
    assert "Train a model first" in result.err


def test_gold_documents_that_are_not_annotated_throughout_are_told(run, predicted, tmp_path):
    docs = [replace(doc, complete=False) for doc in DOCUMENTS]
    write(docs, tmp_path / "silver.jsonl")
    result = run("evaluate", tmp_path / "silver.jsonl", tmp_path / "silver.jsonl")
    assert result.code == 0
    assert "10 of 10 gold documents incomplete" in " ".join(result.err.split())


def test_report_can_be_json(run, gold, predicted):
    scores = json.loads(run("evaluate", gold, predicted, "--json").out)["scores"]
    assert scores["ner.f1"] == 1
    assert scores["linking.inkb.f1"] == pytest.approx(0.5)


def test_a_report_says_how_sure_its_scores_are(run, gold, predicted):
    report = json.loads(run("evaluate", gold, predicted, "--json").out)
    table = report["tables"]["intervals"]
    rows = {name: (low, score, high) for name, score, low, high in table["rows"]}
    assert rows.keys() >= {"ner.f1", "linking.inkb.f1"}
    assert all(low <= score <= high for low, score, high in rows.values())
    assert "Confidence intervals" in run("evaluate", gold, predicted).out


def test_training_documents_tell_which_entities_were_seen(run, gold, predicted):
    report = json.loads(run("evaluate", gold, predicted, "--train", gold, "--json").out)
    assert any("seen" in name for name in report["scores"] | report["tables"])


def test_predictions_or_a_model_are_needed(run, gold, predicted):
    assert run("evaluate", gold).code == 2
    assert run("evaluate", gold, predicted, "--model", "any").code == 2


def test_mistakes_are_told_by_kind(run, gold, predicted):
    report = json.loads(run("evaluate", gold, predicted, "--mistakes", "--json").out)
    (row,) = report["tables"]["mistakes"]["rows"]
    assert row[1:3] == [1, 1.0]
    assert "London" in row[3]


def test_mistakes_are_a_page_with_the_names_of_a_base(run, gold, predicted, towns, tmp_path):
    base, page = tmp_path / "towns.sqlite", tmp_path / "page.html"
    assert run("kb", "build", towns, "--output", base).code == 0
    result = run("evaluate", gold, predicted, "--mistakes", "--kb", base, "--html", page)
    assert (result.code, "London (Q84 London, not Q92561 London)" in result.out) == (0, True)
    text = page.read_text("utf8")
    assert "Q92561" in text
    assert (
        "1 mistake of 1 kind · ner.f1 100.00 · mentions.f1 100.00 · linking.inkb.f1 50.00" in text
    )
    assert ">London<" in text


def test_mistakes_of_a_model_show_what_scores_add_up_from(run, joint_folder, tmp_path):
    documents = [replace(doc, mentions=tuple(map(to_london, doc.mentions))) for doc in DOCUMENTS]
    gold, page = tmp_path / "gold.jsonl", tmp_path / "page.html"
    write(documents, gold)
    result = run("evaluate", gold, "--model", joint_folder, "--mistakes", "--html", page)
    assert result.code == 0, result.err
    assert "closeness of its text" in page.read_text("utf8")


def to_london(mention):
    return replace(mention, entity="london") if mention.entity == "paris" else mention


def test_a_model_knows_which_entities_it_has_seen(run, joint_folder, tmp_path):
    gold = tmp_path / "gold.jsonl"
    write(DOCUMENTS, gold)
    report = json.loads(run("evaluate", gold, "--model", joint_folder, "--json").out)
    assert {row[0] for row in report["tables"]["linking.seen"]["rows"]} <= {"1", "2-10"}
    other = run("evaluate", gold, "--model", joint_folder, "--train", gold, "--json").out
    assert "linking.seen" in json.loads(other)["tables"]


def test_mistakes_of_links_alone_are_links(run, gold, predicted, tmp_path):
    missed = tmp_path / "missed.jsonl"
    write([replace(doc, mentions=doc.mentions[:1]) for doc in DOCUMENTS], missed)
    write(DOCUMENTS, gold)
    for options, has_missed in (((), True), (("--link-only",), False)):
        out = run("evaluate", gold, missed, "--mistakes", "--json", *options).out
        rows = json.loads(out)["tables"].get("mistakes", {"rows": []})["rows"]
        assert ("missed mention" in {row[0] for row in rows}) == has_missed


def test_a_report_is_a_page_too(run, gold, predicted, tmp_path):
    assert run("evaluate", gold, predicted, "--html", tmp_path / "page.html").code == 0
    assert "Linking, end to end" in (tmp_path / "page.html").read_text("utf8")


def test_two_predictions_are_compared(run, gold, predicted):
    result = run("evaluate", gold, predicted, gold)
    assert result.code == 0
    assert "linking.inkb.f1" in result.out
    assert run("evaluate", gold, predicted, gold, "--json").code == 2


def test_names_are_for_mistakes(run, gold, predicted, tmp_path):
    for options in ((), ("--mistakes", gold)):
        assert run("evaluate", gold, predicted, *options, "--kb", tmp_path / "no.sqlite").code in (
            1,
            2,
        )


def test_gold_and_predicted_documents_have_their_own_format_and_columns(run, gold, tmp_path):
    predicted, body = tmp_path / "predicted.txt", tmp_path / "body.txt"
    write(DOCUMENTS, gold)
    write(DOCUMENTS, predicted, format="csv")
    body.write_text(predicted.read_text("utf8").replace("text", "body", 1), "utf8")
    read = ("--predicted-from", "csv", "--predicted-read", 'columns={text="body"}')
    own = run("evaluate", gold, body, *read, "--json")
    assert own.code == 0, own.err
    assert own.out == run("evaluate", gold, predicted, "--predicted-from", "csv", "--json").out
    swapped = [option.replace("predicted", "gold") for option in read]
    assert run("evaluate", body, gold, *swapped).code == 0
    assert run("evaluate", gold, "--model", "any", "--predicted-from", "csv").code == 2


def test_a_model_runs_as_it_is_told_to(run, gold, monkeypatch):
    def load(model, **options):
        raise DataError(f"{model} is asked for {options}")

    monkeypatch.setattr("nerlink.cli.evaluate.load_pipeline", load)
    options = ("--threshold", "0.5", "--device", "cpu", "--precision", "fp32")
    message = run("evaluate", gold, "--model", "mine", *options).err
    assert "mine is asked for" in message
    assert "'device': 'cpu', 'precision': 'fp32', 'threshold': 0.5" in message


@pytest.mark.parametrize("option", [("--threshold", "0"), ("--device", "cpu")])
def test_how_a_model_runs_needs_a_model(run, gold, option):
    assert run("evaluate", gold, gold, *option).code == 2


def test_gold_links_may_name_several_right_ids(run, gold, predicted):
    gold.write_text(gold.read_text("utf8").replace("Q84", "Q84|Q92561"), "utf8")
    scores = json.loads(run("evaluate", gold, predicted, "--any-of", "|", "--json").out)["scores"]
    assert scores["linking.inkb.f1"] == 1
    assert run("evaluate", gold, predicted, gold, "--any-of", "|").code == 2
