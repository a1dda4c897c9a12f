import logging

import numpy as np
import pandas as pd
import pytest

from nerlink.data import Candidate, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import from_frame, to_frame
from nerlink.words import shown

DOC = Document(
    id="a",
    text="Ada met Bea",
    mentions=(
        Mention(start=0, end=3, label="PER", entity="Q7259"),
        Mention(start=8, end=11, label="PER"),
    ),
    meta={"year": 1843, "tags": ["x", "y"]},
)


def test_row_a_document():
    frame = to_frame([DOC])
    assert list(frame.columns) == ["id", "text", "mentions", "year", "tags"]
    assert frame.loc[0, "mentions"][1] == {"start": 8, "end": 11, "label": "PER"}
    assert from_frame(frame) == [DOC]


def test_row_a_mention():
    frame, texts = to_frame([DOC], shape="mention"), to_frame([DOC], shape="text")
    assert list(frame.columns) == ["doc_id", "start", "end", "surface", "label", "entity"]
    assert list(texts.columns) == ["doc_id", "text", "year", "tags"]
    assert from_frame(frame, texts=texts) == [DOC]


def test_row_a_token():
    frame = to_frame([DOC], shape="token")
    assert list(frame.columns)[:6] == ["doc_id", "sentence_id", "token", "ner", "nel", "misc"]
    assert frame["nel"].tolist() == ["B-Q7259", "O", "O"]
    (back,) = from_frame(frame)
    assert (back.text, back.mentions, back.meta) == (DOC.text, DOC.mentions, DOC.meta)


def test_tokens_keep_even_tabs_at_the_border_of_a_mention():
    doc = Document(id="a", text="Ada\tmet", mentions=(Mention(start=0, end=4, label="PER"),))
    (back,) = from_frame(to_frame([doc], shape="token"))
    assert (back.text, back.mentions) == (doc.text, doc.mentions)


def test_missing_values_of_all_kinds_are_none():
    frame = pd.DataFrame(
        {"text": ["a"] * 4, "note": [np.nan, None, pd.NA, pd.NaT], "n": [1, 2, 3, None]}
    )
    docs = from_frame(frame)
    assert [doc.meta.get("note") for doc in docs] == [None] * 4
    assert [doc.meta.get("n") for doc in docs] == [1, 2, 3, None]


def test_offsets_that_pandas_made_floats_or_numpy_are_whole_numbers():
    frame = pd.DataFrame(
        {"doc_id": [1, 2], "text": "Ada", "start": [0, np.nan], "end": [3, np.nan]}
    )
    assert [len(doc.mentions) for doc in from_frame(frame)] == [1, 0]
    mention = {"start": np.int64(0), "end": np.int32(3), "score": np.float32(0.5)}
    (doc,) = from_frame(pd.DataFrame({"text": ["Ada"], "mentions": [np.array([mention])]}))
    assert doc.mentions == (Mention(start=0, end=3, score=0.5),)


def test_columns_are_renamed():
    frame = pd.DataFrame({"body": ["Ada"], "key": [7]})
    assert from_frame(frame, columns={"text": "body", "id": "key"}) == [
        Document(text="Ada", id="7")
    ]


def test_column_to_rename_that_is_not_there_is_refused():
    frame = pd.DataFrame({"boddy": ["Ada"]})
    with pytest.raises(
        DataError, match=r"frame: column 'body' is missing; .* Did you mean 'boddy'"
    ):
        from_frame(frame, columns={"text": "body"})


def test_columns_the_wrong_way_round_are_refused_with_the_right_way():
    with pytest.raises(DataError, match=r"frame: .*wrong way round.* columns={'text': 'body'}\."):
        from_frame(pd.DataFrame({"body": ["Ada"]}), columns={"body": "text"})


def test_column_that_occurs_twice_is_refused():
    with pytest.raises(DataError, match="frame: columns 'text' occur twice"):
        from_frame(pd.DataFrame([["a", "b"]], columns=["text", "text"]))


def test_bad_rows_are_named_or_skipped(caplog):
    frame = pd.DataFrame({"text": ["Ada", "Bea"], "mentions": [[], [{"start": 0, "end": 9}]]})
    with pytest.raises(DataError, match="frame row 1: mention 0: start 0, end 9 reaches"):
        from_frame(frame)
    errors = []
    assert len(from_frame(frame, on_error="skip", skipped=errors.append)) == len(errors) == 1
    assert "frame: skipped 1 of 2 documents" in caplog.text


def test_what_a_shape_cannot_carry_is_logged(caplog):
    mention = Mention(start=0, end=3, label="PER", candidates=(Candidate(entity="Q1"),))
    with caplog.at_level(logging.WARNING):
        to_frame([Document(id="a", text="Ada", mentions=(mention,))], shape="token")
    assert "A frame of shape 'token' cannot carry candidates (1)." in caplog.text


def test_rows_without_a_document_to_belong_to_are_refused():
    with pytest.raises(
        DataError, match="Document 0 has no id, and rows of shape 'mention' need one"
    ):
        to_frame([Document(text="Ada")], shape="mention")
    with pytest.raises(DataError, match="shape is 'page'; it must be one of document, mention"):
        to_frame([DOC], shape="page")


@pytest.mark.parametrize("shape", ["document", "mention", "token", "text"])
def test_no_documents_are_an_empty_frame(shape):
    frame = to_frame([], shape=shape)
    assert len(frame) == 0
    assert len(frame.columns) >= 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("ner", value) for value in (0, 1, ["B-PER"], {"a": 1}, 10**5000)),
        *(("nel", value) for value in (0, ["B-Q1"])),
        *(("misc", value) for value in (1, ["_"], 1.5, True)),
        *(("token", value) for value in (1, ["Ada"], 10**5000)),
        *(("sentence_id", value) for value in ([0], {"a": 1})),
        *(("doc_id", value) for value in ([0], 10**5000)),
    ],
    ids=lambda value: shown(value, 20),
)
def test_tokens_with_values_of_other_types_are_refused_by_row_and_column(column, value):
    rows = {
        "doc_id": "a",
        "sentence_id": [0, 0],
        "token": ["Ada", "slept"],
        "ner": ["B-PER", "O"],
        "nel": ["B-Q1", "O"],
        "misc": ["_", "_"],
    }
    frame = pd.DataFrame(rows).astype(object)
    frame.at[0, column] = value
    with pytest.raises(DataError, match=rf"frame row 0.*{column}"):
        from_frame(frame)


def test_deep_lists_of_a_frame_are_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(DataError, match=r"frame row 0: .* nested too deep"):
        from_frame(pd.DataFrame({"text": ["Ada"], "more": [deep]}))


def test_rows_of_mentions_say_their_text_which_is_compared():
    doc = Document(id="d", text="A [UNK] 👩 x", mentions=(Mention(start=2, end=9),))
    frame, texts = to_frame([doc], shape="mention"), to_frame([doc], shape="text")
    assert frame["surface"].tolist() == ["[UNK] 👩"]
    assert from_frame(frame, texts=texts) == [doc]
    with pytest.raises(DataError, match="the mention says 'other'"):
        from_frame(frame.assign(surface="other"), texts=texts)
