"""Twice as long an input takes twice as much, whatever is in it: steps are counted, not seconds."""

import json
import sys
import tracemalloc

import pytest

from nerlink.converters import align, tokenize
from nerlink.converters.segmentation import sentence_starts
from nerlink.converters.words import word_ranges
from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import stream, write
from nerlink.sources.losses import Losses
from nerlink.sources.tokens.cover import cover
from nerlink.tables import _has_doubled_quote


def n_steps(function, *args):
    """Lines of Python that a call runs, those of what it calls too."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*args)
    finally:
        sys.settrace(before)
    return count


def peak(function, *args):
    """Bytes that a call holds at most."""
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def mentions(n, **more):
    return [
        {"start": 0, "end": n} | {key: value(i) for key, value in more.items()} for i in range(n)
    ]


def record(n, entries, **more):
    return json.dumps({"text": "é" * n, "mentions": entries, **more}) + "\n"


FILES = {
    "jsonl keys": lambda n: record(1, [], **{f"k{i}": 1 for i in range(n)}),
    "jsonl repeated": lambda n: "{" + "".join(f'"k{i}": 1, ' for i in range(n)) + '"k0": 2}',
    "jsonl other keys": lambda n: "".join(record(1, [], **{f"k{i}": 1}) for i in range(n)),
    "jsonl misspelt": lambda n: record(
        n, [{"start": 0, "end": 1, f"labe{i % 99}": 1} for i in range(n)] + [{"label": "X"}]
    ),
    "jsonl wrong surfaces": lambda n: record(n, mentions(n, surface=lambda _: " ")),
    "jsonl words": lambda n: json.dumps({"tokens": ["a"] * n, "ner_tags": ["B-X"] * n}),
    "csv columns": lambda n: ",".join(f"c{i}" for i in range(n)) + ",text\n" + "," * n + "a\n",
    "csv equal columns": lambda n: "a," * n + "text\n",
    "csv list": lambda n: 'text,mentions\na,"' + "[" * n + '"\n',
    "tsv quotes": lambda n: 'text\tid\n"a\tb\n' * n,
    "conll blanks": lambda n: ("a" + " " * n + "O\n") * 2,
    "conll tabs": lambda n: "a" + " \t" * n + "O\n",
    "conll ranges": lambda n: "# global.columns = _ token ner\n" + "1-99999\ta\tB-X\n" * n,
    "conll names": lambda n: "# global.columns = token" + " x" * n + "\na\tO\n",
    "nif blanks": lambda n: "@prefix a: <urn:x> ." + " " * n,
    "aida sentences": lambda n: json.dumps({"doc": "a", "sentences": [["a"]] * n, "mentions": []}),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_twice_the_length_takes_twice_the_steps(tmp_path, kind):
    name = kind.split()[0]

    def read(n):
        (tmp_path / "a").write_text(FILES[kind](n))
        try:
            return list(stream(tmp_path / "a", format=name, on_error="skip"))
        except DataError:
            return []

    read(10)  # what is imported and remembered once is not counted
    once, twice = n_steps(read, 300), n_steps(read, 600)
    assert twice < 2.5 * once + 500


# What runs inside a regular expression cannot be counted. Where it grows with the square of the
# length, these inputs do not come back within minutes.
LONG = 100_000
RUNS = [".", "…", "!?", " ", "\n", "\t", "🇫", "👩\u200d", "a\u0301", "'", "((", "a-", "1,", ". "]


@pytest.mark.parametrize("run", RUNS, ids=ascii)
@pytest.mark.parametrize("end", ["", "x"])
def test_long_runs_of_anything_are_split(run, end):
    text = run * (LONG // len(run)) + end
    assert sentence_starts(text) == sorted(sentence_starts(text))
    words = word_ranges(text)
    assert "".join(text[a:b] for a, b in words) == "".join(text.split())
    assert bool(cover(Document(text=text), Losses())) == bool(words)


def test_quotes_in_a_cell_are_seen_at_once():
    assert not _has_doubled_quote('"' * (LONG + 1) + "\n")
    assert _has_doubled_quote('"' * LONG)
    cells = ['""', '"', '""""', '"a""b"', '"a"b"', 'a""b', '"a"""', ""]
    assert [_has_doubled_quote(cell) for cell in cells] == [0, 0, 1, 1, 0, 0, 1, 0]


def test_report_on_overlapping_mentions_does_not_hold_the_text_for_each():
    def held(n):
        doc = Document(text="a" * n, mentions=tuple(Mention(start=0, end=n) for _ in range(n)))
        return peak(lambda: align(tokenize(doc), doc.mentions, text=doc.text))

    held(10)
    assert held(4000) < 2.5 * held(2000)


def test_columns_that_nearly_all_rows_lack_are_refused(tmp_path):
    entries = [{"start": 0, "end": 1, f"k{i}": 1} for i in range(3000)]
    (tmp_path / "a.jsonl").write_text(record(1, entries))
    with pytest.raises(DataError, match="3,000 different keys; at most 2,000"):
        list(stream(tmp_path / "a.jsonl"))
    docs = [Document(text="a", meta={f"k{i}": 1}) for i in range(3000)]
    with pytest.raises(DataError, match=r"table of 3,003 columns.*JSON lines"):
        write(docs, tmp_path / "a.csv")
