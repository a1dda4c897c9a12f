import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write


def test_file_is_a_document_named_after_it(tmp_path):
    (tmp_path / "letter.txt").write_bytes(b"Ada\r\nBea\n")
    assert read(tmp_path / "letter.txt") == [Document(text="Ada\r\nBea\n", id="letter")]


def test_each_line_may_be_a_document(tmp_path):
    (tmp_path / "a.txt").write_text("Ada\n\nBea\n")
    assert [doc.text for doc in read(tmp_path / "a.txt", lines=True)] == ["Ada", "", "Bea"]


def test_other_encoding_is_read(tmp_path):
    (tmp_path / "a.txt").write_bytes("é".encode("latin-1"))
    assert read(tmp_path / "a.txt", encoding="latin-1")[0].text == "é"


def test_what_text_cannot_carry_is_counted(tmp_path):
    docs = [Document(text="Ada\nmet", mentions=(Mention(start=0, end=3),)), Document(text="Bea")]
    report = write(docs, tmp_path / "a.txt", lines=True)
    assert (tmp_path / "a.txt").read_text() == "Ada met\nBea\n"
    assert report.lost == {"mentions": 1, "line ends": 1}


def test_second_document_needs_lines(tmp_path):
    with pytest.raises(DataError, match="pass lines=True"):
        write([Document(text="a"), Document(text="b")], tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())
