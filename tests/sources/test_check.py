import logging
from typing import Literal

import pandas as pd
import pytest

from nerlink import sources
from nerlink.data import Candidate, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import check
from nerlink.sources.check import accept, check_document, check_documents, check_options

BAD = {
    "past the end": ({"mentions": (Mention(start=0, end=9),)}, "mention 0: start 0, end 9 reaches"),
    "before the start": ({"mentions": (Mention(start=-1, end=2),)}, "start -1, end 2 reaches"),
    "reversed": ({"mentions": (Mention(start=2, end=1),)}, "start 2, end 1 is reversed"),
    "empty": ({"mentions": (Mention(start=1, end=1),)}, "start 1, end 1 is empty"),
    "score": ({"mentions": (Mention(start=0, end=1, score=97),)}, "score is 97; .* 0 and 1"),
    "not a number": (
        {"mentions": (Mention(start=0, end=1, link_score=float("nan")),)},
        "link_score is nan",
    ),
    "candidate": (
        {
            "mentions": (
                Mention(start=0, end=1, candidates=(Candidate(entity="a", score=float("nan")),)),
            )
        },
        "candidate 0: score is nan; it must be a number",
    ),
    "label": ({"mentions": (Mention(start=0, end=1, label=""),)}, "mention 0: label is ''"),
    "entity": ({"mentions": (Mention(start=0, end=1, entity="Q\t1"),)}, "hold tabs"),
    "tokens overlap": ({"tokens": ((0, 2), (1, 3))}, "token 1: it starts at 1, before"),
    "sentence outside": ({"sentences": ((0, 9),)}, "sentence 0: start 0, end 9 reaches"),
    "NUL": ({"text": "a\0b"}, "text: character 1 is NUL"),
    "surrogate": ({"text": "ab\ud83d"}, r"text: character 2 is half of a surrogate pair \(U\+D83D"),
    "columns": ({"meta": {"token_columns": 5}}, "token_columns is 5; it must be an object of"),
    "a column": ({"meta": {"mention_columns": {"a": "xy"}}}, "mention_columns is {'a': 'xy'}"),
    "id": ({"id": "a\nb"}, "id is 'a.nb'|id is"),
    "a number for an id": ({"id": 5}, "id is 5; it must be a string"),
    "no text": ({"text": float("nan")}, "text is nan; it must be a string"),
    "a record for a mention": (
        {"mentions": ({"start": 0, "end": 1},)},
        "mention 0 is a dict; pass Mentions",
    ),
}


@pytest.mark.parametrize(("values", "message"), BAD.values(), ids=BAD)
def test_unsound_document_is_refused(values, message):
    doc = Document(**{"text": "Ada", **values})
    with pytest.raises(DataError, match="here: .*" + message):
        check_document(doc, where="here")


def test_overlapping_and_duplicate_mentions_and_empty_texts_are_sound():
    mentions = (Mention(start=0, end=2), Mention(start=0, end=2), Mention(start=1, end=3))
    doc = Document(text="Ada", mentions=mentions)
    assert check_document(doc, where="here") is doc
    assert check_document(Document(text=""), where="here").text == ""


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (pd.DataFrame({"text": ["Ada"]}), r"gold is a DataFrame, .* nerlink.from_frame\(frame\)"),
        ({"text": "Ada"}, "gold is a dict; pass a list of documents"),
        ("Ada", "gold is a str; pass a list"),
        (Document(text="Ada"), "gold is a Document; pass a list"),
        (None, "gold is a NoneType; pass a list"),
    ],
)
def test_what_is_no_list_of_documents_is_refused_before_the_first(documents, message):
    with pytest.raises(DataError, match=message):
        check_documents(documents, what="gold")


@pytest.mark.parametrize(
    ("one", "texts", "message"),
    [
        ({"text": "Ada"}, False, r"document 2 is a dict; pass Documents\. .* of records"),
        ("Ada", False, "document 2 is a str; pass Documents"),
        (float("nan"), True, "document 2 is a float; pass texts or Documents"),
        (Document(text="Ada", id="x", tokens=((0, 9),)), False, "document 'x': token 0: .*outside"),
    ],
)
def test_what_is_no_document_is_refused_where_it_stands(one, texts, message):
    checked = check_documents([Document(text="Bo"), one], texts=texts)
    assert next(checked) == Document(text="Bo")
    with pytest.raises(DataError, match=message):
        next(checked)


