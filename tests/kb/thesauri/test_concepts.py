import sqlite3

import pytest

from nerlink.errors import DataError
from nerlink.kb import BuildOptions, KnowledgeBase
from nerlink.kb.thesauri.facts import Facts


def test_labels_and_notes_become_an_entity(build):
    found = build(
        """
        e:wine a skos:Concept ; skos:prefLabel "wine"@en ; skos:altLabel "vino"@en ;
          skos:hiddenLabel "whine"@en ; skos:scopeNote "drinks only"@en ;
          skos:definition "fermented grapes"@en ; skos:exactMatch <http://other.org/wine> .
        """
    )
    wine = found["wine"]
    assert (wine.name, wine.description, wine.type) == ("wine", "fermented grapes", None)
    assert wine.aliases == {"vino": 0, "whine": 0}


LABELS = """
e:both a skos:Concept ; skos:prefLabel "beer"@en, "Bier"@de, "plain" .
e:british a skos:Concept ; skos:prefLabel "ale"@en-GB, "Ale"@de .
e:untagged a skos:Concept ; skos:prefLabel "gin", "Gin"@de .
e:red_wine a skos:Concept ; skos:prefLabel "Rotwein"@de .
e:second a skos:Concept ; rdfs:label "rum"@en ; skos:prefLabel "Rum"@de .
e:nothing a skos:Concept .
"""


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["beer", "ale", "gin", "red wine", "rum", "nothing"]),
        ("EN", ["beer", "ale", "gin", "red wine", "rum", "nothing"]),
        ("de", ["Bier", "Ale", "Gin", "Rotwein", "Rum", "nothing"]),
        ("fr", ["plain", "british", "gin", "red wine", "second", "nothing"]),
        (None, ["Bier", "Ale", "Gin", "Rotwein", "Rum", "nothing"]),
    ],
)
def test_a_name_is_in_the_language_or_untagged_or_made_up(build, language, names):
    found = build(LABELS, language=language)
    ids = ["both", "british", "untagged", "red_wine", "second", "nothing"]
    assert [found[id_].name for id_ in ids] == names


def test_the_language_of_most_labels_is_taken_and_said(build, caplog):
    build(LABELS)
    assert "labels are in de (5), en (3); those in de are read. Name another" in caplog.text


def test_a_language_that_no_label_is_in_is_refused(build):
    label = 'e:a a skos:Concept ; skos:prefLabel "a"@en .'
    with pytest.raises(DataError, match=r"thesaurus.ttl: no label is in 'eng'; they are in en \(1"):
        build(label, language="eng")


def test_what_is_left_out_is_counted_and_said_once(build, caplog):
    build(
        """
        e:a a skos:Concept ; skos:prefLabel "a"@en, "A"@de ; skos:definition "eine"@de .
        e:b a skos:Concept ; owl:deprecated true .
        e:c a skos:Concept ; skos:prefLabel "c"@en ; dct:isReplacedBy e:a .
        e:d rdfs:label "d"@en .
        """,
        language="en",
    )
    (message,) = [r.getMessage() for r in caplog.records if "left out" in r.getMessage()]
    assert message.partition("left out ")[2] == (
        "1 entry that others replace, whose names are aliases of those; 1 deprecated entry; "
        "2 texts in other languages; "
        "1 thing with labels that are no concepts, such as http://example.org/c/d."
    )


TREE = """
<http://example.org/drinks> a skos:ConceptScheme ; skos:prefLabel "Drinks"@en .
e:drink a skos:Concept ; skos:prefLabel "drink"@en ; skos:narrower e:wine .
e:wine a skos:Concept ; skos:prefLabel "wine"@en ; skos:inScheme <http://example.org/drinks> .
e:red a skos:Concept ; skos:prefLabel "red"@en ; skos:broader e:wine .
e:cask a skos:Concept ; skos:prefLabel "cask"@en ; skos:broader <http://other.org/Some_thing> .
"""


