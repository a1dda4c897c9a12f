import csv
from dataclasses import replace
from types import SimpleNamespace

import pytest

from nerlink import Pipeline
from nerlink.data import NIL, Candidate
from nerlink.errors import ConfigError, DataError
from nerlink.kb import KnowledgeBase
from nerlink.kb.candidates.aliases import Exact
from nerlink.selection import propose_entities, write_proposals
from tests.world import DOCUMENTS, marked


class Told:
    """A pipeline that answers with the mentions that the documents have."""

    def __init__(self, kb, *, finds=True):
        lookup = SimpleNamespace(generator=Exact(kb), kb=kb)
        self.model = SimpleNamespace(
            linker=SimpleNamespace(lookup=lookup), finds=finds, tagger=finds or None
        )
        self.calls = []

    def stream(self, documents, **options):
        self.calls.append(options)
        return iter(documents)


@pytest.fixture
def kb(kb_path):
    with KnowledgeBase.open(kb_path) as base:
        yield base


@pytest.fixture
def told(kb):
    return Told(kb)


def proposed(pipeline, *texts, **options):
    docs = [marked(text, f"doc-{n}") for n, text in enumerate(texts)]
    return propose_entities(pipeline, docs, **options)


def rows(found):
    return [
        (one.entity.name, one.entity.type, [*one.entity.aliases], one.n_mentions)
        for one in found.entities
    ]


def test_short_names_go_with_the_fuller_one_of_their_document(told):
    found = proposed(
        told,
        "[Gear Corp.|ORG|NIL] fell. [Gear|ORG|NIL] had risen, said [Ada Byron|PER|ada].",
        "[gear corp|ORG|NIL] rose.",
    )
    assert rows(found) == [("Gear Corp.", "ORG", ["gear corp", "Gear"], 3)]
    assert found.entities[0].n_documents == 2
    assert (found.n_mentions, found.n_nil) == (4, 3)


def test_a_short_name_of_two_fuller_ones_is_neither(told):
    found = proposed(told, "[Otto Nix|PER|NIL] and [Una Nix|PER|NIL] met. [Nix|PER|NIL] left.")
    assert [name for name, *_ in rows(found)] == ["Nix", "Otto Nix", "Una Nix"]


def test_a_short_name_of_another_document_is_told_to_be_perhaps_the_same(told):
    found = proposed(told, "[Otto Nix|PER|NIL] met. [Nix|PER|NIL] left.", "[Nix|PER|NIL] came.")
    assert rows(found) == [("Otto Nix", "PER", ["Nix"], 2), ("Nix", "PER", [], 1)]
    assert [one.perhaps for one in found.entities] == [(), ("new-otto-nix",)]


def test_names_of_two_labels_are_two_entities_with_ids_of_their_own(told):
    found = proposed(told, "[Nix|PER|NIL] went to [Nix|LOC|NIL].")
    assert {one.entity.type: one.entity.id for one in found.entities} == {
        "LOC": "new-nix",
        "PER": "new-nix-2",
    }


def test_ids_of_the_base_are_not_given_again(told, tmp_path):
    with KnowledgeBase.create(
        tmp_path / "kb.sqlite", [{"id": "new-nix", "name": "Nix"}, {"id": "new-nix-2", "name": "N"}]
    ) as base:
        found = proposed(Told(base), "[Nix|PER|NIL] came.")
    assert found.entities[0].entity.id == "new-nix-3"


def test_surfaces_over_several_lines_are_names_in_one(told):
    found = proposed(told, "[Otto\n  Nix|PER|NIL] came.")
    assert found.entities[0].entity.name == "Otto Nix"
    assert found.entities[0].examples == ("[Otto Nix] came.",)


def test_names_without_letters_have_ids(told):
    found = proposed(told, "[!!!|ORG|NIL] and [東京|LOC|NIL] played.")
    assert {one.entity.id for one in found.entities} == {"new-entity", "new-東京"}


