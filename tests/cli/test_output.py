import json

import pytest

from nerlink.cli.output import progress_bar, with_progress, write_record


def test_items_pass_and_are_counted_on_standard_error(capsys):
    assert list(with_progress("abc", things="documents")) == ["a", "b", "c"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("3 documents in ")


def test_progress_on_a_terminal_leaves_the_items_alone(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(with_progress("abc", things="documents")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_bar_stays_away_from_results(is_terminal, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    with progress_bar("texts") as told:
        told(1, 2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("texts" in captured.err) == is_terminal
    assert is_terminal or not captured.err


EVIL = "P\x9b31mER"
"""A label that colours whatever a terminal prints after it."""


@pytest.mark.parametrize("command", ["evaluate", "json", "mistakes", "info", "wrong", "explain"])
def test_what_a_terminal_obeys_does_not_reach_it(run, tmp_path, joint_folder, command):
    doc = {"text": "Ada met", "mentions": [{"start": 0, "end": 3, "label": EVIL, "entity": "NIL"}]}
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(doc) + "\n")
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({**doc, "mentions": []}) + "\n")
    wrong = tmp_path / f"w\x9bong{EVIL}.jsonl"
    wrong.write_text("{")
    arguments = {
        "evaluate": ("evaluate", path, path),
        "json": ("evaluate", path, path, "--json"),
        "mistakes": ("evaluate", path, other, "--mistakes"),
        "info": ("convert", path, "--output", tmp_path / "out.txt"),
        "wrong": ("convert", wrong, "--output", "-", "--to", "jsonl"),
        "explain": ("explain", joint_folder, f"Acme {EVIL}", "--mention", EVIL),
    }[command]
    result = run(*arguments)
    assert "\x9b" not in result.out + result.err


def test_a_record_keeps_what_a_terminal_would_obey(capsys):
    write_record({"label": EVIL})
    written = capsys.readouterr().out
    assert "\x9b" not in written
    assert json.loads(written) == {"label": EVIL}
