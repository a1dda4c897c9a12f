"""What is wrong with a file of another tool is said in one line: where, which value, what to do."""

import json

import pytest

from nerlink.errors import DataError
from nerlink.sources import read
from nerlink.sources.reading import READERS

HIPE = "TOKEN\tNE-COARSE-LIT\tNEL-LIT\tMISC\n# hipe2022:document_id = a\n"
CONLLU = "# newdoc id = a\n1\tAda\t_\t_\t_\t_\t_\t_\t_\t"
PUBTATOR = "1|t|Ada met Bob.\n"
XMI = (
    '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
    'xmlns:ner="http:///ner.ecore"><cas:Sofa xmi:id="1" sofaString="Ada 👩 met"/>\n'
    '<ner:NamedEntity sofa="1" begin="{}" end="{}" value="PER"/></xmi:XMI>'
)


def task(text="Ada met Bob.", surface="Ada", **value):
    value = {"start": 0, "end": 3, "text": surface, "labels": ["PER"]} | value
    result = [{"id": "r", "from_name": "label", "type": "labels", "value": value}]
    return json.dumps([{"id": 7, "data": {"text": text}, "annotations": [{"result": result}]}])


def prodigy(**span):
    return json.dumps({"text": "Ada met Bob.", "spans": [{"start": 0, "end": 3, **span}]})


def doccano(*label):
    return json.dumps({"id": 3, "text": "Ada met Bob.", "label": [list(label)]})


def elevant(span=(0, 3), text="Ada met Bob."):
    return json.dumps({"id": 3, "text": text, "labels": [{"span": span, "entity_id": "Q1"}]})


def bioc(text="Ada", **place):
    place = {"offset": 0, "length": 3} | place
    annotation = {"id": "1", "infons": {"type": "PER"}, "text": text, "locations": [place]}
    passage = {"offset": 0, "text": "Ada met Bob.", "annotations": [annotation]}
    return json.dumps({"source": "", "documents": [{"id": "a", "passages": [passage]}]})


CASES = [
    ("label-studio", task()[:-9], r"f: not JSON at column \d+.*Mend it.*'jsonl'"),
    (
        "label-studio",
        task().replace("Bob", "Zoë").encode("cp1252"),
        r"f: byte .* is not utf-8.*encoding=",
    ),
    (
        "label-studio",
        task(end=99, surface=None),
        r"task 7: annotations\[0\].result\[0\]: start 0, end 99",
    ),
    (
        "label-studio",
        task(surface="Bob"),
        r"result\[0\]: .* is 'Ada' .* says 'Bob'. It stands at 8, 11",
    ),
    ("label-studio", task(labels=["PER", "ORG"]), r"result\[0\]: labels is .* a mention has one"),
    ("label-studio", '[{"data": {"a": "x", "b": "y"}}]', "Say which is the text: text="),
    ("doccano", doccano(0, 3, "PER")[:-9], r"f:1: not JSON at column \d+"),
    ("doccano", b'{"text": "Zo\xeb", "label": []}', r"f:1: byte 12 \(0xeb\) is not utf-8"),
    ("doccano", doccano(0, 99, "PER"), r"f:1: label\[0\]: start 0, end 99 reaches outside"),
    ("doccano", doccano(0, 3, 7), r"f:1: label\[0\]: label is the number 7. .*labels="),
    ("doccano", doccano("PER", 3), r"f:1: label\[0\] is \['PER', 3\]; in doccano it looks like"),
    ("doccano", '{"text": "Ada"}', "f:1: the record has none of 'entities', 'label'"),
    ("prodigy", prodigy(label="PER")[:-9], r"f:1: not JSON at column"),
    ("prodigy", b'{"text": "Zo\xeb"}', r"f:1: byte 12 \(0xeb\) is not utf-8"),
    ("prodigy", prodigy(end=99), r"f:1: spans\[0\]: start 0, end 99 reaches outside"),
    ("prodigy", prodigy(text="Bob"), r"f:1: spans\[0\]: .*'Ada' in the text, but .* 'Bob'"),
    ("elevant", elevant()[:-9], "f:1: not JSON at column"),
    ("elevant", elevant(text="Zoë").encode("cp1252")[:-1], "f:1: not JSON|byte"),
    ("elevant", elevant(span=[0, 99]), r"f:1: labels\[0\]: start 0, end 99 reaches outside"),
    ("elevant", elevant(span="0-3"), r"f:1: labels\[0\]: span is '0-3'; it must be \[start, end\]"),
    ("bioc", bioc()[:-9], "f: not JSON at column"),
    ("bioc", "<collection><document>", "f: not XML: .*Mend it"),
    (
        "bioc",
        b"<collection><source>Zo\xeb</source></collection>",
        "f: not XML: Invalid bytes in character encoding.*encoding in",
    ),
    (
        "bioc",
        bioc(length=99),
        r"documents\[0\] 'a'.passages\[0\].annotations\[0\]: start 0, end 99",
    ),
    (
        "bioc",
        bioc(text="Bob"),
        r"annotations\[0\]: .*'Ada' in the text, but the mention says 'Bob'",
    ),
    ("bioc", bioc(offset="x"), r"annotations\[0\].locations\[0\]: offset is 'x'"),
    ("pubtator", PUBTATOR + "1\t0\t3", r"f:2: 3 columns: .* with tabs between them. Mend"),
    ("pubtator", b"1|t|Zo\xeb\n", r"f:1: byte 6 \(0xeb\) is not utf-8"),
    ("pubtator", PUBTATOR + "1\t0\t99\t\tPER\tD1\n", "f:2: start 0, end 99 reaches outside"),
    ("pubtator", PUBTATOR + "1\t0\t3\tBob\tPER\tD1\n", "f:2: .*'Ada' in the text, but .* 'Bob'"),
    ("pubtator", PUBTATOR + "2\t0\t3\tAda\tPER\tD1\n", "f:2: the mention is of '2', but .* '1'"),
    ("pubtator", "1\t0\t3\tAda\tPER\tD1\n", r"f:1: .* stands before any text; .*'PMID\|t\|title'"),
    ("hipe", HIPE + "Ada\tB-pers\n", r"f:3: 2 columns instead of 4: \['Ada', 'B-pers'\]. Mend"),
    ("hipe", HIPE.encode() + b"Zo\xeb\tO\t_\t_\n", r"f:3: byte 2 \(0xeb\) is not utf-8"),
    ("hipe", HIPE + "Ada\tX:pers\tQ1\t_\n", "f:3: .*X:pers"),
    ("hipe", HIPE + "Ada\tB-pers\tQ1\t_\nLee\tI-pers\tQ2\t_\n", "f:3: .*bear Q1 and Q2. Give"),
    ("hipe", "a\tb\n", "f:1: the first line is .*; it must name the columns.*--from conll"),
    ("conllu", CONLLU[:-3], "f:2: .* is no line of CoNLL-U, which has ten columns"),
    ("conllu", CONLLU.encode() + b"Zo\xeb\n", r"f:2: byte \d+ \(0xeb\) is not utf-8"),
    ("conllu", CONLLU + "Entity=(1-person\n", r"f:2: the bracket '\(1-person' is never closed"),
    ("conllu", CONLLU + "Entity=1)\n", r"f:2: the bracket '1\)' closes what none opens"),
    ("conllu", CONLLU + "Entity=1-person\n", "f:2: Entity='1-person' is not understood"),
    ("xmi", XMI.format(0, 3)[:-9], "f: not XML: .*Mend it"),
    ("xmi", XMI.format(0, 99), "f:2: begin '0', end '99' are no places .* of 10 UTF-16 units"),
    ("xmi", XMI.format(0, 5), "f:2: begin '0', end '5' are no places"),
    ("xmi", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "f: it declares entities of its own"),
    ("xmi", "<a/>", "f: there is no text .*Export the document as UIMA CAS XMI"),
    ("spacy", b"nothing", "f: no DocBin of spaCy, or cut short"),
    ("bioc", b"", "f is empty; BioC is XML or JSON"),
]