def test_a_text_is_a_document_where_texts_are_taken():
    assert list(check_documents(iter(["Ada"]), texts=True)) == [Document(text="Ada")]


@pytest.fixture
def checks(monkeypatch):
    """The texts that are checked, one after the other."""
    texts, check_characters = [], check._check_characters

    def counting(text, *, where):
        texts.append(text) if where.endswith(": text") else None
        check_characters(text, where=where)

    monkeypatch.setattr(check, "_check_characters", counting)
    return texts


MENTIONS = (Mention(start=0, end=3, label="PER"), Mention(start=8, end=11))
ONE = Document(id="1", text="Ada met Bea", mentions=MENTIONS)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((f"a.{ending}", {}) for ending in ("jsonl", "json", "csv", "parquet", "conll", "ttl")),
        *((f"a.{end}", {"shape": s}) for end in ("csv", "parquet") for s in ("mention", "token")),
        ("a.txt", {}),
    ],
)
def test_readers_check_a_document_once(tmp_path, checks, name, options):
    sources.write([ONE], tmp_path / name, **options)
    assert checks == [ONE.text]
    assert len(sources.read(tmp_path / name)) == 1
    assert checks == [ONE.text] * 2


@pytest.mark.parametrize("shape", ["document", "mention", "token"])
def test_frames_are_checked_once_on_their_way_in_and_out(checks, shape):
    texts = sources.to_frame([ONE], shape="text") if shape == "mention" else None
    frame = sources.to_frame([ONE], shape=shape)
    checks.clear()
    assert len(sources.from_frame(frame, texts=texts)) == 1
    assert checks == [ONE.text]


def test_first_bad_document_is_raised():
    with pytest.raises(DataError, match="bad one"):
        list(accept([Document(text="a"), DataError("bad one")], source="here"))


def test_bad_documents_are_skipped_counted_and_logged(caplog):
    errors = []
    results = [DataError("one"), Document(text="a"), DataError("two")]
    with caplog.at_level(logging.WARNING):
        docs = list(accept(results, source="x.csv", on_error="skip", skipped=errors.append))
    assert [doc.text for doc in docs] == ["a"]
    assert [str(error) for error in errors] == ["one", "two"]
    assert "x.csv: skipped 2 of 3 documents" in caplog.text


def test_id_that_occurs_twice_is_refused():
    with pytest.raises(DataError, match="id 'a' occurs twice"):
        list(accept([Document(text="", id="a")] * 2, source="here"))


def test_ids_may_be_left_unchecked_and_missing_ones_never_clash():
    twice = [Document(text="", id="a")] * 2
    assert len(list(accept(twice, source="here", unique_ids=False))) == 2
    assert len(list(accept([Document(text="")] * 2, source="here"))) == 2


def test_wrong_on_error_is_refused():
    with pytest.raises(DataError, match="on_error is 'ignore'"):
        list(accept([], source="here", on_error="ignore"))


def written(path: str, *, shape: Literal["a", "b"] = "a", n: int = 1) -> None:
    pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shap": "a"}, "it has no option 'shap'; it has shape, n"),
        ({"shape": "c"}, "it: shape is 'c'; it should be 'a' or 'b'"),
        ({"n": "1"}, "it: n is '1'; it should be a valid integer"),
    ],
)
def test_wrong_option_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        check_options(written, options, what="it")


def test_fitting_options_are_let_through():
    check_options(written, {"shape": "b", "n": 2}, what="it")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.csv", {"separator": 5}, "separator is 5; it should be a valid string"),
        ("a.tsv", {"columns": 5}, "columns is 5; it should be"),
        ("a.conll", {"columns": 5}, "columns is 5; it should be"),
        ("a.conll", {"remove": "("}, r"remove is '\('; no regular expression: missing \)"),
    ],
)
def test_readers_refuse_options_of_another_kind(tmp_path, name, options, message):
    (tmp_path / name).write_text("token\n")
    with pytest.raises(DataError, match=message):
        sources.read(tmp_path / name, **options)