@pytest.mark.parametrize(
    ("type_from", "types"),
    [
        ("parent", {"drink": None, "wine": "drink", "red": "wine", "cask": "Some thing"}),
        ("broader", {"drink": None, "wine": "drink", "red": "wine", "cask": "Some thing"}),
        ("top", {"drink": None, "wine": "drink", "red": "drink", "cask": "Some thing"}),
        ("scheme", {"drink": None, "wine": "Drinks", "red": None, "cask": None}),
        ("none", dict.fromkeys(["drink", "wine", "red", "cask"])),
    ],
)
def test_a_type_is_the_name_of_what_is_above(build, type_from, types):
    found = build(TREE, type_from=type_from)
    assert {id_: entity.type for id_, entity in found.items()} == types


CIRCLE = """
e:a a skos:Concept ; skos:prefLabel "a" ; skos:broader e:b .
e:b a skos:Concept ; skos:prefLabel "b" ; skos:broader e:c .
e:c a skos:Concept ; skos:prefLabel "c" ; skos:broader e:b, e:c .
"""


def test_a_circle_of_broader_terms_has_no_top_which_is_said(build, caplog):
    found = build(CIRCLE, type_from="top")
    assert [entity.type for entity in found.values()] == [None] * 3
    assert "3 concepts without a type, as there is a circle of broader ones above" in caplog.text
    assert [entity.type for entity in build(CIRCLE).values()] == ["b", "c", "b"]


@pytest.mark.parametrize(
    ("statements", "aliases"),
    [
        ("e:a dct:isReplacedBy e:z .", {"z": {"a"}, "b": set(), "c": set()}),
        ("e:z dct:replaces e:a .", {"z": {"a"}, "b": set(), "c": set()}),
        (
            "e:a dct:isReplacedBy e:b . e:b dct:isReplacedBy e:c . e:c dct:isReplacedBy e:z .",
            {"z": {"a", "b", "c"}},
        ),
        ("e:a dct:isReplacedBy e:b, e:z .", {"b": {"a"}, "z": {"a"}, "c": set()}),
        # A circle replaces nothing, and what leads into it is replaced by its first.
        (
            "e:a dct:isReplacedBy e:b . e:b dct:isReplacedBy e:c . e:c dct:isReplacedBy e:b .",
            {"b": {"a"}, "c": set(), "z": set()},
        ),
        ("e:a dct:isReplacedBy e:a .", {"a": set(), "b": set(), "c": set(), "z": set()}),
        (
            "e:a dct:isReplacedBy e:gone . e:b owl:deprecated true ; dct:isReplacedBy e:gone .",
            {"a": set(), "c": set(), "z": set()},
        ),
        # Deprecated in favour of what is deprecated itself.
        (
            "e:a dct:isReplacedBy e:b . e:b owl:deprecated 'true' .",
            {"a": set(), "c": set(), "z": set()},
        ),
    ],
)
def test_names_of_the_replaced_are_aliases_of_what_replaces_them(build, statements, aliases):
    concepts = "".join(f'e:{c} a skos:Concept ; skos:prefLabel "{c}" .\n' for c in "abcz")
    found = build(concepts + statements)
    assert {id_: set(entity.aliases) for id_, entity in found.items()} == aliases


def test_a_long_chain_of_replacements_is_followed(build):
    chain = "".join(
        f'e:c{i} a skos:Concept ; skos:prefLabel "c{i}" ; dct:isReplacedBy e:c{i + 1} .\n'
        for i in range(300)
    )
    found = build(chain + 'e:c300 a skos:Concept ; skos:prefLabel "end" .')
    assert list(found) == ["c300"]
    assert len(found["c300"].aliases) == 300


def test_a_redirect_is_an_alias_though_it_is_no_concept(build):
    redirects = "<http://dbpedia.org/ontology/wikiPageRedirects>"
    found = build(
        f"""
        e:Paris a skos:Concept ; rdfs:label "Paris"@en .
        e:Lutetia rdfs:label "Lutetia"@en ; {redirects} e:Paris .
        """
    )
    assert {id_: dict(one.aliases) for id_, one in found.items()} == {"Paris": {"Lutetia": 0}}


