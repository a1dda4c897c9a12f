"""Exchanges as GERBIL has them, read back with rdflib as GERBIL reads them with Jena."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
import rdflib

from nerlink.data import NIL
from tests.world import TEXTS, marked

NIF = rdflib.Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
ITS = rdflib.Namespace("http://www.w3.org/2005/11/its/rdf#")
TURTLE = {"Content-Type": "application/x-turtle", "Accept": "application/x-turtle"}
BASE = "http://www.aksw.org/gerbil/NifWebService/request_7"
EMOJI = "👩\u200d🚀 𐍈 \U0001d538: "
TEMPLATE = "http://dbpedia.org/resource/{id}"


class Span(NamedTuple):
    start: int
    end: int
    surface: str
    entity: str | None = None


def turtle(text, spans=(), *, base=BASE, kinds=(NIF.Phrase, NIF.String, NIF.RFC5147String)):
    """A document as GERBIL writes it: offsets are code points, spans have no `taIdentRef`."""
    graph = rdflib.Graph()
    context = rdflib.URIRef(f"{base}#char=0,{len(text)}")
    for kind in (NIF.Context, NIF.String, NIF.RFC5147String):
        graph.add((context, rdflib.RDF.type, kind))
    whole = [(context, 0, len(text))]
    graph.add((context, NIF.isString, rdflib.Literal(text)))
    for start, end in spans:
        span = rdflib.URIRef(f"{base}#char={start},{end}")
        whole.append((span, start, end))
        graph.add((span, NIF.referenceContext, context))
        graph.add((span, NIF.anchorOf, rdflib.Literal(text[start:end])))
        for kind in kinds:
            graph.add((span, rdflib.RDF.type, kind))
    for subject, start, end in whole:
        for name, value in ((NIF.beginIndex, start), (NIF.endIndex, end)):
            literal = rdflib.Literal(str(value), datatype=rdflib.XSD.nonNegativeInteger)
            graph.add((subject, name, literal))
    return graph.serialize(format="turtle").encode()


def heard(answer) -> tuple[str, str, list[Span]]:
    """Address and text of the only context of an answer, and its spans with their links."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-turtle")
    graph = rdflib.Graph().parse(data=answer.content.decode("ascii"), format="turtle")
    ((context, text),) = graph.subject_objects(NIF.isString)
    spans = []
    for span in graph.subjects(NIF.referenceContext, context):
        start, end = (int(graph.value(span, name)) for name in (NIF.beginIndex, NIF.endIndex))
        entity = graph.value(span, ITS.taIdentRef)
        surface = str(graph.value(span, NIF.anchorOf))
        spans.append(Span(start, end, surface, None if entity is None else str(entity)))
    return str(context), str(text), sorted(spans)


def expected(doc):
    def address(mention):
        if mention.entity == NIL:
            return "http://aksw.org/notInWiki/" + doc.surface(mention).replace(" ", "%20")
        return TEMPLATE.replace("{id}", mention.entity)

    return [Span(m.start, m.end, doc.surface(m), address(m)) for m in doc.mentions]


def shifted(doc, before):
    """A document with a text before it."""
    n = len(before)
    spans = [(m.start + n, m.end + n) for m in doc.mentions]
    return before + doc.text, spans


@pytest.fixture(scope="module")
def client(serve):
    return serve(uri_template=TEMPLATE)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_with_mentions_and_links(client, pipeline, text):
    doc = pipeline(marked(text).text)
    answer = client.post("/gerbil/a2kb", content=turtle(doc.text), headers=TURTLE)
    assert heard(answer) == (f"{BASE}#char=0,{len(doc.text)}", doc.text, expected(doc))


def test_known_answers_are_the_right_ones(client):
    doc = marked(TEXTS[1])
    answer = client.post("/gerbil/a2kb", content=turtle(doc.text), headers=TURTLE)
    assert heard(answer)[2] == expected(doc)


