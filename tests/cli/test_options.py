import logging
import sys

import pytest
import typer

from nerlink.cli.options import log_to_stderr, parse_options


@pytest.fixture
def flair_logger():
    """The logger as flair leaves it: without propagation, on standard output."""
    logger = logging.getLogger("flair")
    handler = logging.StreamHandler(sys.stdout)
    level = logger.level
    logger.addHandler(handler)
    yield logger, handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_flair_keeps_away_from_standard_output(flair_logger, capsys):
    logger, handler = flair_logger
    handler.setStream(sys.stdout)
    log_to_stderr()
    logger.info("all is well")
    logger.warning("look here")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "look here" in captured.err
    assert "all is well" not in captured.err


def test_other_handlers_are_left_alone(flair_logger, tmp_path):
    _, handler = flair_logger
    with (tmp_path / "log.txt").open("w", encoding="utf8") as file:
        handler.setStream(file)
        log_to_stderr()
        assert handler.stream is file


def test_options_are_keys_with_values_in_toml_notation():
    assert parse_options(["scheme=iob1", "n=3", 'columns=["text", "ner"]', "mark=a=b"]) == {
        "scheme": "iob1",
        "n": 3,
        "columns": ["text", "ner"],
        "mark": "a=b",
    }


@pytest.mark.parametrize(
    ("option", "message"),
    [
        pytest.param("scheme", "'scheme' is not of the form KEY=VALUE", id="no value"),
        pytest.param("on_error=skip", "'on_error' is not an option of a reader", id="reserved"),
    ],
)
def test_something_else_is_refused(option, message):
    with pytest.raises(typer.BadParameter, match=message):
        parse_options([option])


def test_a_tab_can_be_written_as_one_writes_it(run, tmp_path):
    (tmp_path / "a.conll").write_text("New York\tB-LOC\n")
    result = run("convert", tmp_path / "a.conll", "--read", r"delimiter=\t")
    assert result.records[0]["text"] == "New York"


def test_a_folder_without_documents_is_told(run, tmp_path):
    result = run("convert", tmp_path, "--output", tmp_path / "out.jsonl")
    assert result.code == 1
    assert result.err.startswith(f"nerlink: {tmp_path}: the folder has no file.")


BAD = '{"text": "Ada", "mentions": [{"start": 0, "end": 3}, {"start": 0, "end": 9}]}\n{"text": 5}\n'


@pytest.mark.parametrize(
    ("words", "n_documents", "n_mentions"),
    [
        (["--skip-invalid"], 0, 0),
        (["--skip-invalid", "document"], 0, 0),
        (["--skip-invalid=mention"], 1, 1),
        (["--skip-invalid", "mention"], 1, 1),
    ],
    ids=str,
)
def test_bad_documents_or_mentions_are_left_out(run, tmp_path, words, n_documents, n_mentions):
    (tmp_path / "a.jsonl").write_text(BAD, encoding="utf8")
    result = run("convert", *words, tmp_path / "a.jsonl", "--output", "-")
    assert result.code == 0
    assert len(result.records) == n_documents
    assert sum(len(record["mentions"]) for record in result.records) == n_mentions
