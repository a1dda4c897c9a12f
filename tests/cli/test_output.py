from nerlink.cli.output import counted


def test_items_pass_and_are_counted_on_standard_error(capsys):
    assert list(counted("abc", noun="document")) == ["a", "b", "c"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("3 documents in ")


def test_progress_on_a_terminal_leaves_the_items_alone(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(counted("abc", noun="document")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""
