from xml.etree import ElementTree

import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

TEXT = "👩 Ada\nmet Bo."
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" '
    'xmlns:cas="http:///uima/cas.ecore" xmlns:type="http:///de/x/ner/type.ecore" '
    'xmlns:custom="http:///webanno/custom.ecore" xmi:version="2.0">'
    f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" sofaString="{TEXT}"/>'
).replace("\n", "&#10;")
WIKIDATA = "http://www.wikidata.org/entity/Q7259"


def stored(tmp_path, *elements):
    (tmp_path / "a.xmi").write_text(HEAD + "\n".join(elements) + "</xmi:XMI>", encoding="utf8")
    return tmp_path / "a.xmi"


NAMED = (
    f'<type:NamedEntity xmi:id="3" sofa="1" begin="3" end="6" value="PER" identifier="{WIKIDATA}"/>'
)


def test_named_entities_are_read_with_their_identifier(tmp_path):
    other = '<type:NamedEntity xmi:id="4" sofa="1" begin="11" end="13" score="x"/>'
    (doc,) = read(stored(tmp_path, other, NAMED))
    assert (doc.id, doc.text) == ("a", TEXT)
    assert doc.mentions == (
        Mention(start=2, end=5, label="PER", entity=WIKIDATA),
        Mention(start=10, end=12),
    )
    assert doc.meta["mention_columns"] == {"feature_score": [None, "x"]}
    assert read(tmp_path / "a.xmi", ids="cut")[0].mentions[0].entity == "Q7259"


def test_another_layer_and_its_features_can_be_named(tmp_path, caplog):
    own = '<custom:Place xmi:id="4" sofa="1" begin="3" end="6" kind="X" kb="Q1"/>'
    (doc,) = read(stored(tmp_path, NAMED, own), layer="Place", label="kind", entity="kb")
    assert doc.mentions == (Mention(start=2, end=5, label="X", entity="Q1"),)
    assert "annotations of the layer NamedEntity (1)" in caplog.text


def test_annotations_of_other_views_are_not_of_the_text(tmp_path):
    view = '<cas:Sofa xmi:id="2" sofaID="other" sofaString="x"/>'
    (doc,) = read(stored(tmp_path, view, NAMED.replace('sofa="1"', 'sofa="2"')))
    assert doc.mentions == ()


def test_nothing_is_loaded_from_elsewhere(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    attack = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    content = HEAD.replace("<xmi:XMI", f"{attack}<xmi:XMI", 1) + "<a>&x;</a></xmi:XMI>"
    (tmp_path / "b.xmi").write_text(content, encoding="utf8")
    with pytest.raises(DataError, match="declares entities of its own") as caught:
        read(tmp_path / "b.xmi")
    assert "secret" not in str(caught.value).replace(str(tmp_path), "")


def test_entities_that_only_grow_are_refused(tmp_path):
    lines = ['<!ENTITY a0 "lol">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    (tmp_path / "b.xmi").write_text(f'<!DOCTYPE a [{"".join(lines)}]><a b="&a9;">&a9;</a>')
    with pytest.raises(DataError, match=r"b\.xmi: "):
        read(tmp_path / "b.xmi")


DOC = Document(
    id="part/a",
    text=TEXT,
    mentions=(
        Mention(start=2, end=5, label="PER", entity=WIKIDATA),
        Mention(start=10, end=12, label="<&>", entity=NIL),
    ),
    sentences=((0, 13),),
    tokens=((0, 1), (2, 5), (6, 9), (10, 12), (12, 13)),
)


def test_documents_are_written_with_their_types_beside(tmp_path):
    report = write([DOC], tmp_path / "out", format="xmi")
    assert report.lost == {}
    assert read(tmp_path / "out") == [DOC]
    types = ElementTree.parse(tmp_path / "out/TypeSystem.xml").getroot()  # noqa: S314
    names = {node.text.rpartition(".")[2] for node in types.iter() if node.tag.endswith("}name")}
    cas = ElementTree.parse(tmp_path / "out/part/a.xmi").getroot()  # noqa: S314
    kinds = {node.tag.rpartition("}")[2] for node in cas if "uima/cas" not in node.tag}
    assert kinds <= names
    assert kinds == {"DocumentMetaData", "NamedEntity", "Sentence", "Token"}


def test_ids_are_written_as_addresses(tmp_path):
    mention = Mention(start=2, end=5, label="PER", entity="Q7259")
    address = WIKIDATA.removesuffix("Q7259")
    write(
        [Document(text=TEXT, mentions=(mention,))], tmp_path / "out", format="xmi", prefix=address
    )
    (doc,) = read(tmp_path / "out")
    assert doc.mentions[0].entity == WIKIDATA
