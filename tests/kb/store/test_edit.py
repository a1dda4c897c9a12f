from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerlink.data import NIL, Entity
from nerlink.errors import DataError, KnowledgeBaseError
from nerlink.kb import Acronym, Exact, KnowledgeBase, Normalised
from nerlink.kb.store.edit import count_training, links_of_training, names_of_training
from tests.kb.conftest import ENTITIES


def test_all_or_none_are_added(kb: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match="entity 'Q90' is in the knowledge base already"):
        kb.add(Entity(id="Q220", name="Rome"), Entity(id="Q90", name="Paris"))
    assert "Q220" not in kb
    assert kb.version == 1


@pytest.mark.parametrize("entity", ["", NIL, "Q\ud800"])
def test_an_id_that_means_nothing_is_refused(kb: KnowledgeBase, entity: str) -> None:
    with pytest.raises(DataError, match=r"record 0: column 'id'"):
        kb.add(Entity(id=entity, name="Nobody"))


def test_added_and_renamed_entities_are_the_changed_ones(kb: KnowledgeBase) -> None:
    kb.add({"id": "Q220", "name": "Rome"})
    version = kb.version
    kb.rename("Q90", "Lutetia")
    kb.count_mentions([("WHO", "Q7817")])
    assert kb.changed_since(1) == [0, 3]
    assert kb.changed_since(version) == [0]
    assert kb.changed_since(kb.version) == []


def test_a_record_is_added_like_an_entity(kb: KnowledgeBase) -> None:
    kb.add({"id": "Q220", "name": "Rome", "aliases": ["Roma"]})
    assert kb["Q220"] == Entity(id="Q220", name="Rome", aliases={"Roma": 0})


def test_a_renamed_entity_keeps_its_old_name_as_an_alias(kb: KnowledgeBase) -> None:
    kb.rename("Q90", "Ville Lumiere (France)")
    assert kb["Q90"].name == "Ville Lumiere (France)"
    assert "Q90" in Exact(kb).get_candidates("Paris")
    assert Exact(kb).get_candidates("Ville Lumiere") == {"Q90"}
    assert Acronym(kb).get_candidates("VL") == {"Q90"}


def test_an_empty_name_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match="'  ' is no name"):
        kb.rename("Q90", "  ")


def test_merging_moves_aliases_counts_and_popularity(kb: KnowledgeBase) -> None:
    kb.merge("Q830149", "Q90")
    assert kb["Q90"].aliases == {"City of Light": 2, "PARIS": 3, "Paris (Texas)": 0}
    assert (kb["Q90"].popularity, "Q830149" in kb) == (99, False)


@pytest.mark.parametrize(("source", "match"), [("Q1", "no entity 'Q1'"), ("Q90", "into itself")])
def test_a_merge_needs_two_entities(kb: KnowledgeBase, source: str, match: str) -> None:
    with pytest.raises(KnowledgeBaseError, match=match):
        kb.merge(source, "Q90")


def test_counted_mentions_change_the_order(kb: KnowledgeBase) -> None:
    unknown = kb.count_mentions([("Paris", "Q830149"), ("Paris", "Q1"), ("Paris", NIL)])
    assert [one.entity for one in Exact(kb).candidates("Paris")] == ["Q830149", "Q90"]
    assert unknown == {"Q1": 1}


def test_a_counted_surface_that_is_new_becomes_an_alias(kb: KnowledgeBase) -> None:
    kb.count_mentions([("Paname", "Q90")] * 2)
    assert kb["Q90"].aliases["Paname"] == 2


def count(kb: KnowledgeBase, links: dict[tuple[str, str], int]) -> dict[tuple[str, int], int]:
    with kb.change() as connection:
        count_training(connection, links)
    return names_of_training(kb.connection)


def test_names_that_a_base_has_from_training_are_told_apart(kb: KnowledgeBase) -> None:
    assert names_of_training(kb.connection) == {}
    links = {("Paris", "Q90"): 4, ("Paname", "Q90"): 2, ("PANAME", "Q90"): 1}
    assert count(kb, links) == {("paname", kb.row("Q90")): 3}
    assert count(kb, {("paname", "Q90"): 1}) == {("paname", kb.row("Q90")): 4}


def test_a_surface_that_a_text_wraps_is_counted_on_one_line(kb: KnowledgeBase) -> None:
    kb.count_mentions([("City\nof Light", "Q90"), ("City of\tLight", "Q90")])
    count(kb, {("City of\u2028Light", "Q90"): 2, ("City of Light", "Q90"): 1})
    assert kb["Q90"].aliases == {"City of Light": 7}


