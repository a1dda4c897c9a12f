import logging
import sys

import pytest

from nerlink.cli.models import log_to_stderr


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
