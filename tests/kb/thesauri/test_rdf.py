import gzip
import socket
import sys
from collections.abc import Iterator

import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS, XSD

from nerlink.errors import DataError

SKOS_XL = rdflib.Namespace("http://www.w3.org/2008/05/skos-xl#")
OBO = rdflib.Namespace("http://purl.obolibrary.org/obo/")
OBO_IN_OWL = rdflib.Namespace("http://www.geneontology.org/formats/oboInOwl#")
EX = rdflib.Namespace("http://example.org/c/")


@pytest.fixture
def skos() -> rdflib.Graph:
    graph = rdflib.Graph()
    for name, broader in (("drink", None), ("wine", "drink"), ("old", "wine")):
        graph.add((EX[name], RDF.type, SKOS.Concept))
        graph.add((EX[name], SKOS.prefLabel, rdflib.Literal(f"{name} é 🍷", lang="en")))
        if broader:
            graph.add((EX[name], SKOS.broader, EX[broader]))
    graph.add((EX.wine, SKOS.altLabel, rdflib.Literal('a "quoted"\\ label', lang="en")))
    graph.add((EX.old, OWL.deprecated, rdflib.Literal("true", datatype=XSD.boolean)))
    graph.add((EX.old, DCTERMS.isReplacedBy, EX.wine))
    return graph


FORMATS = [
    ("ttl", "turtle"),
    ("nt", "nt"),
    ("rdf", "xml"),
    ("rdf", "pretty-xml"),
    ("rdf", "turtle"),
]


@pytest.mark.parametrize(("ending", "format_"), FORMATS)
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gz"])
def test_what_rdflib_writes_is_read_the_same_in_all_formats(
    build, skos, tmp_path, ending, format_, is_packed
):
    content = skos.serialize(format=format_, encoding="utf-8")
    path = tmp_path / f"drinks.{ending}{'.gz' * is_packed}"
    path.write_bytes(gzip.compress(content) if is_packed else content)
    found = build(path)
    assert {id_: one.name for id_, one in found.items()} == {
        "drink": "drink é 🍷",
        "wine": "wine é 🍷",
    }
    assert found["wine"].type == "drink é 🍷"
    assert set(found["wine"].aliases) == {'a "quoted"\\ label', "old é 🍷"}


def test_labels_that_are_things_of_their_own_are_read(build, tmp_path):
    graph = rdflib.Graph()
    graph.add((EX.wine, RDF.type, SKOS.Concept))
    for at, label, text in (
        (SKOS_XL.prefLabel, EX.label, "wine"),
        (SKOS_XL.altLabel, rdflib.BNode(), "vino"),
    ):
        graph.add((EX.wine, at, label))
        graph.add((label, RDF.type, SKOS_XL.Label))
        graph.add((label, SKOS_XL.literalForm, rdflib.Literal(text, lang="en")))
        graph.add((label, SKOS_XL.literalForm, EX.no_text))
    graph.serialize(tmp_path / "xl.ttl", format="turtle")
    found = build(tmp_path / "xl.ttl")
    assert [(one.name, dict(one.aliases)) for one in found.values()] == [("wine", {"vino": 0})]


@pytest.fixture
def owl(tmp_path):
    """An ontology in OWL as the OBO Foundry writes it."""
    graph = rdflib.Graph()
    for id_, label in (("GO_1", "part"), ("GO_2", "nucleus"), ("GO_3", "core"), ("GO_4", "x")):
        graph.add((OBO[id_], RDF.type, OWL.Class))
        graph.add((OBO[id_], RDFS.label, rdflib.Literal(label)))
    for scope in ("Exact", "Narrow", "Broad", "Related"):
        text = rdflib.Literal(scope.lower())
        graph.add((OBO.GO_2, OBO_IN_OWL[f"has{scope}Synonym"], text))
    graph.add((OBO.GO_2, OBO_IN_OWL.hasDbXref, rdflib.Literal("MESH:D002467")))
    graph.add((OBO.GO_2, OBO.IAO_0000115, rdflib.Literal("Holds the chromosomes.")))
    graph.add((OBO.GO_2, RDFS.comment, rdflib.Literal("checked")))
    graph.add((OBO.GO_2, OBO_IN_OWL.hasOBONamespace, rdflib.Literal("cellular_component")))
    restriction = rdflib.BNode()
    graph.add((OBO.GO_2, RDFS.subClassOf, restriction))
    graph.add((restriction, RDF.type, OWL.Restriction))
    graph.add((OBO.GO_2, RDFS.subClassOf, OBO.GO_1))
    graph.add((OBO.GO_1, RDFS.subClassOf, OWL.Thing))
    for id_, replacement in (("GO_3", OBO.GO_2), ("GO_4", rdflib.Literal("GO:2"))):
        graph.add((OBO[id_], OWL.deprecated, rdflib.Literal(True)))
        graph.add((OBO[id_], OBO.IAO_0100001, replacement))
    graph.add((EX.partOf, RDF.type, OWL.ObjectProperty))
    graph.add((EX.partOf, RDFS.label, rdflib.Literal("part of")))
    graph.serialize(tmp_path / "go.owl", format="xml")
    return tmp_path / "go.owl"