@pytest.mark.parametrize("before", ["", EMOJI, "e\u0301 ñ «ﬁ» 中文 ", '\r\n\t"\\ '])
@pytest.mark.parametrize("kinds", [(NIF.Phrase,), (NIF.String, NIF.RFC5147String)])
def test_given_spans_are_linked_and_no_others(client, before, kinds):
    text, spans = shifted(marked(TEXTS[1]), before)
    content = turtle(text, spans[1:], kinds=kinds)
    answer = client.post("/gerbil/d2kb", content=content, headers=TURTLE)
    context, back, (span,) = heard(answer)
    assert (context, back) == (f"{BASE}#char=0,{len(text)}", text)
    assert span == (*spans[1], "Texas", TEMPLATE.replace("{id}", "texas"))


@pytest.mark.parametrize("before", ["😀 ", "𐍈𐍈𐍈 "])
def test_mentions_behind_emoji_are_counted_in_code_points(client, before):
    text, _ = shifted(marked(TEXTS[1]), before)
    _, back, spans = heard(client.post("/gerbil/a2kb", content=turtle(text), headers=TURTLE))
    assert back == text
    assert "Texas" in [span.surface for span in spans]
    assert [text[span.start : span.end] for span in spans] == [span.surface for span in spans]


def test_what_is_in_no_base_is_nil_as_gerbil_writes_it(client):
    text = "Otto Nix and Ada Byron met."
    content = turtle(text, [(0, 8)])
    _, _, (span,) = heard(client.post("/gerbil/d2kb", content=content, headers=TURTLE))
    assert span.entity == "http://aksw.org/notInWiki/Otto%20Nix"


@pytest.mark.parametrize(
    "address",
    [
        f"<{BASE}#offset_0_11>",
        "<http://e.org/a%20b/\u00e9?x=1&y=2#char=0,11>",
        "<urn:doc:1>",
    ],
)
def test_a_context_keeps_its_address(client, address):
    body = f'{address} <{NIF.isString}> "Paris, Acme" .'
    context, text, _ = heard(client.post("/gerbil/a2kb", content=body.encode(), headers=TURTLE))
    assert (f"<{context}>", text) == (address, "Paris, Acme")


def test_a_relative_address_says_nothing_of_the_server(client):
    body = f'<#char=0,5> <{NIF.isString}> "Paris" .'
    answer = client.post("/gerbil/a2kb", content=body, headers=TURTLE)
    assert heard(answer)[0] == "http://nerlink.invalid/#char=0,5"


def test_an_address_cannot_end_its_own_brackets(client):
    body = f'<http://e.org/\\u003E> <{NIF.isString}> "Paris" .'
    answer = client.post("/gerbil/a2kb", content=body, headers=TURTLE)
    assert heard(answer)[0] == "http://e.org/%3E"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no nif:Context"),
        (b"nonsense", "not Turtle"),
        (b'<a> <b> "\xff" .', "byte 9 is not UTF-8"),
        (f'<http://e.org/1> <{NIF.isString}> "a\\u0000b" .'.encode(), "character 1 is NUL"),
        (turtle("Paris", [(0, 9)]), "outside the text"),
        (f'<http://e.org/\\uD800> <{NIF.isString}> "a\\uD800" .'.encode(), "surrogate pair"),
        (turtle("Paris").replace(b"isString", b"isNothing"), "no nif:Context"),
    ],
    ids=["empty", "nonsense", "bytes", "NUL", "outside", "half", "no text"],
)
@pytest.mark.parametrize("door", ["a2kb", "d2kb"])
def test_what_is_no_document_is_refused(client, door, body, message):
    answer = client.post(f"/gerbil/{door}", content=body, headers=TURTLE)
    assert answer.status_code in (400, 422)
    assert message in answer.json()["error"]["message"]


def test_exchanges_at_once_do_not_disturb_each_other(client):
    docs = [marked(text) for text in TEXTS] * 3

    def ask(doc):
        spans = [(m.start, m.end) for m in doc.mentions]
        content = turtle(doc.text, spans, base=f"{BASE}/{id(doc)}")
        return heard(client.post("/gerbil/d2kb", content=content, headers=TURTLE))

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask, docs))
    assert [spans for _, _, spans in answers] == [expected(doc) for doc in docs]
    assert rdflib.NORMALIZE_LITERALS
