import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.namespace import RDF, SKOS

from nerlink.data import NIL, Entity, is_one_line
from nerlink.errors import DataError
from nerlink.kb import BuildOptions, KnowledgeBase, ThesaurusOptions, export_entities

# Short and full of what the formats give a meaning to.
PARTS = [
    *"abÄ🍷 \u0301\u05d0\"'\\,;|&<>{}[]#@%/:_=-+^`\u2028\n\r\t",
    "&amp;",
    "&#8203;",
    "http://",
    "urn:",
]
TEXT = st.lists(
    st.sampled_from(PARTS) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=12,
).map(lambda parts: "".join(parts).strip())
NAME = TEXT.filter(lambda text: text and is_one_line(text))


@st.composite
def entity(draw):
    return Entity(
        id=draw(NAME.filter(lambda id_: id_ != NIL)),
        name=draw(NAME),
        description=draw(TEXT),
        type=draw(st.none() | NAME),
        popularity=draw(st.integers(0, 2**40) | st.floats(0, 1e9)),
        aliases=draw(st.dictionaries(NAME, st.integers(0, 2**40), max_size=3)),
    )


ENTITIES = st.lists(entity(), max_size=4, unique_by=lambda one: one.id)


def escape(text):
    """A text that a table may have, which is read as this one."""
    return text.replace("&", "&amp;")


def round_trip(entities, ending, **options):
    """Entities of a base, and those of the base that is built of its export."""
    records = [
        {
            "id": one.id,
            "name": escape(one.name),
            "description": escape(one.description),
            "type": one.type and escape(one.type),
            "popularity": one.popularity,
            "aliases": {escape(alias): n for alias, n in one.aliases.items()},
        }
        for one in entities
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export{ending}"
        chosen = BuildOptions(thesauri=ThesaurusOptions(**options))
        with KnowledgeBase.create(Path(folder) / "a.sqlite", records) as base:
            before = list(base.entities())
            base.export(path)
        if ending.startswith(".ttl") and not before:
            return [], []
        with KnowledgeBase.create(Path(folder) / "b.sqlite", path, options=chosen) as base:
            return before, list(base.entities())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ending", [".jsonl", ".csv.gz"])
@settings(max_examples=20, deadline=None)
@given(entities=ENTITIES)
def test_a_base_is_the_same_after_json_lines_and_csv(ending, entities):
    before, after = round_trip(entities, ending)
    assert after == before


@settings(max_examples=25, deadline=None)
@given(entities=ENTITIES)
def test_a_base_is_the_same_after_skos_but_for_what_it_says(entities):
    before, after = round_trip(entities, ".ttl", whole_ids=True)
    kept = {
        one.id: (
            one.name,
            one.description,
            one.type,
            set(one.aliases) - {one.name},
        )
        for one in before
    }
    found = {one.id: (one.name, one.description, one.type, set(one.aliases)) for one in after}
    assert found == kept


TOWNS = [
    Entity(id="Q90", name="Paris", type="city", popularity=9.5, aliases={"Lutetia": 2}),
    Entity(id="http://x.org/64", name="Berlin", description='the "capital"', aliases={"BER": 0}),
]


def test_what_skos_cannot_hold_is_said(tmp_path, caplog):
    export_entities(TOWNS, tmp_path / "towns.ttl")
    assert "towns.ttl: SKOS does not hold 1 count of aliases, 1 popularity. JSON" in caplog.text
    assert (
        "towns.ttl: ids that are addresses: 1. To have them again, build with whole_ids"
        in caplog.text
    )


def test_nothing_is_said_where_all_is_held(tmp_path, caplog):
    export_entities(TOWNS, tmp_path / "towns.jsonl")
    export_entities([Entity(id="Q1", name="Ulm")], tmp_path / "towns.ttl")
    assert caplog.text == ""


def test_rdflib_reads_the_skos(tmp_path):
    export_entities(TOWNS, tmp_path / "towns.ttl", base="https://example.org/id/")
    graph = rdflib.Graph().parse(tmp_path / "towns.ttl")
    paris = rdflib.URIRef("https://example.org/id/Q90")
    assert set(graph.subjects(RDF.type, SKOS.Concept)) == {paris, rdflib.URIRef("http://x.org/64")}
    assert str(graph.value(paris, SKOS.altLabel)) == "Lutetia"
    assert str(graph.value(rdflib.URIRef("http://x.org/64"), SKOS.definition)) == 'the "capital"'


def test_csv_has_aliases_with_their_counts_in_a_cell(tmp_path):
    export_entities(TOWNS, tmp_path / "towns.csv")
    with (tmp_path / "towns.csv").open(encoding="utf8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert json.loads(rows[0]["aliases"]) == {"Lutetia": 2}
    assert rows[0]["popularity"] == "9.5"


@pytest.mark.parametrize(
    ("path", "options", "match"),
    [
        ("towns.xlsx", {}, r"towns.xlsx: the format is not known. Name a file in .jsonl"),
        ("-", {}, "standard output: the format is not known"),
        ("towns.ttl", {"format": "scos"}, "'scos' is no format .* Did you mean 'skos'"),
        ("towns.ttl", {"base": "example"}, "base is 'example'; addresses begin like"),
        ("no/towns.ttl", {}, "towns.ttl cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, monkeypatch, path, options, match):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=match):
        export_entities(TOWNS, path, **options)
    assert list(tmp_path.iterdir()) == []
