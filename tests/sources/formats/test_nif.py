import tracemalloc

import pytest
import rdflib

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

HEAD = """
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix itsrdf: <http://www.w3.org/2005/11/its/rdf#> .
<http://e.org/1#char=0,11> a nif:Context ; nif:isString "👩 met Paris" .
"""
PHRASE = """
<http://e.org/1#char={start},{end}> a nif:Phrase ; nif:referenceContext <http://e.org/1#char=0,11> ;
  nif:beginIndex "{start}" ; nif:endIndex "{end}" ; nif:anchorOf "Paris" ; {more}
  itsrdf:taIdentRef <{entity}> .
"""
DOC = Document(
    id="doc 1",
    text='Ada\n"met" \\ Bea\r\n',
    mentions=(
        Mention(start=0, end=3, label="PER", entity="Q7259", link_score=0.25),
        Mention(start=0, end=3, label="ROLE", entity="http://e.org/Ada"),
        Mention(start=12, end=15, label="a b", entity=NIL),
        Mention(start=12, end=15),
    ),
    meta={"year": 1843},
)


def read_nif(tmp_path, text, **options):
    (tmp_path / "a.ttl").write_text(text, encoding="utf-8")
    return read(tmp_path / "a.ttl", **options)


def phrase(start=6, end=11, entity="http://dbpedia.org/resource/Paris", more=""):
    return PHRASE.format(start=start, end=end, entity=entity, more=more)


def test_document_comes_back(tmp_path):
    report = write([DOC], tmp_path / "a.ttl")
    (back,) = read(tmp_path / "a.ttl")
    assert set(back.mentions) == set(DOC.mentions)
    assert (back.id, back.text, back.meta, report.lost) == (DOC.id, DOC.text, DOC.meta, {})


def test_foreign_file_is_read(tmp_path):
    more = "itsrdf:taClassRef <http://dbpedia.org/ontology/Place> ; itsrdf:taConfidence 0.5 ;"
    options = {"documents": "http://e.org/", "entities": "http://dbpedia.org/resource/"}
    (doc,) = read_nif(tmp_path, HEAD + phrase(more=more), **options)
    place = "http://dbpedia.org/ontology/Place"
    mention = Mention(start=6, end=11, label=place, entity="Paris", link_score=0.5)
    assert doc == Document(id="1", text="👩 met Paris", mentions=(mention,))


def test_entity_of_no_knowledge_base_is_nil(tmp_path):
    text = HEAD + phrase(entity="http://aksw.org/notInWiki/Paris")
    assert read_nif(tmp_path, text)[0].mentions[0].entity == NIL


def test_offsets_in_utf16_units_are_converted(tmp_path):
    (doc,) = read_nif(tmp_path, HEAD + phrase(start=7, end=12))
    assert doc.surface(doc.mentions[0]) == "Paris"


def test_offsets_that_fit_no_way_are_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"mention 3-8: start 3, end 8 is .* but the mention says 'Paris'"
    ):
        read_nif(tmp_path, HEAD + phrase(start=3, end=8))


def test_offset_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(DataError, match="nif:beginIndex is 'x'; it must be a whole number"):
        read_nif(tmp_path, HEAD + phrase(start="x"))


def test_score_or_meta_of_another_kind_is_refused(tmp_path):
    more = '<http://www.w3.org/2005/11/its/rdf#taConfidence> "high" ;'
    with pytest.raises(DataError, match="taConfidence is 'high'; it must be a number"):
        read_nif(tmp_path, HEAD + phrase(more=more))
    for meta, message in (("5", "meta is 5; it must be an object"), ("{", "meta")):
        said = f'<http://e.org/1#char=0,11> <urn:nerlink:meta> "{meta}" .'
        with pytest.raises(DataError, match=message):
            read_nif(tmp_path, HEAD + said)


def test_mistake_in_turtle_is_named(tmp_path):
    with pytest.raises(DataError, match=r"a.ttl:6: not Turtle"):
        read_nif(tmp_path, HEAD + "\nnonsense here .")


def test_words_are_no_mentions(tmp_path):
    word = phrase().replace("nif:Phrase", "nif:Word").rpartition("itsrdf:taIdentRef")[0]
    assert read_nif(tmp_path, HEAD + word.rstrip().removesuffix(";") + ".")[0].mentions == ()


def test_spans_that_are_called_no_more_than_strings_are_mentions(tmp_path):
    string = "nif:RFC5147String, nif:String"
    span = phrase().replace("nif:Phrase", string).rpartition("itsrdf:taIdentRef")[0]
    (mention,) = read_nif(tmp_path, HEAD + span.rstrip().removesuffix(";") + ".")[0].mentions
    assert (mention.start, mention.end, mention.entity) == (6, 11, None)


def test_bad_document_is_skipped(tmp_path):
    other = '<http://e.org/2> a nif:Context ; nif:isString "Ada" .\n'
    docs = read_nif(tmp_path, HEAD + other + phrase(start=0, end=5), on_error="skip")
    assert [doc.text for doc in docs] == ["Ada"]


def test_documents_come_in_order_of_their_names(tmp_path):
    docs = [Document(id=f"doc-{i}", text="x") for i in range(12)]
    write(docs, tmp_path / "a.ttl")
    assert read(tmp_path / "a.ttl") == docs


