import io
from dataclasses import replace

import pytest
from rich.console import Console

from nerlink.converters import AlignmentReport
from nerlink.evaluation import evaluate
from nerlink.training.data import Summary
from nerlink.training.reporting import Epoch, Terminal, format_summary
from tests.world import DOCUMENTS

SUMMARY = Summary(
    n_documents=1200,
    n_tokens=34567,
    labels={"PER": 20, "LOC": 3},
    n_linked=1500,
    n_nil=7,
    n_unlinked=3,
    outside={f"Q{n}": 2 for n in range(6)},
    n_entities=90,
    recall={1: 0.5, None: 0.875},
    recall_on="dev",
    notes=("dev: none of the 3 documents has a mention",),
    alignment=AlignmentReport.total([]),
)


def test_a_summary_is_a_few_lines():
    assert format_summary(SUMMARY).splitlines() == [
        "1,200 documents, 34,567 tokens",
        "labels: PER 20, LOC 3",
        "links: 1,500 to 90 entities, 7 NIL, 3 mentions without a link",
        "learnt as NIL, since the knowledge base lacks them: 12 of 1,512 links, to 6 entities: "
        "Q0, Q1, Q2, Q3, Q4, …",
        "candidate recall on dev: 50.0% in the first 1, 87.5% in all",
        "dev: none of the 3 documents has a mention",
    ]


def test_a_summary_tells_of_mentions_without_a_label():
    lines = format_summary(replace(SUMMARY, n_unlabelled=1500)).splitlines()
    assert lines[1] == "labels: PER 20, LOC 3; 1,500 mentions without a label"


def test_a_summary_tells_of_incomplete_documents_and_ambiguous_mentions():
    lines = format_summary(replace(SUMMARY, n_incomplete=1000, n_ambiguous=40)).splitlines()
    assert lines[1] == (
        "1,000 of 1,200 documents incomplete: what they do not mark is not known to be no mention"
    )
    assert lines[3] == (
        "links: 1,500 to 90 entities, 7 NIL, 40 ambiguous, 3 mentions without a link"
    )


def test_a_summary_leaves_out_what_there_is_not():
    summary = Summary(n_documents=1, n_tokens=2, labels={}, alignment=AlignmentReport.total([]))
    assert format_summary(summary) == "1 document, 2 tokens"


@pytest.fixture
def terminal():
    return Terminal(console=Console(file=io.StringIO(), width=200))


def shown(terminal) -> str:
    return terminal.console.file.getvalue()


def test_the_terminal_shows_what_is_learnt_and_every_epoch(terminal):
    terminal.begin(SUMMARY, 10)
    terminal.step(1, 5, 0.25, 1000.0)
    report = evaluate(DOCUMENTS, DOCUMENTS)
    terminal.epoch(
        Epoch(
            number=1,
            loss=0.25,
            seconds=3.2,
            tokens_per_second=1e3,
            report=report,
            score=1.0,
            is_best=True,
        )
    )
    terminal.end()
    assert "candidate recall on dev: 50.0%" in shown(terminal)
    (line,) = [one for one in shown(terminal).splitlines() if one.startswith("epoch 1  loss")]
    assert line.startswith("epoch 1  loss 0.2500  3 s  ner.precision 1.0000  ner.recall 1.0000")
    assert "ner.f1 1.0000  tokens.accuracy 1.0000  linking.inkb.f1 1.0000" in line


def test_a_terminal_that_never_began_can_end(terminal):
    terminal.step(1, 5, 0.25, 1000.0)
    terminal.end()
    assert shown(terminal) == ""


def test_a_log_gets_a_line_now_and_then(terminal, monkeypatch):
    clock = iter([0.0, 5.0, 61.0, 61.5, 70.0])
    monkeypatch.setattr("nerlink.training.reporting.time.monotonic", lambda: next(clock))
    terminal.begin(SUMMARY, 10)
    for n in (1, 2, 3):
        terminal.step(1, n, 0.25, 1234.0)
    monkeypatch.undo()
    terminal.end()
    lines = [line for line in shown(terminal).splitlines() if "steps" in line and "loss" in line]
    assert lines[0] == "epoch 1  2/10 steps  loss 0.250  1,234 tokens/s"


def test_a_terminal_gets_a_line_a_minute_while_texts_are_written(monkeypatch):
    terminal = Terminal(console=Console(file=io.StringIO(), force_terminal=True, no_color=True))
    clock = iter([0.0, 5.0, 61.0, 61.5])
    terminal.last_line = 0.0
    monkeypatch.setattr("nerlink.training.reporting.time.monotonic", lambda: next(clock))
    for n_done in (1000, 2000, 3000):
        terminal.texts(n_done, 5000)
    assert shown(terminal) == "texts of entities  3,000/5,000\n"


def test_a_note_is_shown_as_it_is(terminal):
    terminal.console = Console(file=io.StringIO(), width=20)
    terminal.note('Try [kb] candidates = ["normalised", "fuzzy"]')
    assert shown(terminal) == 'Try [kb] candidates = ["normalised", "fuzzy"]\n'
