import pytest

from nerlink.cli.output import progress_bar, with_progress


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