def test_what_is_written_is_turtle_with_the_addresses_one_names(tmp_path):
    write(
        [DOC], tmp_path / "a.ttl", base="http://e.org/", entities="http://www.wikidata.org/entity/"
    )
    graph = rdflib.Graph().parse(tmp_path / "a.ttl", format="turtle")
    entities = {
        str(value)
        for value in graph.objects(
            predicate=rdflib.URIRef("http://www.w3.org/2005/11/its/rdf#taIdentRef")
        )
    }
    assert "http://www.wikidata.org/entity/Q7259" in entities
    assert "http://e.org/Ada" in entities


def test_what_nif_cannot_carry_is_counted(tmp_path):
    mention = Mention(start=0, end=3, label="PER", score=0.5)
    doc = Document(text="Ada", mentions=(mention,), tokens=((0, 3),), sentences=((0, 3),))
    assert write([doc], tmp_path / "a.ttl").lost == {"scores": 1, "sentences": 1, "tokens": 1}


def test_documents_without_an_id_are_no_others(tmp_path):
    documents = [Document(text="abc"), Document(text="xyz", id="0"), Document(text="abd", id="1")]
    write(documents, tmp_path / "a.ttl")
    assert sorted(read(tmp_path / "a.ttl"), key=str) == sorted(documents, key=str)
    with pytest.raises(DataError, match="id '0' occurs twice"):
        write([documents[1], documents[1]], tmp_path / "b.ttl")


def test_phrases_of_no_context_are_an_error(tmp_path):
    lost = phrase().replace("1#char=0,11>", "1#char=0,>")
    with pytest.raises(DataError, match=r"1 phrase of .*#char=0,, which has no nif:isString"):
        read_nif(tmp_path, HEAD + lost)


def test_of_several_references_the_one_of_the_named_base_is_taken(tmp_path):
    also = "<http://www.w3.org/2005/11/its/rdf#taIdentRef> <http://www.wikidata.org/entity/Q90> ;"
    text = HEAD + phrase(more=also)
    (doc,) = read_nif(tmp_path, text, entities="http://www.wikidata.org/entity/")
    assert doc.mentions[0].entity == "Q90"
    with pytest.raises(DataError, match="Say which addresses to take"):
        read_nif(tmp_path, text)


@pytest.mark.parametrize(
    ("surface", "entity"),
    [
        ("http://e.org/Ada", NIL),
        ("http://aksw.org/notInWiki/Ada", NIL),
        ("Ada", "http://aksw.org/notInWiki/Ada"),
    ],
)
def test_link_of_what_looks_like_another_address_comes_back(tmp_path, surface, entity):
    mention = Mention(start=0, end=len(surface), label="URL", entity=entity)
    doc = Document(id="a", text=surface, mentions=(mention,))
    assert write([doc], tmp_path / "a.ttl").lost == {}
    assert read(tmp_path / "a.ttl") == [doc]


CONTEXT = "<http://e.org/1#char=0,11>"
NIF = "<http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#{}>"
ITS = "<http://www.w3.org/2005/11/its/rdf#{}>"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (f"{CONTEXT} {NIF.format('isString')} 'other'", "isString has 2 values, 'other' and"),
        ('{} {nif_begin} "0"', "beginIndex has 2 values, '0' and '6'. Leave one"),
        ('{} {nif_end} "10"', "endIndex has 2 values, '10' and '11'"),
        ("{} {ident} <http://e.org/Q1>", "taIdentRef has 2 values, .*Say which addresses to take"),
        ("{} {ident} <urn:nerlink:entity:Q1>", "taIdentRef has 2 values"),
        ("{} {label} <http://e.org/A>, <http://e.org/B>", "taClassRef has 2 values"),
        (f"{CONTEXT} <urn:nerlink:meta> '{{}}', '{{\"a\": 1}}'", "meta has 2 values"),
        (f"{CONTEXT} <urn:nerlink:meta> ''", "meta: not JSON"),
    ],
)
def test_two_values_where_one_is_meant_are_refused(tmp_path, said, message):
    words = {
        "nif_begin": NIF.format("beginIndex"),
        "nif_end": NIF.format("endIndex"),
        "ident": ITS.format("taIdentRef"),
        "label": ITS.format("taClassRef"),
    }
    if "nif_" in said or "{ident}" in said or "{label}" in said:
        said = said.format("<http://e.org/1#char=6,11>", **words)
    with pytest.raises(DataError, match=message):
        read_nif(tmp_path, HEAD + phrase() + said + " .")


def test_a_value_that_is_said_twice_is_one(tmp_path):
    (doc,) = read_nif(tmp_path, HEAD + phrase() + phrase())
    assert len(doc.mentions) == 1


@pytest.mark.parametrize("end", ["<http://e.org/2", "@prefix", '"', "_:", "[ " * 3000, "( " * 3000])
def test_turtle_that_is_cut_short_is_an_error_for_people(tmp_path, end):
    with pytest.raises(DataError, match=r"a\.ttl.*: not Turtle"):
        read_nif(tmp_path, HEAD + end)


def test_numbers_of_turtle_are_not_written_out(tmp_path, caplog):
    more = 'nif:x "1e99999999"^^<http://www.w3.org/2001/XMLSchema#decimal>, 1e99999999 ;'
    more += 'nif:y "9"^^<http://www.w3.org/2001/XMLSchema#date> ;'
    tracemalloc.start()
    try:
        read_nif(tmp_path, HEAD + phrase(more=more))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert caplog.records == []


def test_offsets_in_bytes_are_converted(tmp_path):
    (doc,) = read_nif(tmp_path, HEAD + phrase(start=9, end=14))
    assert doc.surface(doc.mentions[0]) == "Paris"
