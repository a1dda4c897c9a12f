import json

import pytest

from nerlink.errors import DataError
from nerlink.sources import read

FILES = {
    "columns": ("a.txt", "Anna B-PER\nspoke O\n", "--from conll"),
    "columns without names": ("a.tsv", "Anna\tB-PER\nspoke\tO\n", "--from conll"),
    "WebAnno": ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n", "looks like WebAnno TSV"),
    "JSON lines": ("a.txt", '{"text": "a"}\n{"text": "b"}\n', "--from jsonl"),
    "AIDA": ("a.tsv", "-DOCSTART- (1 EU)\nEU\tB\tEU\t--NME--\n", "--from conll"),
    "no CoNLL-U": ("a.conllu", "1\tAnna\n", "CoNLL-U, which has ten columns.*--from conll"),
    "brat": ("a.ann", "T1\tPER 0 4\tAnna\n", "a.txt: no such file"),
}


@pytest.mark.parametrize(("name", "content", "message"), FILES.values(), ids=FILES)
def test_content_of_another_format_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)


def test_a_format_that_is_named_is_not_doubted(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Anna B-PER\nspoke O\n", encoding="utf8")
    assert read(path, format="text")[0].text == "Anna B-PER\nspoke O\n"


@pytest.mark.parametrize("text", ["Anna met O\nand left", "A plain text.", "{braces}\n", ""])
def test_plain_text_is_plain_text(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf8")
    assert read(path)[0].text == text


RECORDS = {
    "label-studio": {"id": 1, "data": {"text": "Anna"}, "annotations": []},
    "bioc": {"source": "", "documents": [{"id": "1", "passages": [{"offset": 0, "text": "Anna"}]}]},
    "prodigy": {"text": "Anna", "spans": [], "answer": "accept"},
    "elevant": {"id": 1, "text": "Anna", "labels": [{"span": [0, 4], "entity_id": "Q1"}]},
}
CONTENTS = {
    "pubtator": ("a.txt", "1|t|Anna\n"),
    "hipe": ("a.tsv", "TOKEN\tNE-COARSE-LIT\n# document_id = 1\nAnna\tB-pers\n"),
    "xmi": (
        "a.xml",
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore">'
        '<cas:Sofa xmi:id="1" sofaString="Anna"/></xmi:XMI>',
    ),
    **{name: ("a.json", json.dumps(record)) for name, record in RECORDS.items()},
    "elevant": ("a.jsonl", json.dumps(RECORDS["elevant"]) + "\n"),
}


@pytest.mark.parametrize(("name", "file", "content"), [(n, *c) for n, c in CONTENTS.items()])
def test_content_that_can_only_be_of_one_format_is_read_as_that_which_is_said(
    tmp_path, caplog, name, file, content
):
    (tmp_path / file).write_text(content, encoding="utf8")
    assert [doc.text for doc in read(tmp_path / file)] == ["Anna"]
    assert f"{file}: read as {name}, as its content shows" in caplog.text


def test_a_text_is_read_with_the_annotations_beside_it(tmp_path, caplog):
    (tmp_path / "a.txt").write_text("Anna", encoding="utf8")
    (tmp_path / "a.ann").write_text("T1\tPER 0 4\tAnna\n", encoding="utf8")
    assert [m.label for m in read(tmp_path / "a.txt")[0].mentions] == ["PER"]
    assert "a.txt: read as brat" in caplog.text
    assert read(tmp_path / "a.txt", format="text")[0].mentions == ()