def test_what_training_counts_again_is_counted_once(kb: KnowledgeBase) -> None:
    before = kb["Q90"].aliases
    links = {("City of Light", "Q90"): 4, ("Paname", "Q90"): 2}
    names = count(kb, links)
    once = kb["Q90"].aliases
    assert once == before | {"City of Light": before["City of Light"] + 4, "Paname": 2}
    assert (count(kb, links), kb["Q90"].aliases) == (names, once)
    count(kb, {("Paname", "Q90"): 5, ("City of Light", "Q90"): 1})
    assert kb["Q90"].aliases == once | {"Paname": 5}


def test_a_merged_entity_takes_its_counts_of_training_along(kb: KnowledgeBase) -> None:
    count(kb, {("Paname", "Q830149"): 2, ("Paname", "Q90"): 1})
    kb.merge("Q830149", "Q90")
    assert count(kb, {("Paname", "Q90"): 3}) == {("paname", kb.row("Q90")): 3}
    assert kb["Q90"].aliases["Paname"] == 3
    kb.remove("Q90")
    assert names_of_training(kb.connection) == {}


words = st.text(alphabet="ab B", min_size=1, max_size=3).map(str.strip).filter(bool)
entities = st.builds(
    Entity, id=st.just("new"), name=words, aliases=st.dictionaries(words, st.integers(0, 9))
)


def fresh(factory: pytest.TempPathFactory, extra: list[Entity]) -> KnowledgeBase:
    path: Path = factory.mktemp("kb") / "kb.sqlite"
    return KnowledgeBase.create(path, [*ENTITIES, Entity(id="a", name="a"), *extra])


@settings(max_examples=30, deadline=None)
@given(entity=entities, surface=words)
def test_adding_and_removing_leaves_candidates_unchanged(
    tmp_path_factory: pytest.TempPathFactory, entity: Entity, surface: str
) -> None:
    with fresh(tmp_path_factory, []) as kb:
        before = Normalised(kb).candidates(surface)
        kb.add(entity)
        kb.remove("new")
        assert Normalised(kb).candidates(surface) == before


@settings(max_examples=30, deadline=None)
@given(entity=entities)
def test_adding_is_the_same_as_having_been_there(
    tmp_path_factory: pytest.TempPathFactory, entity: Entity
) -> None:
    with fresh(tmp_path_factory, []) as kb, fresh(tmp_path_factory, [entity]) as built:
        kb.add(entity)
        assert kb.content_hash == built.content_hash


@settings(max_examples=30, deadline=None)
@given(entity=entities, surface=words)
def test_after_a_merge_every_surface_of_the_source_means_the_target(
    tmp_path_factory: pytest.TempPathFactory, entity: Entity, surface: str
) -> None:
    with fresh(tmp_path_factory, [entity]) as kb:
        before = Exact(kb).get_candidates(surface)
        n_seen = sum(one.count for one in Exact(kb).candidates(surface))
        kb.merge("new", "a")
        after = Exact(kb).candidates(surface)
        assert {one.entity for one in after} == {"a" if one == "new" else one for one in before}
        assert sum(one.count for one in after) == n_seen


@pytest.mark.parametrize("mark", ["\0", "\ud800"], ids=ascii)
def test_a_surface_that_no_file_can_hold_is_refused(kb: KnowledgeBase, mark: str) -> None:
    with pytest.raises(DataError, match=r"a mention: column 'alias' is .*a NUL or half"):
        kb.count_mentions([(f"Paris{mark}", "Q90")])
    with pytest.raises(DataError, match=r"column 'description' is .*a NUL or half"):
        kb.add(Entity(id="Q1", name="Q1", description=f"a{mark}"))
    assert kb.search(f"Paris{mark}")[0].name == "Paris (Texas)"


def test_a_name_of_two_lines_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(DataError, match="a tab or a line end"):
        kb.rename("Q90", "Pa\nris")


def test_a_name_that_no_file_can_hold_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(DataError, match="with a NUL or half a surrogate pair"):
        kb.rename("Q90", "Pa\0ris")


def test_links_of_training_are_those_to_entities_that_are_still_there(kb: KnowledgeBase) -> None:
    assert links_of_training(kb.connection) == {}
    links = {("Paris", "Q90"): 2, ("Lutetia", "Q90"): 1, ("Paris", "Q830149"): 4}
    with kb.change() as connection:
        count_training(connection, links)
    assert links_of_training(kb.connection) == links
    kb.remove("Q830149")
    assert links_of_training(kb.connection) == {("Paris", "Q90"): 2, ("Lutetia", "Q90"): 1}
