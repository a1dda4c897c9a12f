"""What is written is read back with every offset in its place, in every format."""

import logging
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from nerlink import sources
from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write
from tests.sources.generated import corpora

quick = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.ERROR)


def through(documents, path, *, read=None, **options):
    report = sources.write(documents, path, **options)
    return sources.read(path, **(read or {})), report.lost


def bare(documents):
    """Without tokens and sentences, which a format of tokens adds."""
    return [replace(doc, tokens=None, sentences=None) for doc in documents]


@quick
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.csv", "a.tsv", "a.parquet"])
@given(documents=corpora())
def test_documents_come_back_as_they_were(tmp_path, name, documents):
    back, lost = through(documents, tmp_path / name)
    assert back == documents
    assert lost == {}


@quick
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.parquet"])
@given(documents=corpora())
def test_rows_of_mentions_bring_their_documents_back(tmp_path, name, documents):
    back, lost = through(documents, tmp_path / name, shape="mention")
    assert back == documents
    assert lost == {}


@quick
@pytest.mark.parametrize("name", ["a.conll", "a.csv", "a.tsv", "a.parquet"])
@given(documents=corpora(flat=True, full=False))
def test_rows_of_tokens_keep_every_offset(tmp_path, name, documents):
    options = {} if name == "a.conll" else {"shape": "token"}
    back, lost = through(documents, tmp_path / name, **options)
    assert [doc.id for doc in back] == [doc.id for doc in documents]
    assert [doc.mentions for doc in back] == [doc.mentions for doc in documents]
    if not lost.keys() & {"tabs and line ends in tokens", "texts of white space only"}:
        assert [doc.text for doc in back] == [doc.text for doc in documents]


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.csv", {"shape": "token"}), ("a.parquet", {"shape": "mention"}), ("a.spacy", {})],
)
def test_an_incomplete_document_stays_one(tmp_path, name, options):
    mentions = (Mention(start=0, end=3, label="PER"),)
    doc = Document(text="Ada slept.", id="a", mentions=mentions, complete=False)
    back, lost = through([doc], tmp_path / name, **options)
    assert not back[0].complete
    assert lost == {}


def test_formats_without_a_place_for_it_count_incomplete_documents(tmp_path):
    doc = Document(text="Ada slept.", id="a", complete=False)
    _, lost = through([doc], tmp_path / "a.conll")
    assert lost == {"marks of incomplete documents": 1}


@quick
@pytest.mark.parametrize("scheme", ["iob1", "bio", "bioes"])
@given(documents=corpora(flat=True, full=False))
def test_conll_keeps_every_offset_in_every_scheme(tmp_path, scheme, documents):
    path = tmp_path / "a.conll"
    back, _ = through(documents, path, scheme=scheme, read={"scheme": scheme})
    assert [doc.mentions for doc in back] == [doc.mentions for doc in documents]


@quick
@given(documents=corpora(full=False))
def test_nif_keeps_texts_mentions_and_meta(tmp_path, documents):
    back, lost = through(documents, tmp_path / "a.ttl")
    assert sorted(back, key=lambda doc: doc.id) == sorted(documents, key=lambda doc: doc.id)
    assert lost == {}


@quick
@given(documents=corpora(full=False))
def test_text_files_keep_the_text(tmp_path, documents):
    for doc in documents:
        sources.write([doc], tmp_path / "a.txt")
        (back,) = sources.read(tmp_path / "a.txt", format="text")  # "-DOCSTART-" is no other one
        assert back.text == doc.text.removeprefix("\ufeff")


@quick
@given(documents=corpora())
def test_document_frames_come_back_as_they_were(documents):
    assert sources.from_frame(sources.to_frame(documents)) == documents


@quick
@given(documents=corpora())
def test_mention_frames_come_back_with_their_texts(documents):
    mentions = sources.to_frame(documents, shape="mention")
    texts = sources.to_frame(documents, shape="text")
    assert sources.from_frame(mentions, texts=texts) == documents


@quick
@given(documents=corpora(flat=True, full=False))
def test_token_frames_come_back_with_their_texts(documents):
    tokens = sources.to_frame(documents, shape="token")
    back = bare(sources.from_frame(tokens))
    assert [doc.mentions for doc in back] == [doc.mentions for doc in documents]
    assert [len(doc.text) for doc in back if doc.text] == [
        len(doc.text) for doc in documents if doc.text.strip() or doc.mentions
    ]


_RESERVED = [
    *({"token_columns": {name: ["B-X"] * 4}} for name in ("token", "ner", "nel", "misc", "doc_id")),
    *({"mention_columns": {name: [5, 6]}} for name in ("start", "Start", "end", "text", "doc_id")),
    *({"surface": "x"}, {"word": "x"}, {"start": 5}, {"mentions": "x"}, {"ner": "B-X"}),
]


@pytest.mark.parametrize("meta", _RESERVED, ids=str)
@pytest.mark.parametrize("shape", ["document", "mention", "token"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_meta_under_a_name_of_nerlink_never_changes_mentions(tmp_path, meta, shape, ending):
    mentions = tuple(Mention(start=n, end=n + 3, label="PER", entity="Q1") for n in (0, 8))
    doc = Document(id="d", text="Ada met Bob Lee", mentions=mentions, meta=meta)
    other = Document(id="e", text="Bo")
    write([doc, other], tmp_path / f"a.{ending}", shape=shape)
    back, _ = read(tmp_path / f"a.{ending}", shape=shape)
    assert (back.id, back.text, back.mentions) == (doc.id, doc.text, doc.mentions)


def test_columns_of_tokens_that_are_no_object_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"token_columns is .* it must be an object of lists"):
        write([Document(text="a", meta={"token_columns": [[0, 3]]})], tmp_path / "a.conll")
