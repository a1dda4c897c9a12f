import json

from nerlink import read


def test_documents_go_from_one_format_to_another(run, gold, tmp_path):
    result = run("convert", gold, "--output", tmp_path / "gold.conll")
    assert result.code == 0
    assert result.out == ""
    assert "B-PER" in (tmp_path / "gold.conll").read_text(encoding="utf8")


def test_standard_input_and_output_are_json_lines(run, gold):
    result = run("convert", "-", stdin=gold.read_text(encoding="utf8"))
    assert result.records[0]["text"] == "Ada Lovelace met Babbage in London."
    assert "1 document, 3 mentions" in result.err


def test_formats_and_their_options_can_be_named(run, tmp_path):
    path = tmp_path / "tokens.data"
    path.write_text("Ada I-PER\nmet O\n", encoding="utf8")
    columns = 'columns=["token", "ner"]'
    result = run("convert", path, "--from", "conll", "--read", "scheme=iob1", "--read", columns)
    assert [m["label"] for m in result.records[0]["mentions"]] == ["PER"]


def test_the_output_is_an_option_or_the_second_argument(run, gold, tmp_path):
    assert run("convert", gold, "-o", tmp_path / "gold.csv").code == 0
    assert run("convert", gold, "-o", "-").out == run("convert", gold).out
    assert run("convert", gold, tmp_path / "gold.conll").code == 0
    assert (tmp_path / "gold.conll").exists()
    result = run("convert", gold, tmp_path / "a.conll", "-o", tmp_path / "b.conll")
    assert (result.code, "named twice" in result.err) == (2, True)
    assert run("convert", gold, "--unknown", "3").code == 2


def test_bad_document_stops_everything_and_nothing_is_written(run, gold, tmp_path):
    gold.write_text(gold.read_text(encoding="utf8") + '{"id": "doc-2"}\n', encoding="utf8")
    result = run("convert", gold, "--output", tmp_path / "out.jsonl")
    assert result.code == 1
    assert f"{gold}:2" in result.err
    assert not (tmp_path / "out.jsonl").exists()


def test_bad_documents_can_be_left_out_and_are_counted(run, gold, tmp_path, caplog):
    gold.write_text(gold.read_text(encoding="utf8") + '{"id": "doc-2"}\n', encoding="utf8")
    result = run("convert", gold, "--output", tmp_path / "out.jsonl", "--skip-invalid")
    assert result.code == 0
    assert len(read(tmp_path / "out.jsonl")) == 1
    assert "skipped 1 of 2 documents" in caplog.text


def test_losses_are_told(run, gold, tmp_path, caplog):
    run("convert", gold, "--output", tmp_path / "gold.txt")
    assert "could not carry" in caplog.text
    assert "3 mentions" in caplog.text


def test_mentions_that_tokens_cannot_hold_are_told(run, gold, tmp_path):
    record = json.loads(gold.read_text(encoding="utf8"))
    record["mentions"] += [{"start": 4, "end": 12, "label": "PER"}]
    gold.write_text(json.dumps(record), encoding="utf8")
    result = run("convert", gold, "--output", tmp_path / "out.jsonl")
    assert "4 mentions in 1 document, 1 dropped" in result.err
    assert "'Lovelace' (PER) at 4-12 of document 'doc-1'" in result.err


def test_output_of_convert_can_be_read_again(run, gold):
    first = run("convert", gold)
    assert json.loads(first.out) == json.loads(gold.read_text(encoding="utf8"))
