import json

import pytest

from nerlink.kb import KnowledgeBase
from nerlink.sources import read
from tests.world import ENTITIES


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "towns.sqlite"
    KnowledgeBase.create(path, ENTITIES).close()
    return path


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.jsonl"
    lines = ({"id": "1", "text": "Cows walk to Paris in Texas."}, {"id": "2", "text": "Nobody."})
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf8")
    return path


def test_names_of_a_base_are_marked_in_texts(run, base, texts, tmp_path):
    result = run("annotate", base, texts, "--output", tmp_path / "silver.jsonl")
    assert result.code == 0, result.err
    first, second = read(tmp_path / "silver.jsonl")
    assert [(first.surface(one), one.entity) for one in first.mentions] == [
        ("Paris", None),
        ("Texas", "texas"),
    ]
    assert (second.mentions, second.complete) == ((), False)
    assert "2 documents" in result.err


def test_standard_input_is_plain_text(run, base):
    (record,) = run("annotate", base, stdin="Acme is in Texas.\n").records
    assert [mention["entity"] for mention in record["mentions"]] == ["acme", "texas"]
    assert record["complete"] is False


def test_what_was_left_out_is_said_and_written(run, base, texts, tmp_path):
    result = run("annotate", base, "--report", tmp_path / "report.json", stdin="texas, Texas")
    assert "in small letters" in result.err
    assert "1 x [texas], Texas" in result.err
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf8"))
    assert [(one["surface"], one["n"]) for one in record["left_out"]] == [("texas", 1)]


def test_types_become_labels_through_a_mapping(run, base):
    options = "--label", "LOC=place", "--label", "ORG="
    (record,) = run("annotate", base, *options, stdin="Acme of Texas with Ada Byron").records
    assert [one.get("label") for one in record["mentions"]] == [None, "place", "PER"]


def test_entities_without_a_type_get_a_label(run, tmp_path):
    KnowledgeBase.create(tmp_path / "kb.sqlite", [{"id": "x", "name": "Xanthe"}]).close()
    (record,) = run("annotate", tmp_path / "kb.sqlite", "--label", "=ENT", stdin="Xanthe").records
    assert record["mentions"][0]["label"] == "ENT"


def test_names_of_several_types_with_one_label_have_it(run, tmp_path):
    rows = [{"id": n, "name": "Essex", "type": n} for n in ("county", "ship")]
    KnowledgeBase.create(tmp_path / "kb.sqlite", rows).close()
    labels = "--label", "county=PLACE", "--label", "ship=PLACE"
    (record,) = run("annotate", tmp_path / "kb.sqlite", *labels, stdin="Essex").records
    assert record["mentions"][0]["label"] == "PLACE"


def test_words_to_stop_and_to_keep_come_from_files(run, base, tmp_path):
    stop, keep = tmp_path / "stop.txt", tmp_path / "keep.txt"
    stop.write_text("texas\n\n", encoding="utf8")
    keep.write_text("acme\r\n", encoding="utf8")
    options = "--stop", stop, "--keep", keep
    (record,) = run("annotate", base, *options, stdin="acme of Texas").records
    assert [one["entity"] for one in record["mentions"]] == ["acme"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "LOK=x"], "no entity of {base} has the type 'LOK' (--label TYPE=LABEL). Its"),
        (["--label", "LOCC=x"], "Did you mean 'LOC'?"),
        (["--stop", "none.txt"], "none.txt: no such file"),
        (["--min-length", "99"], "none of them with 99 letters or more (min_length, --min-length)"),
        (["--from", "jsonl"], "-:1: not JSON"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run, base, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("annotate", base, *arguments, "--output", "silver.jsonl", stdin="Texas")
    assert result.code == 1
    assert words.format(base=base) in result.err
    assert "Traceback" not in result.err
    assert not (tmp_path / "silver.jsonl").exists()


def test_a_mapping_that_is_none_is_a_wrong_command_line(run, base):
    result = run("annotate", base, "--label", "LOC", stdin="Texas")
    assert (result.code, "TYPE=LABEL" in result.err) == (2, True)


def test_an_empty_list_and_texts_without_a_name_are_said(run, base, tmp_path):
    (tmp_path / "stop.txt").write_text("\n", encoding="utf8")
    result = run("annotate", base, "--stop", tmp_path / "stop.txt", stdin="Nothing.")
    assert result.code == 0
    assert "stop.txt has no words in it" in result.err
    assert "Nothing is marked" in result.err


def test_documents_that_cannot_be_read_are_left_out_and_counted(run, base, texts, caplog):
    texts.write_text(texts.read_text(encoding="utf8") + '{"id": "3"}\n', encoding="utf8")
    assert run("annotate", base, texts).code == 1
    result = run("annotate", base, texts, "--skip-invalid")
    assert len(result.records) == 2
    assert "skipped 1 of 3 documents" in caplog.text


@pytest.mark.parametrize(
    "files",
    [
        ("--output", "texts.jsonl"),
        ("--output", "new.jsonl", "--report", "new.jsonl"),
        ("--output", "new.jsonl", "--report", "texts.jsonl"),
    ],
)
def test_a_file_that_is_named_twice_is_not_written(run, base, texts, monkeypatch, files):
    monkeypatch.chdir(texts.parent)
    before = texts.read_bytes()
    result = run("annotate", base, texts, *files)
    assert (result.code, "is named twice" in result.err) == (1, True)
    assert texts.read_bytes() == before
    assert not (texts.parent / "new.jsonl").exists()


def test_a_file_without_documents_is_said(run, base, tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    result = run("annotate", base, tmp_path / "none.jsonl", "--output", tmp_path / "out.jsonl")
    assert (result.code, "There was no document" in result.err) == (0, True)
