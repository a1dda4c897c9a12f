import pytest

from nerlink.errors import DataError
from nerlink.rows import OpenTable, Row
from nerlink.sources.check import accept
from nerlink.sources.from_rows import RowFormat, detect_shape, documents_from_table


def table(*values):
    return OpenTable([], iter([Row(f"row {i}", row) for i, row in enumerate(values)]))


def documents(*values, texts=None, **options):
    beside = None if texts is None else table(*texts)
    form = RowFormat(**options)
    results = documents_from_table(table(*values), form, texts=beside, where="rows")
    return list(accept(results, source="rows"))


SHAPES = {
    "text alone": (["text"], "document"),
    "mentions beside anything": (["id", "text", "mentions", "token"], "document"),
    "offsets": (["doc_id", "start", "end", "text"], "mention"),
    "tokens": (["doc_id", "token", "ner"], "token"),
}


@pytest.mark.parametrize(("columns", "shape"), SHAPES.values(), ids=SHAPES)
def test_columns_tell_the_shape(columns, shape):
    assert detect_shape(columns, where="here") == shape


def test_columns_of_no_shape_are_refused_with_the_nearest():
    with pytest.raises(
        DataError, match=r"'text' is missing; .* Did you mean 'texts'.*columns={'text': 'texts'}"
    ):
        detect_shape(["id", "texts"], where="here")


def test_nested_columns_may_be_json():
    row = {"doc_id": 1, "text": "Ada", "mentions": '[{"start": 0, "end": 3}]', "tokens": "[[0, 3]]"}
    (doc,) = documents(row, shape="document")
    assert (doc.id, doc.mentions[0].end, doc.tokens) == ("1", 3, ((0, 3),))


def test_column_that_is_no_json_is_refused():
    with pytest.raises(DataError, match="row 0: mentions is 'none'; it must be JSON"):
        documents({"text": "Ada", "mentions": "none"}, shape="document")


def test_mentions_of_a_document_need_not_follow_each_other():
    texts = [{"doc_id": "a", "text": "Ada met"}, {"doc_id": "b", "text": "Bea"}]
    values = [
        {"doc_id": "a", "start": 4, "end": 7},
        {"doc_id": "b", "start": 0, "end": 3},
        {"doc_id": "a", "start": 0, "end": 3, "label": "PER"},
    ]
    docs = documents(*values, shape="mention", texts=texts)
    assert [[m.start for m in doc.mentions] for doc in docs] == [[0, 4], [0]]


def test_text_without_mentions_is_a_document():
    (doc,) = documents(shape="mention", texts=[{"id": "a", "text": "Ada", "year": 1843}])
    assert (doc.text, doc.mentions, doc.meta) == ("Ada", (), {"year": 1843})


def test_column_that_is_the_same_all_over_a_document_belongs_to_it():
    values = [
        {"doc_id": "a", "text": "Ada met", "start": 0, "end": 3, "year": 1, "by": "x"},
        {"doc_id": "a", "text": "Ada met", "start": 4, "end": 7, "year": 1, "by": "y"},
    ]
    (doc,) = documents(*values, shape="mention")
    assert doc.meta == {"year": 1, "mention_columns": {"by": ["x", "y"]}}


def test_tokens_make_text_sentences_and_mentions():
    values = [
        {"doc_id": "a", "sentence_id": 0, "token": "Ada", "ner": "B-PER", "nel": "B-Q7259"},
        {"doc_id": "a", "sentence_id": 0, "token": "met", "ner": "O", "nel": None},
        {"doc_id": "a", "sentence_id": 1, "token": "Bea", "ner": "B-PER", "nel": "O"},
    ]
    (doc,) = documents(*values, shape="token")
    assert doc.text == "Ada met\nBea"
    assert [(m.start, m.end, m.label, m.entity) for m in doc.mentions] == [
        (0, 3, "PER", "Q7259"),
        (8, 11, "PER", None),
    ]
    assert doc.sentences == ((0, 7), (8, 11))


def test_tokens_are_found_in_a_given_text():
    texts = [{"id": "a", "text": "Ada's  dog"}]
    values = [{"doc_id": "a", "token": token} for token in ("Ada", "'s", "dog")]
    (doc,) = documents(*values, shape="token", texts=texts)
    assert doc.tokens == ((0, 3), (3, 5), (7, 10))


BAD = {
    "offset": ({"start": 0, "end": 9}, "mention", "row 0: start 0, end 9 reaches outside"),
    "no end": ({"start": 0}, "mention", "row 0: 'end' has no value here|column 'end' is missing"),
    "no document": (
        {"doc_id": None, "start": 0, "end": 1},
        "mention",
        "row 0: 'doc_id' has no value here",
    ),
    "no text": (
        {"text": None, "start": 0, "end": 1},
        "mention",
        "document 'a' has no text. Rows of mentions need a column 'text'",
    ),
    "tag": ({"token": "Ada", "ner": "PER"}, "token", "row 0: column 'ner': tag 'PER' is not in"),
    "token": ({"token": 3}, "token", "row 0: token is 3; it must be a string"),
    "not in the text": ({"token": "Bea"}, "token", "row 0: token 'Bea' is not in the text"),
    "shape": ({}, "page", "shape is 'page'; it must be one of document, mention, token"),
}


