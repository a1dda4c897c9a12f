import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, stream, write


def test_blank_lines_are_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Ada"}\n\n  \n{"text": "Bea"}')
    assert [doc.text for doc in read(path)] == ["Ada", "Bea"]


LINES = {
    "not JSON": ('{"text": "Ada"', r"a.jsonl:2: not JSON at column 15: .* Mend it"),
    "offset": (
        '{"text": "Ada", "mentions": [{"start": 0, "end": 4}]}',
        r"a.jsonl:2: mention 0: .* 4 reac",
    ),
    "surrogate": (r'{"text": "\ud800"}', "a.jsonl:2: text: character 0 is half"),
    "NUL": (r'{"text": "a\u0000"}', "a.jsonl:2: text: character 1 is NUL"),
    "duplicate": ('{"id": "1", "text": "Bea"}', "id '1' occurs twice"),
    "depth": ('{"text": ' + "[" * 100_000, "cannot be read: maximum recursion.* less deep"),
}


@pytest.mark.parametrize(("line", "message"), LINES.values(), ids=LINES)
def test_bad_line_is_named_or_skipped(tmp_path, line, message):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "text": "Ada"}\n' + line + '\n{"text": "Cy"}\n')
    with pytest.raises(DataError, match=message):
        read(path)
    assert [doc.text for doc in read(path, on_error="skip")] == ["Ada", "Cy"]


def test_line_that_is_not_utf8_is_named_or_skipped(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "\xe9"}\n{"text": "Ada"}\n')
    with pytest.raises(DataError, match=r"a.jsonl:1: byte 10 \(0xe9\) is not utf-8"):
        read(path)
    assert len(read(path, on_error="skip")) == 1


def test_lines_are_read_one_by_one(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Ada"}\nnot JSON\n')
    assert next(stream(path)).text == "Ada"


def test_json_names_the_line_of_a_mistake(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"text": "Ada"},\n{"text": Bea}]')
    with pytest.raises(DataError, match=r"a.json: not JSON at line 2, column 10.* as 'jsonl'"):
        read(path)


def test_json_names_the_document_of_a_wrong_value(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"text": "Ada"}, {"text": 3}]')
    with pytest.raises(DataError, match=r"a.json: record 1: text is 3"):
        read(path)


def test_json_may_be_a_single_document(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"text": "Ada"}')
    assert read(path) == [Document(text="Ada")]


def test_no_documents_are_an_empty_list(tmp_path):
    write([], tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == "[]\n"
    assert read(tmp_path / "a.json") == []


def test_characters_are_written_as_they_are(tmp_path):
    doc = Document(text="東京", mentions=(Mention(start=0, end=2, label="LOC"),))
    write([doc], tmp_path / "a.jsonl")
    line = '{"text": "東京", "mentions": [{"start": 0, "end": 2, "label": "LOC"}]}\n'
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == line


@pytest.mark.parametrize("text", ["[" * 200_000, '{"text": ' + "1" * 5000 + "}"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_beyond_measure_is_refused(tmp_path, text, name):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match="this JSON cannot be read"):
        read(tmp_path / name)