@pytest.mark.parametrize(("name", "content", "message"), CASES, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_said_in_one_line(tmp_path, name, content, message):
    if name == "spacy":
        pytest.importorskip("spacy")
    path = tmp_path / "f"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        read(path, format=name)
    assert "\n" not in str(caught.value)


BRAT = [
    ("T1\tPER 0 3\n", None),
    ("T1\tPER 0", r"a.ann:1: 'T1\\tPER 0' is no text-bound annotation, which looks like"),
    (b"T1\tPER 0 3\tZo\xeb\n", r"a.ann:1: byte 13 \(0xeb\) is not utf-8"),
    ("T1\tPER 0 99\n", "a.ann:1: start 0, end 99 reaches outside the text of 12 characters"),
    ("T1\tPER 0 3\tBob\n", "a.ann:1: .*'Ada' in the text, but the mention says 'Bob'"),
    ("T1\tPER 0 3;8 11\tAda Lee\n", "a.ann:1: the pieces .* are 'Ada Bob' in the text"),
    ("N1\tReference T9 KB:Q1\tAda\n", "a.ann:1: there is no annotation 'T9' to which 'Q1'"),
    ("T1\tPER 0 3\tAda\nN1\tReference T1\n", "a.ann:2: .* is no reference, which looks like"),
]


@pytest.mark.parametrize(("content", "message"), BRAT, ids=str)
def test_what_is_wrong_in_a_folder_of_brat_is_said_in_one_line(tmp_path, content, message):
    (tmp_path / "a.txt").write_text("Ada met Bob.")
    beside = tmp_path / "a.ann"
    beside.write_bytes(content if isinstance(content, bytes) else content.encode())
    if message is None:
        assert len(read(tmp_path)[0].mentions) == 1
        return
    with pytest.raises(DataError, match=message):
        read(tmp_path)


NEITHER = {
    "aida",
    "brat",
    "conll",
    "csv",
    "json",
    "jsonl",
    "nif",
    "parquet",
    "text",
    "tsv",
    "zelda",
}


def test_every_format_of_another_tool_is_tried():
    assert {name for name, _, _ in CASES} == READERS.keys() - NEITHER