def test_examples_are_of_several_documents_and_few(told):
    text = "[Otto Nix|PER|NIL] and [Otto Nix|PER|NIL]"
    (one,) = proposed(told, *[text] * 5).entities
    assert (one.n_mentions, one.n_documents, len(one.examples)) == (10, 5, 3)


def test_what_the_model_held_for_likeliest_is_named(told):
    doc = marked("[Jordan|PER|NIL] came.")
    unsure = replace(doc.mentions[0], candidates=(Candidate(entity="player", score=0.4),))
    (one,) = propose_entities(told, [replace(doc, mentions=(unsure,))]).entities
    assert one.nearest == "player"


def test_rare_names_are_left_out_and_counted(told):
    found = proposed(told, "[Nix|PER|NIL] met [Una|PER|NIL]. [Nix|PER|NIL] left.", min_count=2)
    assert rows(found) == [("Nix", "PER", [], 2)]
    assert list(found.notes()) == [
        "1 entity proposed, of 3 that are NIL among 3 mentions in 1 document.",
        "left out: 1 name with fewer mentions than asked for.",
    ]


def test_finding_none_is_told_with_what_to_do(told):
    (note,) = proposed(told, "[Ada Byron|PER|ada] came.").notes()
    assert note.startswith("no mention is NIL: all of 1 mention in 1 document are linked.")
    assert "--threshold 0.9" in note
    assert list(proposed(told, "Nobody.").notes()) == ["no mention was found in 1 document."]


def test_a_threshold_is_that_of_the_links(told):
    proposed(told, "Nobody.", threshold=0.9)
    assert told.calls[0]["threshold"] == 0.9


def test_models_that_cannot_tell_are_refused(kb, trained):
    with pytest.raises(DataError, match=r"finds mentions only.*trained with 'nel'"):
        propose_entities(Pipeline.load(trained("ner")), DOCUMENTS)
    with pytest.raises(DataError, match=r"links given mentions only, and no document has one"):
        proposed(Told(kb, finds=False), "Nobody.")
    with pytest.raises(ConfigError, match=r"min_count is 0"):
        proposed(Told(kb), "Nobody.", min_count=0)


def test_the_table_is_read_by_a_base_as_it_is(told, tmp_path, kb):
    names = "[A&amp;B Corp.|ORG|NIL], or [A&amp;B|ORG|NIL], is [['x', 1|ORG|NIL] or [Nix|PER|NIL]."
    found = proposed(told, names)
    path = tmp_path / "new.csv"
    write_proposals(found.entities, path, names=kb.name_of)
    with KnowledgeBase.create(tmp_path / "new.sqlite", path) as base:
        added = {entity.id: entity for entity in base.entities()}
    for one in found.entities:
        read = added[one.entity.id]
        assert (read.name, read.type) == (one.entity.name, one.entity.type)
        assert set(read.aliases) | {read.name} == {*one.entity.aliases, one.entity.name}
    assert [row["n_mentions"] for row in csv.DictReader(path.read_text("utf8").splitlines())] == [
        str(one.n_mentions) for one in found.entities
    ]


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"new\.xlsx: proposed entities are written as CSV"):
        write_proposals([], tmp_path / "new.xlsx")


def test_a_model_finds_what_its_base_lacks(joint_folder):
    pipeline = Pipeline.load(joint_folder, device="cpu")
    found = propose_entities(pipeline, DOCUMENTS)
    assert rows(found) == [("Otto Nix", "PER", [], 2)]
    given = sum(mention.entity == NIL for doc in DOCUMENTS for mention in doc.mentions)
    assert found.n_nil == given


def test_a_pipeline_of_a_base_says_that_it_finds_the_names_of_the_base(kb_path, encoder_dir):
    pipeline = Pipeline.from_kb(kb_path, encoder=encoder_dir, device="cpu", threshold=1)
    found = propose_entities(pipeline, DOCUMENTS)
    assert found.n_nil > 0
    assert any("finds the names of its base alone" in note for note in found.notes())
