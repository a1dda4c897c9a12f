import csv

import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, stream, write

DOC = Document(id="1", text="Ada", mentions=(Mention(start=0, end=3, label="PER"),))


def read_csv(tmp_path, text, **options):
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, **options)


def test_rows_are_documents(tmp_path):
    (doc,) = read_csv(tmp_path, 'id,text,year\n007,"Ada,\r\nmet",1843\n')
    assert (doc.id, doc.text, doc.meta) == ("007", "Ada,\r\nmet", {"year": "1843"})


def test_rows_of_mentions_take_texts_from_a_second_table(tmp_path):
    (tmp_path / "texts.csv").write_text("doc_id,text\na,Ada met Bea\n")
    text = "doc_id,start,end,label,entity\na,8,11,PER,\na,0,3,PER,Q7259\n"
    (doc,) = read_csv(tmp_path, text, texts=tmp_path / "texts.csv")
    assert [mention.entity for mention in doc.mentions] == ["Q7259", None]


def test_rows_of_tokens_may_say_na(tmp_path):
    (doc,) = read_csv(tmp_path, "doc_id,token,ner\na,NA,O\na,null,O\n")
    assert doc.text == "NA null"


def test_separator_and_columns_may_be_named(tmp_path):
    docs = read_csv(tmp_path, "key;body\n1;Ada\n", separator=";", columns={"text": "body"})
    assert (docs[0].text, docs[0].meta) == ("Ada", {"key": "1"})


def test_an_empty_text_is_a_text_in_a_column_of_any_name(tmp_path):
    (doc,) = read_csv(tmp_path, "id,body\n1,\n", columns={"text": "body"})
    assert (doc.text, doc.meta) == ("", {})


def test_quotes_and_encoding_may_be_named(tmp_path):
    text = 'id;text\n1;5" José\n'.encode("latin-1")
    (doc,) = read_csv(tmp_path, text, separator=";", quote=None, encoding="latin-1")
    assert doc.text == '5" José'


def test_columns_the_wrong_way_round_are_refused_with_the_right_way(tmp_path):
    with pytest.raises(DataError, match=r"a.csv: .*wrong way round.* columns={'text': 'body'}\."):
        read_csv(tmp_path, "body\nAda\n", columns={"body": "text"})


BAD = {
    "offset": ("doc_id,text,start,end\na,Ada,0,9\n", r"a.csv:2: start 0, end 9 reaches outside"),
    "value": ("doc_id,text,start,end\na,Ada,x,3\n", r"a.csv:2: start is 'x'; it must be a whole"),
    "columns": ("id,txt\n1,Ada\n", r"a.csv .*'text' is missing; there are id, txt. .* 'txt'"),
    "too few": ('id,text\n1,"A\nd"\n2\n', r"a.csv:4: 1 value for 2 columns"),
    "NUL": ("id,text\n1,a\0b\n", r"a.csv:2: text: character 1 is NUL"),
    "encoding": ("id,text\n1,é\n".encode("latin-1"), r"a.csv:2: byte 2 \(0xe9\) is not utf-8"),
    "no text": ("doc_id,start,end\na,0,3\n", r"a.csv:2: document 'a' has no text"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_file_is_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_csv(tmp_path, text)


def test_bad_rows_are_skipped(tmp_path):
    text = 'id,text,mentions\n1,Ada,\n2,Bea,"[{""start"": 5, ""end"": 9}]"\n3,Cy,\n'
    assert [doc.id for doc in read_csv(tmp_path, text, on_error="skip")] == ["1", "3"]


@pytest.mark.parametrize(
    "text",
    [
        "id,text\n1,Ada\n2,Bea,more\n3,Cy\n",
        "doc_id,text,start,end\n1,Ada,0,3\n1\n3,Cy,0,2\n",
        "doc_id,token,ner\n1,Ada,O\n1,slept\n3,Cy,O\n",
    ],
    ids=["document", "mention", "token"],
)
def test_rows_of_another_length_are_skipped(tmp_path, text):
    faults = []
    docs = read_csv(tmp_path, text, on_error="skip", skipped=faults.append)
    assert [(doc.id, doc.text) for doc in docs] == [("1", "Ada"), ("3", "Cy")]
    assert [str(fault).partition(" ")[0].endswith("a.csv:3:") for fault in faults] == [True]


def test_texts_beside_must_be_readable(tmp_path):
    (tmp_path / "texts.csv").write_text("doc_id,text\n1\n")
    with pytest.raises(DataError, match=r"texts.csv:2: 1 value for 2 columns"):
        read_csv(tmp_path, "doc_id,start,end\n", texts=tmp_path / "texts.csv")


def test_rows_of_documents_are_read_one_by_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\nAda\n" + '"unfinished')
    assert next(stream(path)).text == "Ada"


def test_separator_of_two_characters_is_refused(tmp_path):
    with pytest.raises(DataError, match="separator is '::'; it must be one character"):
        read_csv(tmp_path, "text\n", separator="::")


def test_numbers_in_meta_are_counted_since_they_come_back_as_text(tmp_path):
    doc = Document(text="Ada", meta={"year": 1843, "none": None, "empty": ""})
    report = write([doc], tmp_path / "a.csv")
    assert report.lost == {"meta values turned into text": 1, "empty meta values": 2}
    assert read(tmp_path / "a.csv")[0].meta == {"year": "1843"}


def test_file_of_tabs(tmp_path):
    write([DOC], tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text().startswith('"id"\t"text"\t"mentions"\n"1"\t"Ada"\t')
    assert read(tmp_path / "a.tsv") == [DOC]


def test_no_documents_leave_a_header(tmp_path):
    write([], tmp_path / "a.csv")
    assert read(tmp_path / "a.csv") == []


def test_tags_in_a_column_of_another_name_are_not_left_aside(tmp_path):
    with pytest.raises(DataError, match="column 'tag' may hold the tags of tokens; call it 'ner'"):
        read_csv(tmp_path, "doc_id,token,tag\n1,Ada,B-PER\n")
    (doc,) = read_csv(tmp_path, "doc_id,token,tag\n1,Ada,B-PER\n", columns={"ner": "tag"})
    assert doc.mentions[0].label == "PER"


RUN = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''", "a=1", ""]


@pytest.mark.parametrize("text", RUN)
@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("shape", ["document", "mention"])
def test_formulas_are_quoted_if_asked_and_come_back(tmp_path, text, ending, shape):
    path = tmp_path / f"a.{ending}"
    mentions = (Mention(start=0, end=1, label="-X", entity="=cmd"),) if text else ()
    doc = Document(id="@1", text=text, mentions=mentions, meta={"=key": "+value", "k": "'"})
    write([doc], path, shape=shape, formulas="quote")
    with path.open(newline="") as handle:
        cells = [c for row in csv.reader(handle, delimiter=",\t"[ending == "tsv"]) for c in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert read(path, formulas="quote") == [doc]


def test_cells_stay_as_they_are_by_default(tmp_path):
    docs = [Document(id="a", text=text) for text in RUN[:1]]
    write(docs, tmp_path / "a.csv")
    assert '"=1+1"' in (tmp_path / "a.csv").read_text()
    assert read(tmp_path / "a.csv") == docs
    with pytest.raises(DataError, match="formulas is 'no'"):
        write(docs, tmp_path / "a.csv", formulas="no")
