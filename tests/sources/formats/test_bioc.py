import io
import json

import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write


def note(text, *places, **infons):
    locations = [{"offset": start, "length": length} for start, length in places]
    return {"id": "1", "infons": infons, "text": text, "locations": locations}


def stored(tmp_path, *passages, **document):
    path = tmp_path / "a.json"
    docs = [{"id": "7", "passages": list(passages), **document}]
    path.write_text(json.dumps({"source": "x", "documents": docs}), encoding="utf8")
    return path


def passage(offset, text, *annotations, **others):
    return {"offset": offset, "text": text, "annotations": list(annotations), **others}


FLU = note("flu", (9, 3), type="Disease", identifier="MESH:D007251", score="0.9")


def test_passages_are_put_together_as_their_offsets_say(tmp_path):
    (doc,) = read(stored(tmp_path, passage(0, "Aspirin"), passage(8, "a flu.", note("a", (8, 1)))))
    assert doc.text == "Aspirin\na flu."
    assert [doc.surface(m) for m in doc.mentions] == ["a"]


def test_infons_are_label_entity_and_columns(tmp_path):
    (doc,) = read(stored(tmp_path, passage(7, "a flu.", FLU), infons={"year": "1999"}))
    assert doc.mentions == (Mention(start=9, end=12, label="Disease", entity="MESH:D007251"),)
    assert doc.meta == {"year": "1999", "mention_columns": {"infon_score": ["0.9"]}}
    (doc,) = read(stored(tmp_path, passage(7, "a flu.", FLU)), prefix=False, label="score")
    assert (doc.mentions[0].label, doc.mentions[0].entity) == ("0.9", "D007251")


def test_sentences_without_a_text_around_them_make_the_text(tmp_path):
    sentences = [passage(0, "One."), passage(5, "A flu.", note("flu", (7, 3)))]
    (doc,) = read(stored(tmp_path, {"offset": 0, "sentences": sentences}))
    assert (doc.text, doc.sentences) == ("One.\nA flu.", ((0, 4), (5, 11)))
    assert doc.surface(doc.mentions[0]) == "flu"


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 1), ("utf-16-le", 2)])
def test_offsets_in_other_units_are_found_by_what_stands_there(tmp_path, encoding, width):
    def size(text):
        return len(text.encode(encoding)) // width

    first, second = "Zoë 👩 had", "the flu 🤧."
    offset = size(first) + 1
    one = note("flu", (offset + size("the "), 3), type="X")
    (doc,) = read(stored(tmp_path, passage(0, first), passage(offset, second, one)))
    assert doc.text == f"{first}\n{second}"
    assert doc.surface(doc.mentions[0]) == "flu"


def test_several_locations_follow_a_rule_and_are_written_as_they_were(tmp_path):
    one = note("Colon cancer", (0, 5), (18, 6), type="X")
    path = stored(tmp_path, passage(0, "Colon and ovarian cancer", one))
    docs = read(path)
    assert [docs[0].surface(m) for m in docs[0].mentions] == ["Colon and ovarian cancer"]
    write(docs, tmp_path / "b.json", format="bioc", syntax="json")
    again = json.loads((tmp_path / "b.json").read_text())["documents"][0]["passages"][0]
    assert again["annotations"][0]["locations"] == one["locations"]
    assert read(path, fragments="leave-out")[0].mentions == ()


def test_an_infon_that_may_be_the_entity_has_to_be_only_one(tmp_path):
    path = stored(tmp_path, passage(0, "flu", note("flu", (0, 3), MESH="D1", CUI="C1")))
    with pytest.raises(DataError, match=r"'MESH' and 'CUI' may be the ids. Say which: entity="):
        read(path)
    assert read(path, entity="CUI")[0].mentions[0].entity == "C1"


def test_relations_are_counted_and_a_passage_out_of_place_is_refused(tmp_path, caplog):
    read(stored(tmp_path, passage(0, "flu", relations=[{}]), relations=[{}]))
    assert "relations (2)" in caplog.text
    with pytest.raises(DataError, match=r"part 1 of the text begins at 2, but .* ends at 3. Mend"):
        read(stored(tmp_path, passage(0, "flu"), passage(2, "x")))


DOC = Document(
    id="<7>",
    text='Zoë\r\nhad "flu" 👩.',
    mentions=(Mention(start=10, end=13, label="A&B", entity="D1"),),
    meta={"year": "1999"},
)


@pytest.mark.parametrize("syntax", ["xml", "json"])
def test_the_library_bioc_reads_what_is_written_and_the_other_way_round(tmp_path, syntax):
    from bioc import biocjson, biocxml

    library = biocxml if syntax == "xml" else biocjson
    write([DOC], tmp_path / "a.bioc", syntax=syntax)
    content = (tmp_path / "a.bioc").read_text(encoding="utf8")
    collection = library.loads(content)
    (one,) = collection.documents[0].passages[0].annotations
    assert (one.text, one.infons) == ("flu", {"type": "A&B", "identifier": "D1"})
    handle = io.StringIO()
    library.dump(collection, handle)
    (tmp_path / "b.bioc").write_text(handle.getvalue(), encoding="utf8")
    assert read(tmp_path / "b.bioc") == [DOC]