@pytest.mark.parametrize(("row", "shape", "message"), BAD.values(), ids=BAD)
def test_bad_row_is_named(row, shape, message):
    with pytest.raises(DataError, match=message):
        documents({"doc_id": "a", "text": "Ada"} | row, shape=shape)


def test_mention_of_an_unknown_document_is_refused():
    with pytest.raises(DataError, match="row 0: doc_id 'b' is not among the texts"):
        documents({"doc_id": "b", "start": 0, "end": 1}, shape="mention", texts=[])


def test_text_that_occurs_twice_is_refused():
    with pytest.raises(DataError, match="row 1: doc_id 'a' occurs twice among the texts"):
        documents(
            shape="mention", texts=[{"doc_id": "a", "text": "x"}, {"doc_id": "a", "text": "y"}]
        )
    with pytest.raises(DataError, match="row 0: column 'doc_id' is missing; there are text"):
        documents(shape="mention", texts=[{"text": "x"}])


def test_rows_of_a_document_may_not_have_different_texts():
    values = [
        {"doc_id": "a", "text": "x y", "start": 0, "end": 1, "label": "X"},
        {"doc_id": "a", "text": "zzz y", "start": 4, "end": 5, "label": "X"},
    ]
    with pytest.raises(DataError, match="not that of other rows of document 'a'"):
        documents(*values, shape="mention")


def test_a_text_may_stand_in_any_row_of_a_document():
    values = [
        {"doc_id": "a", "text": None, "start": 0, "end": 1, "label": "X"},
        {"doc_id": "a", "text": "x y", "start": 2, "end": 3, "label": "X"},
    ]
    (doc,) = documents(*values, shape="mention")
    assert (doc.text, len(doc.mentions)) == ("x y", 2)


def test_a_missing_token_is_no_blank():
    values = [{"doc_id": "a", "token": token, "ner": "O"} for token in ("Null", None, "Island")]
    with pytest.raises(DataError, match="keep_default_na=False"):
        documents(*values, shape="token")


def rows_of(text, **options):
    columns, *lines = (line.split(",") for line in text.split())
    values = [dict(zip(columns, (cell or None for cell in line), strict=True)) for line in lines]
    opened = OpenTable(columns, iter([Row(f"row {i}", row) for i, row in enumerate(values)]))
    results = documents_from_table(opened, RowFormat(**options), where="rows")
    return list(accept(results, source="rows"))


def marked(docs):
    return [(doc.id, [(doc.surface(m), m.label, m.entity) for m in doc.mentions]) for doc in docs]


def test_rows_of_mentions_under_other_names_are_read():
    docs = rows_of("Document,text,Begin,End,Label,QID\na,Ada,0,3,PER,Q7259\n")
    assert marked(docs) == [("a", [("Ada", "PER", "Q7259")])]
    assert docs[0].meta == {}


def test_addresses_of_a_mail_are_no_offsets():
    (doc,) = rows_of("from,to,text\nann,bob,Hello\n")
    assert doc.meta == {"from": "ann", "to": "bob"}


def test_a_surface_beside_offsets_is_compared_though_all_rows_have_the_same():
    with pytest.raises(DataError, match="says 'Bea'"):
        rows_of("doc_id,text,start,end,surface\na,Ada,0,3,Bea\n")


KAGGLE = "Document,Sentence_#,Word,POS,Tag\na,1,Ada,NN,B-PER\na,,sat,VB,O\na,2,Bea,NN,B-PER\n"


def test_ids_on_the_first_row_only_are_filled_down_where_that_is_asked():
    (doc,) = rows_of(KAGGLE, fill_down=True)
    assert marked([doc]) == [("a", [("Ada", "PER", None), ("Bea", "PER", None)])]
    assert [doc.text[start:end] for start, end in doc.sentences] == ["Ada sat", "Bea"]
    with pytest.raises(DataError, match=r"row 1: sentence_id has no value.*fill_down=True"):
        rows_of(KAGGLE)


def test_sentences_that_come_back_are_refused():
    with pytest.raises(DataError, match="row 2: sentence_id '1' comes back"):
        rows_of("doc_id,sentence_id,token,ner\na,1,Ada,O\na,2,Bea,O\na,1,sat,O\n")


def test_numbers_of_tags_are_refused_with_their_row():
    with pytest.raises(DataError, match="row 0: column 'ner' is 3; a tag is a string"):
        documents({"doc_id": "a", "token": "EU", "ner": 3}, shape="token")


def test_a_text_in_the_first_row_of_a_document_is_enough():
    (doc,) = documents(
        {"doc_id": "a", "text": "Ada Bea", "start": "0", "end": "3.0"},
        {"doc_id": "a", "text": "", "start": "4.0", "end": "7"},
        shape="mention",
    )
    assert [doc.surface(mention) for mention in doc.mentions] == ["Ada", "Bea"]


def test_a_missing_value_is_no_missing_column():
    with pytest.raises(DataError, match="row 0: 'end' has no value here"):
        documents({"doc_id": "a", "text": "Ada", "start": 0, "end": None}, shape="mention")