def test_classes_of_owl_have_synonyms_by_scope_and_no_cross_references(build, owl, caplog):
    found = build(owl)
    nucleus = found["GO:2"]
    assert found.keys() == {"GO:1", "GO:2"}
    assert (nucleus.name, nucleus.description) == ("nucleus", "Holds the chromosomes.")
    assert (nucleus.type, found["GO:1"].type) == ("part", None)
    assert set(nucleus.aliases) == {"exact", "narrow", "broad", "related", "core", "x"}
    assert "left out 2 entries that others replace, whose names" in caplog.text
    assert build(owl, type_from="namespace")["GO:2"].type == "cellular_component"
    only = build(owl, synonyms=["exact"])["GO:2"]
    assert set(only.aliases) == {"exact", "core", "x"}
    assert "3 synonyms of other scopes" in caplog.text


@pytest.mark.parametrize("address", ["deprecated", "DEPRECATED", "obsolete"])
def test_a_status_of_the_past_leaves_a_concept_out(build, address):
    status = "<http://publications.europa.eu/ontology/euvoc#status>"
    found = build(
        f"e:a a skos:Concept ; {status} <http://x.org/status/{address}> . "
        f"e:b a skos:Concept ; {status} <http://x.org/status/CURRENT> ; owl:deprecated false ."
    )
    assert list(found) == ["b"]


def test_rdf_without_a_base_has_the_names_as_ids(build, tmp_path):
    (tmp_path / "wine.rdf").write_text(
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:rdfs="{RDFS}" xmlns:owl="{OWL}">'
        '<owl:Class rdf:ID="Wine"><rdfs:label>wine</rdfs:label></owl:Class></rdf:RDF>',
        encoding="utf8",
    )
    assert list(build(tmp_path / "wine.rdf")) == ["Wine"]


