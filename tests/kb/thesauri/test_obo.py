import sys
import warnings

import pronto
import pytest

from nerlink.errors import DataError

HEAD = "format-version: 1.4\nontology: go\n"
TERM = "\n[Term]\nid: GO:1\nname: nucleus\n"


@pytest.fixture
def ontology(tmp_path):
    """An ontology that pronto writes."""
    ontology = pronto.Ontology()
    part = ontology.create_term("GO:1")
    part.name = "cell part"
    part.namespace = "cellular_component"
    nucleus = ontology.create_term("GO:2")
    nucleus.name = 'the "nucleus", {big} ! 🧬'
    nucleus.definition = pronto.Definition("Holds the chromosomes.", xrefs=[pronto.Xref("PMID:1")])
    for scope in ("EXACT", "NARROW", "BROAD", "RELATED"):
        nucleus.add_synonym(f"{scope.lower()} one", scope=scope)
    nucleus.xrefs = {pronto.Xref("MESH:D002467")}
    nucleus.alternate_ids = {"GO:9"}
    nucleus.superclasses().add(part)
    for id_, replacement in (("GO:3", "GO:2"), ("GO:4", None)):
        old = ontology.create_term(id_)
        old.name = f"obsolete {id_}"
        old.obsolete = True
        if replacement:
            old.replaced_by = {ontology[replacement]}
    ontology.create_relationship("part_of").name = "part of"
    path = tmp_path / "go.obo"
    with path.open("wb") as handle:
        ontology.dump(handle, format="obo")
    return path


def test_terms_that_pronto_writes_are_entities(build, ontology, caplog):
    found = build(ontology)
    assert {id_: one.name for id_, one in found.items()} == {
        "GO:1": "cell part",
        "GO:2": 'the "nucleus", {big} ! 🧬',
    }
    nucleus = found["GO:2"]
    assert (nucleus.type, nucleus.description) == ("cell part", "Holds the chromosomes.")
    assert set(nucleus.aliases) == {"exact one", "narrow one", "broad one", "related one", "GO:3"}
    assert "left out 1 entry that others replace, whose names are aliases" in caplog.text
    assert "; 1 deprecated entry." in caplog.text


def test_scopes_and_namespaces_are_chosen(build, ontology):
    found = build(ontology, synonyms=["exact", "narrow"], type_from="namespace")
    assert set(found["GO:2"].aliases) == {"exact one", "narrow one", "GO:3"}
    assert [one.type for one in found.values()] == ["cellular_component", None]


def test_terms_have_the_namespace_of_the_head(build, tmp_path):
    own = "\n[Term]\nid: GO:2\nname: b\nnamespace: own\n"
    path = tmp_path / "go.obo"
    path.write_text(f"{HEAD}default-namespace: all\n{TERM}{own}", encoding="utf8")
    assert [one.type for one in build(path, type_from="namespace").values()] == ["all", "own"]


def test_a_term_that_one_might_consider_replaces_nothing(build, tmp_path):
    old = "\n[Term]\nid: GO:2\nname: old\nis_obsolete: true\nconsider: GO:1\n"
    (tmp_path / "go.obo").write_text(HEAD + TERM + old, encoding="utf8")
    assert {id_: dict(one.aliases) for id_, one in build(tmp_path / "go.obo").items()} == {
        "GO:1": {}
    }


def test_instances_are_left_out_and_counted(build, tmp_path, caplog):
    instance = "\n[Instance]\nid: GO:7\nname: this nucleus\ninstance_of: GO:1\n"
    (tmp_path / "go.obo").write_text(HEAD + TERM + instance, encoding="utf8")
    assert list(build(tmp_path / "go.obo")) == ["GO:1"]
    assert (
        "left out 1 thing with labels that are no concepts, such as [Instance], frame 2."
        in caplog.text
    )


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (
            HEAD + TERM + 'synonym: "core" EXACT',
            r"go.obo:7: not OBO 1.4: expected .* Mend the line",
        ),
        (HEAD + TERM.replace("id: GO:1\n", ""), "go.obo:5: not OBO 1.4: "),
        (
            HEAD.encode() + TERM.encode() + b'def: "caf\xe9" []\n',
            r"go.obo:7: not UTF-8. Save the file as UTF-8",
        ),
        (b"format-version: 1.4\nremark: caf\xe9\n", r"go.obo:2: not UTF-8. Save the file as UTF-8"),
        ((HEAD + TERM).encode("utf-16"), "go.obo: not UTF-8 but UTF-16, or no text"),
        ("id,name\nGO:1,nucleus\n", "go.obo:1: not OBO 1.4: expected HeaderClause"),
        ("", "go.obo: no concepts in it"),
        (
            HEAD + TERM + TERM.replace("nucleus", "core"),
            "go.obo: GO:1 is the id of two terms, 'core' and 'nucleus'. Give one of them another",
        ),
    ],
)
def test_a_file_that_is_not_obo_is_refused_with_its_line(build, tmp_path, content, match):
    path = tmp_path / "go.obo"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=match) as caught:
        build(path)
    assert "\n" not in str(caught.value)


def test_what_a_file_imports_is_not_opened(build, tmp_path):
    (tmp_path / "other.obo").write_text(HEAD + TERM.replace("GO:1", "GO:2"), encoding="utf8")
    imports = f"import: {(tmp_path / 'other.obo').as_uri()}\nimport: http://127.0.0.1:9/x.obo\n"
    (tmp_path / "go.obo").write_text(HEAD + imports + TERM, encoding="utf8")
    with warnings.catch_warnings():
        assert list(build(tmp_path / "go.obo")) == ["GO:1"]


def test_without_fastobo_the_error_says_what_to_install(build, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastobo", None)
    (tmp_path / "go.obo").write_text(HEAD + TERM, encoding="utf8")
    with pytest.raises(DataError, match=r"needs fastobo\. .*pip install 'nerlink\[ontologies\]'"):
        build(tmp_path / "go.obo")
