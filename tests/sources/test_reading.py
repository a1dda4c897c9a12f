import logging

import pytest

from nerlink import sources
from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources.reading import CONTENTS, FOLDERS, READERS, meant_format

DOC = Document(id="a", text="Ada", mentions=(Mention(start=0, end=3, label="PER"),))


WRITTEN_ONLY = {"hf"}
"""A list of mentions without their text cannot be read back."""


def test_every_ending_has_a_reader_and_a_writer():
    told = set(sources.FORMATS.values()) | set(CONTENTS)
    assert told >= set(sources.READERS)
    assert set(sources.FORMATS.values()) | CONTENTS.keys() >= set(sources.WRITERS) - WRITTEN_ONLY
    assert set(sources.WRITERS) - WRITTEN_ONLY <= set(sources.READERS)


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.JSONL", "jsonl"), ("a.b.csv.gz", "csv"), ("a.ttl", "nif"), ("-", "jsonl")],
)
def test_ending_tells_the_format(path, name):
    assert sources.format_of(path) == name


def test_unknown_ending_lists_the_known_ones(tmp_path):
    path = tmp_path / "a.doc"
    path.touch()
    known = r"a.doc: the ending '.doc' tells no format; known are .ann, .bio"
    with pytest.raises(DataError, match=known):
        sources.read(path)
    with pytest.raises(DataError, match=r"b.doc: no such file"):
        sources.read(tmp_path / "b.doc")


def test_unknown_format_lists_the_known_ones():
    with pytest.raises(
        DataError, match="cannot read the format 'xml'; it can read aida, bioc, brat"
    ):
        sources.read("a.jsonl", format="xml")
    with pytest.raises(DataError, match="cannot write the format 'aida'; it can write bioc, brat"):
        sources.write([], "a.jsonl", format="aida")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Label Studio", "label-studio"), ("INCEpTION", "xmi"), ("DocBin", "spacy"), ("zz", "")],
)
def test_what_people_call_a_format_leads_to_its_name(name, meant):
    assert meant_format(name, READERS) == (f" Did you mean {meant!r}?" if meant else "")


@pytest.mark.parametrize("name", ["labelstudio", "label_studio", "Label-Studio"])
def test_a_format_written_in_another_way_is_suggested(name):
    with pytest.raises(DataError, match=r"Did you mean 'label-studio'\?"):
        sources.read("a.json", format=name)


def test_unknown_option_lists_the_known_ones():
    with pytest.raises(DataError, match="reader of 'text' has no option 'line'; it has lines"):
        sources.read("a.txt", line=True)
    with pytest.raises(DataError, match="writer of 'jsonl' has no option 'shape'; it has none"):
        sources.write([], "a.jsonl", shape="mention")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.jsonl: no such file"):
        sources.read(tmp_path / "nowhere.jsonl")


def test_report_counts_what_was_written_and_lost(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        report = sources.write([DOC], tmp_path / "a.txt")
    assert (report.n_documents, report.n_mentions) == (1, 1)
    assert (
        "1 document, 1 mention; the format could not carry ids (1), labels (1), mentions (1)."
        in str(report)
    )
    assert str(report) in caplog.text
    assert str(sources.write([DOC], tmp_path / "a.jsonl")).endswith("nothing lost.")


@pytest.mark.parametrize("name", [*sources.WRITERS])
def test_bad_document_leaves_no_file(tmp_path, name):
    bad = Document(id="b", text="Bea", mentions=(Mention(start=0, end=9),))
    with pytest.raises(DataError, match="document 'b': mention 0: start 0, end 9 reaches"):
        sources.write([DOC, bad] if name != "text" else [bad], tmp_path / "a", format=name)
    assert not list(tmp_path.iterdir())


def test_failure_of_a_stream_keeps_what_was_there(tmp_path):
    path = tmp_path / "a.jsonl"
    sources.write([DOC], path)
    before = path.read_bytes()

    def failing():
        yield DOC
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sources.write(failing(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", sorted(set(sources.WRITERS) - WRITTEN_ONLY - FOLDERS))
def test_standard_streams_serve_as_files(tmp_path, monkeypatch, name):
    import io
    import sys

    output = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", output)
    sources.write([DOC], "-", format=name)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(output.buffer.getvalue())))
    assert sources.read("-", format=name)[0].text == "Ada"


def test_documents_without_a_mention_are_counted_among_others(tmp_path):
    docs = [Document(text="Ada", mentions=(Mention(start=0, end=3),)), Document(text="Bea")]
    report = sources.write(docs, tmp_path / "a.jsonl")
    assert str(report).endswith("2 documents (1 without a mention), 1 mention; nothing lost.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("aida", '{"doc": "a", "sentences": [["Éva"]], "mentions": []}'),
        (
            "zelda",
            '{"id": 1, "text": "Éva", "index": [], "wikipedia_ids": [], "wikipedia_titles": []}',
        ),
        (
            "nif",
            "<http://e.org/1> <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/"
            'nif-core#isString> "Éva" .',
        ),
    ],
)
def test_files_of_other_programs_may_be_in_another_encoding(tmp_path, name, content):
    (tmp_path / "a").write_bytes(content.encode("cp1252"))
    (doc,) = sources.read(tmp_path / "a", format=name, encoding="cp1252")
    assert doc.text == "Éva"
    with pytest.raises(DataError, match="is not utf-8"):
        sources.read(tmp_path / "a", format=name)


def test_what_the_files_of_a_folder_are_read_as_is_said_once(tmp_path, caplog):
    for name in ("a", "b"):
        task = f'[{{"id": 1, "data": {{"text": "Ada", "doc_id": "{name}"}}, "annotations": []}}]'
        (tmp_path / f"{name}.json").write_text(task)
    assert [doc.id for doc in sources.read(tmp_path)] == ["a", "b"]
    assert caplog.text.count("read as label-studio") == 1