HEAD = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:rdfs="{RDFS}" xmlns:owl="{OWL}" xmlns:skos="{SKOS}">\n'
CLASS = '<owl:Class rdf:about="http://example.org/Wine"><rdfs:label>wine</rdfs:label></owl:Class>'
TURTLE = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<http://e.org/1> skos:prefLabel "


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        (
            "a.ttl",
            TURTLE + '"wine" ;',
            r"a.ttl:2: not Turtle: .*\. Mend it, or copy the file again",
        ),
        (
            "a.ttl",
            TURTLE.encode() + b'"caf\xe9" .',
            r"a.ttl:2: not Turtle: .*UTF-8.* Save the file",
        ),
        ("a.ttl", (TURTLE + '"wine" .').encode("utf-16"), "a.ttl: not UTF-8 but UTF-16"),
        ("a.ttl", "id,name\nQ1,Ada\n", "a.ttl:1: not Turtle: "),
        ("a.nt", '<http://e.org/1> <http://e.org/p> "wine', "a.nt:1: not N-Triples: "),
        ("a.nt", '<http://e.org/1> "wine" .\n', "a.nt:1: not N-Triples: The predicate"),
        ("a.rdf", HEAD + CLASS[:-9], "a.rdf:2: cut short, before the end of rdf:RDF. Copy the"),
        (
            "a.rdf",
            HEAD + "\n" + CLASS.replace("</rdfs", "</skos"),
            "a.rdf:3: not RDF/XML: ill-formed",
        ),
        ("a.rdf", HEAD + CLASS + "\n", "a.rdf:3: cut short, before the end of rdf:RDF"),
        (
            "a.rdf",
            (HEAD + CLASS).replace("wine", "caf\xe9").encode("latin-1"),
            "a.rdf:2: .*as UTF-8",
        ),
        ("a.rdf", "wine, beer", "a.rdf:1: not RDF/XML: "),
        (
            "a.owl",
            "Prefix(:=<http://e.org/>)\nOntology(<http://e.org>)",
            "a.owl: an ontology in func",
        ),
        (
            "a.owl",
            '<?xml version="1.0"?>\n<Ontology xmlns="http://www.w3.org/2002/07/owl#"/>',
            "a.owl: an ontology in functional, Manchester or OWL/XML syntax. Save it as RDF/XML",
        ),
        ("a.ttl", "", "a.ttl: no concepts in it"),
        ("a.rdf", "", "a.rdf: no concepts in it"),
        ("a.ttl.gz", b"not packed", "a.ttl.gz cannot be read: Not a gzipped file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(build, tmp_path, name, content, match):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=match) as caught:
        build(path)
    assert "\n" not in str(caught.value)


def test_a_packed_file_that_is_cut_off_is_refused(build, tmp_path):
    content = gzip.compress((TURTLE + '"wine" .\n').encode() * 5000)
    (tmp_path / "a.ttl.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"a\.ttl\.gz cannot be read: Compressed file ended"):
        build(tmp_path / "a.ttl.gz")


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listens, and has a connection waiting if anybody came."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        yield listening


def test_what_a_file_imports_is_not_opened(build, tmp_path, server):
    other = tmp_path / "other.owl"
    other.write_text(f"{HEAD}{CLASS.replace('Wine', 'Other')}</rdf:RDF>", encoding="utf8")
    web = f"http://127.0.0.1:{server.getsockname()[1]}/other.owl"
    imports = "".join(f'<owl:imports rdf:resource="{one}"/>' for one in (other.as_uri(), web))
    ontology = f'<owl:Ontology rdf:about="http://e.org">{imports}</owl:Ontology>'
    doctype = f'<!DOCTYPE rdf:RDF SYSTEM "{web}">\n'
    for name, head in (("a.owl", HEAD), ("b.owl", doctype + HEAD)):
        (tmp_path / name).write_text(f"{head}{ontology}{CLASS}</rdf:RDF>", encoding="utf8")
        assert list(build(tmp_path / name)) == ["Wine"]
    with pytest.raises(TimeoutError):
        server.accept()


LAUGHS = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">\n' for i in range(20))
ENTITIES = {
    "billion laughs": f'<!ENTITY l0 "ha">\n{LAUGHS}',
    "one long": f'<!ENTITY l20 "{"ha" * 500}">',
    "a file": '<!ENTITY l20 SYSTEM "file:///etc/passwd">',
    "by parameter": '<!ENTITY % more SYSTEM "file:///etc/passwd"> %more;',
    "single quotes": "<!ENTITY l0 'ha'>\n<!ENTITY l20 '&l0;&l0;'>",
    "behind a comment": f'<!-- {"<" * 70000} -->\n<!ENTITY l20 "{"ha" * 500}">',
}


@pytest.mark.parametrize("name", ENTITIES)
def test_entities_that_could_be_an_attack_are_refused(build, tmp_path, name):
    content = f"<!DOCTYPE rdf:RDF [\n{ENTITIES[name]}\n]>\n{HEAD}{CLASS}</rdf:RDF>"
    path = tmp_path / "a.owl"
    path.write_text(content.replace("wine", "&l20;"), encoding="utf8")
    with pytest.raises(
        DataError, match=r"a.owl:\d+: .*<!ENTITY .*which could be an attack"
    ) as told:
        build(path)
    assert "\n" not in str(told.value)


def test_entities_that_shorten_addresses_are_read(build, tmp_path):
    content = (
        f'<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [\n<!ENTITY e "http://example.org/" >]>\n{HEAD}'
    )
    (tmp_path / "a.owl").write_text(
        f"{content}{CLASS.replace('http://example.org/', '&e;')}</rdf:RDF>", encoding="utf8"
    )
    assert list(build(tmp_path / "a.owl", whole_ids=True)) == ["http://example.org/Wine"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_owl_may_be_the_namespace_of_bare_names(build, tmp_path, mark):
    bare = f"{HEAD[:-2]} xmlns='{OWL}'>\n<Ontology rdf:about='http://e.org'/>\n{CLASS}</rdf:RDF>"
    (tmp_path / "a.owl").write_bytes(mark + bare.encode())
    assert list(build(tmp_path / "a.owl")) == ["Wine"]


def test_a_deprecated_class_is_counted(build, caplog):
    assert list(build("e:a a owl:DeprecatedClass . e:b a owl:Class .")) == ["b"]
    assert "left out 1 deprecated entry" in caplog.text


def test_deep_nesting_does_not_end_the_process(build, tmp_path):
    deep = TURTLE + '"a" ; <http://e.org/p> ' + "(" * 100_000
    (tmp_path / "a.ttl").write_text(deep, encoding="utf8")
    with pytest.raises(DataError, match=r"a\.ttl:2: not Turtle"):
        build(tmp_path / "a.ttl")


def test_without_pyoxigraph_the_error_says_what_to_install(build, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyoxigraph", None)
    with pytest.raises(
        DataError, match=r"needs pyoxigraph\. .*pip install 'nerlink\[ontologies\]'"
    ):
        build("e:a a skos:Concept .")
