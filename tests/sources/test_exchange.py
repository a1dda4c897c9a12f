"""Round trips through the formats of other tools: one generator of documents, a table of formats.

`pytest tests/sources/test_exchange.py --documents 10000` sends that many through each format.
"""

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from nerlink.data import Document
from nerlink.sources import read, write
from nerlink.sources.keys import MENTION_COLUMNS
from nerlink.sources.reading import FOLDERS
from nerlink.sources.xml import clean_text
from tests.sources.generated import corpora, documents

quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def blanked(doc, characters="\t\n\r", *, keep=0):
    """With blanks for what a format of lines cannot hold, but for the first of the line ends."""
    lines = doc.text.split("\n", keep)
    table = dict.fromkeys(map(ord, characters), " ")
    return replace(doc, text="\n".join(line.translate(table) for line in lines))


def without(doc, *names):
    """Without some values of the mentions."""
    mentions = tuple(replace(m, **dict.fromkeys(names)) for m in doc.mentions)
    return replace(doc, mentions=mentions)


@dataclass(frozen=True)
class Format:
    """What a format holds of a document.

    Args:
        held: What comes back of a document, tokens and sentences apart.
        generated: What the documents are made of.
        lost: Kinds of losses that must be counted where `held` is another document.
        are_ids_free: Whether every id can be written.
        takes: Which documents can be written; others are left out and counted.
        adds: Columns of mentions that the format cannot be without.
    """

    held: Callable[[Document], Document] = lambda doc: doc
    generated: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    ending: str = ""
    are_ids_free: bool = True
    takes: Callable[[Document], bool] = lambda _: True
    adds: frozenset = frozenset()


DOCCANO = {"text", "label", "doc_id"}
NO_SCORES = {"full": False}
FLAT = {"full": False, "flat": True}

FORMATS = {
    "label-studio": Format(lambda doc: replace(doc, complete=True), ending=".json"),
    "prodigy": Format(lambda doc: replace(doc, complete=True), ending=".jsonl"),
    "doccano": Format(
        lambda doc: replace(
            without(doc, "entity"),
            meta={k: v for k, v in doc.meta.items() if k not in DOCCANO},
        ),
        generated=NO_SCORES,
    ),
    "elevant": Format(
        lambda doc: replace(doc, mentions=tuple(m for m in doc.mentions if m.entity is not None)),
        generated=NO_SCORES,
    ),
    "brat": Format(
        lambda doc: replace(
            doc,
            meta={},
            mentions=tuple(
                replace(m, entity=m.entity and m.entity.replace(" ", "_")) for m in doc.mentions
            ),
        ),
        generated=NO_SCORES,
        are_ids_free=False,
        adds=frozenset({"kb"}),
    ),
    "pubtator": Format(
        lambda doc: replace(blanked(doc, "\n\r", keep=1), meta={}), generated=NO_SCORES
    ),
    "bioc": Format(generated=NO_SCORES),
    "bioc json": Format(options={"syntax": "json"}, generated=NO_SCORES),
    "hipe": Format(generated=FLAT),
    "conllu": Format(generated=NO_SCORES),
    "spacy": Format(ending=".spacy", takes=lambda doc: bool(doc.text)),
    "xmi": Format(lambda doc: replace(doc, meta={}), generated=NO_SCORES, are_ids_free=False),
}


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.CRITICAL)


_numbers = itertools.count()


def through(docs, folder, name, form):
    path = folder / f"{name}-{next(_numbers)}{form.ending}"
    report = write(docs, path, format=name, **form.options)
    return (read(path, format=name) if docs or name not in FOLDERS else []), report.lost


def bare(doc, *, meta=True, adds=frozenset()):
    """Without tokens, sentences and columns, which a format may add."""
    kept = {key: value for key, value in doc.meta.items() if meta and key != MENTION_COLUMNS}
    columns = doc.meta.get(MENTION_COLUMNS, {})
    assert set(columns) <= adds
    return replace(doc, tokens=None, sentences=None, meta=kept)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_holds_comes_back_and_the_rest_is_counted(tmp_path, name):
    form, name = FORMATS[name], name.split(" ")[0]
    if name == "spacy":
        pytest.importorskip("spacy")

    @quick
    @given(docs=corpora(**form.generated))
    def holds(docs):
        back, lost = through(docs, tmp_path, name, form)
        check(docs, back, lost, form)

    holds()


@cache
def generated(n_documents, options):
    """That many documents, always the same, each with an id that all formats can hold."""
    found = []

    @settings(max_examples=n_documents, deadline=None, database=None, phases=[Phase.generate])
    @given(doc=documents(**dict(options)))
    def collect(doc):
        found.append(replace(doc, id=f"d{len(found)}"))

    collect()
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_as_many_documents_as_asked_for_go_through(tmp_path, name, request):
    n_documents = request.config.getoption("--documents")
    if not n_documents:
        pytest.skip("--documents says how many")
    form, name = FORMATS[name], name.split(" ")[0]
    docs = generated(n_documents, tuple(form.generated.items()))
    assert len(docs) >= n_documents * 0.9  # the generator may come to its end before
    for first in range(0, len(docs), 500):
        some = docs[first : first + 500]
        back, lost = through(some, tmp_path, name, form)
        check(some, back, lost, form)


def check(docs, back, lost, form):
    held = [form.held(doc) for doc in docs if form.takes(doc)]
    if "control characters" in lost:
        held = [replace(doc, text=clean_text(doc.text), id=clean_text(doc.id)) for doc in held]
    back = [bare(doc, adds=form.adds) for doc in back]
    if not form.are_ids_free:
        held = sorted((replace(doc, id=None) for doc in held), key=repr)
        back = sorted((replace(doc, id=None) for doc in back), key=repr)
    if lost.keys() & {"meta columns", "values turned into text", "control characters"}:
        held, back = [bare(d, meta=False) for d in held], [bare(d, meta=False) for d in back]
    if "tabs and line ends in tokens" in lost:
        held, back = [blanked(doc) for doc in held], [blanked(doc) for doc in back]
    if "texts of white space only" not in lost:
        assert back == held
    assert [d.mentions for d in back] == [d.mentions for d in held]
    if held != docs and form.are_ids_free:
        assert lost