def test_the_word_for_the_past_is_no_part_of_an_alias(build):
    found = build(
        """
        e:b a owl:Class ; rdfs:label "obsolete core" ; owl:deprecated true ; dct:isReplacedBy e:a .
        e:a a owl:Class ; rdfs:label "nucleus" .
        """
    )
    assert found["a"].aliases == {"core": 0}


def test_two_concepts_with_one_id_are_refused_with_both_addresses(build):
    both = (
        '<http://a.org/1> a skos:Concept ; skos:prefLabel "a" . <http://b.org/1> a skos:Concept .'
    )
    with pytest.raises(DataError, match=r"http://b.org/1 and http://a.org/1 would both have"):
        build(both)
    assert list(build(both, whole_ids=True)) == ["http://a.org/1", "http://b.org/1"]
    assert list(build(both, prefixes={"B:": "http://b.org/"})) == ["1", "B:1"]


def test_two_files_whose_ids_clash_are_refused_with_both_addresses(tmp_path):
    for name in "ab":
        line = f'<http://{name}.org/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "x" .\n'
        (tmp_path / f"{name}.nt").write_text(line, encoding="utf8")
    with pytest.raises(DataError, match=r"b.nt: http://b.org/1: http://b.org/1 and http://a.org/1"):
        KnowledgeBase.create(tmp_path / "kb.sqlite", [tmp_path / "a.nt", tmp_path / "b.nt"])


def test_a_file_without_concepts_is_refused(build):
    with pytest.raises(
        DataError, match=r"ttl: no concepts in it.*It has labels of 1 other thing, such"
    ):
        build('e:a rdfs:label "a" .')


def test_a_label_that_no_base_can_hold_is_named_with_its_address(build):
    label = 'e:a a skos:Concept ; skos:prefLabel "a\\u0000b" .'
    with pytest.raises(DataError, match=r"thesaurus.ttl: http://example.org/c/a: .*'name' is"):
        build(label)


def test_line_ends_in_labels_are_blanks(build):
    found = build('e:a a skos:Concept ; skos:prefLabel """a\n  b""" ; skos:altLabel "c  d" .')
    assert (found["a"].name, dict(found["a"].aliases)) == ("a b", {"c  d": 0})


def test_a_full_disk_is_told(build, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Facts, "languages", full)
    with pytest.raises(DataError, match=r"thesaurus.ttl: the temporary file .* disk is full"):
        build("e:a a skos:Concept .")


def test_thesauri_and_tables_make_one_base(tmp_path):
    line = '<http://a.org/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "wine" .\n'
    (tmp_path / "a.nt").write_text(line, encoding="utf8")
    (tmp_path / "b.csv").write_text("id,name\n2,beer\n", encoding="utf8")
    (tmp_path / "c.csv").write_text("alias,entity,count\nvino,1,7\n", encoding="utf8")
    tables = [tmp_path / name for name in ("a.nt", "b.csv", "c.csv")]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", tables) as kb:
        assert {one: kb[one].name for one in kb} == {"1": "wine", "2": "beer"}
        assert kb["1"].aliases == {"vino": 7}
    with KnowledgeBase.create(tmp_path / "more.sqlite", []) as kb:
        kb.add(tmp_path / "a.nt", {"id": "3", "name": "rum"})
        assert set(kb) == {"1", "3"}


def test_progress_is_told_in_stages(tmp_path):
    told = []
    options = BuildOptions(progress=lambda stage, n: told.append((stage, n)))
    line = '<http://a.org/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "wine" .\n'
    (tmp_path / "a.nt").write_text(line, encoding="utf8")
    KnowledgeBase.create(tmp_path / "kb.sqlite", tmp_path / "a.nt", options=options).close()
    assert told[:3] == [("facts", 2), ("sorting facts", 2), ("entities", 1)]
