import pickle
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerlink.config import KnowledgeBaseConfig
from nerlink.data import Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import Exact, KnowledgeBase, knowledge_base
from nerlink.models.build import candidate_generator
from tests.kb.conftest import ENTITIES


def test_an_entity_comes_back_as_it_went_in(kb: KnowledgeBase) -> None:
    assert kb["Q90"] == ENTITIES[0]
    assert (len(kb), "Q90" in kb, "Q1" in kb, 7 in kb) == (3, True, False, False)


def test_a_cut_name_comes_back_among_the_aliases(kb: KnowledgeBase) -> None:
    assert kb["Q830149"].aliases == {"PARIS": 3, "Paris": 0}


def test_an_unknown_entity_is_named(kb: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match="no entity 'Q1'"):
        kb["Q1"]
    with pytest.raises(KnowledgeBaseError) as error:
        kb["Q" * 10_000]
    assert len(str(error.value)) < 1_000


def test_rows_number_the_entities(kb: KnowledgeBase) -> None:
    assert kb.rows(["Q7817", "Q90", "Q7817"]) == [2, 0, 2]
    assert (kb.row("Q830149"), kb.n_rows) == (1, 3)


def test_attributes_come_in_the_order_asked_for(kb: KnowledgeBase) -> None:
    attributes = kb.attributes([2, 0, 2])
    assert attributes.ids == ["Q7817", "Q90", "Q7817"]
    assert attributes.names[1] == "Paris"
    assert attributes.types == ["ORG", "LOC", "ORG"]
    assert attributes.popularities == [40, 99, 40]


def test_a_row_without_an_entity_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match="row 9 has no entity"):
        kb.attributes([9])


def test_texts_join_name_description_and_type(kb: KnowledgeBase) -> None:
    assert list(kb.texts([0])) == [(0, "Paris; capital of France; LOC")]
    assert [row for row, _ in kb.texts()] == [0, 1, 2]
    assert dict(kb.texts())[1] == "Paris (Texas); LOC"


def test_an_entity_is_looked_for_by_a_surface(kb: KnowledgeBase) -> None:
    assert [entity.id for entity in kb.search("paris")] == ["Q830149", "Q90"]
    assert kb.search("paris", limit=1) == [kb["Q830149"]]
    assert [entity.id for entity in kb.search("WHO")] == ["Q7817"]
    assert [entity.id for entity in kb.search("Health")] == ["Q7817"]
    assert kb.search("Atlantis") == kb.search("") == []
    assert kb.search("Pariss", generators=["fuzzy"])[0].name == "Paris (Texas)"


def test_candidates_are_those_that_a_linker_has(kb: KnowledgeBase) -> None:
    standard = candidate_generator(kb, KnowledgeBaseConfig())
    for surface in ("Paris", "PARIS", "WHO", "Organization", "Atlantis"):
        assert kb.candidates(surface) == standard.candidates(surface)
    assert kb.candidates("Paris", limit=1) == standard.candidates("Paris")[:1]


def test_candidates_come_from_the_generators_that_are_named(kb: KnowledgeBase) -> None:
    assert kb.candidates("PARIS", generators=["exact"], fill=[]) == Exact(kb).candidates("PARIS")
    assert kb.candidates("WHO", fill=[]) == ()
    assert kb.candidates("Pariss", generators=["normalised", "fuzzy"])[0].entity == "Q830149"
    with pytest.raises(KnowledgeBaseError, match="no candidate generator is called 'exakt'"):
        kb.candidates("Paris", generators=["exakt"])


def test_an_entity_is_named_and_an_unknown_one_goes_by_its_id(kb: KnowledgeBase) -> None:
    assert (kb.name_of("Q830149"), kb.name_of("Q1")) == ("Paris (Texas)", "Q1")


def test_an_entity_that_is_removed_while_it_is_read_is_none(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kb.get("Q90") == kb["Q90"]
    assert kb.get("Q0") is None
    read = knowledge_base.read_entities

    def late(*place: Any) -> Any:
        with suppress(KnowledgeBaseError), KnowledgeBase.open(kb.path, read_only=False) as other:
            other.remove("Q90")
        return read(*place)

    monkeypatch.setattr(knowledge_base, "read_entities", late)
    assert kb.get("Q90") is None
    assert "Q90" not in kb
    assert kb.name_of("Q90") == "Q90"


def test_a_removed_row_is_not_used_again(kb: KnowledgeBase) -> None:
    kb.remove("Q7817")
    kb.add(Entity(id="Q7817", name="WHO"))
    assert (kb.row("Q7817"), kb.n_rows, len(kb)) == (3, 4, 3)


def test_every_thread_reads(kb: KnowledgeBase) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: kb["Q90"].name, range(100)))
    assert set(names) == {"Paris"}


def test_readers_see_what_a_writer_does(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path) as reader:
        before = reader.version
        kb.add(Entity(id="Q220", name="Rome"))
        assert reader["Q220"].name == "Rome"
        assert reader.version == before + 1


def test_a_pickled_base_opens_the_same_file(kb: KnowledgeBase) -> None:
    with pickle.loads(pickle.dumps(kb)) as copy:  # noqa: S301
        assert copy["Q90"] == kb["Q90"]


def test_a_read_only_base_refuses_changes(kb: KnowledgeBase) -> None:
    with (
        KnowledgeBase.open(kb.path) as reader,
        pytest.raises(KnowledgeBaseError, match=r"opened read-only.*read_only=False"),
    ):
        reader.remove("Q90")


def test_a_base_in_a_read_only_folder_opens(kb: KnowledgeBase) -> None:
    kb.path.parent.chmod(0o555)
    try:
        with KnowledgeBase.open(kb.path) as reader:
            assert "Q90" in reader
    finally:
        kb.path.parent.chmod(0o755)


def test_a_closed_base_says_so(kb: KnowledgeBase) -> None:
    kb.close()
    with pytest.raises(KnowledgeBaseError, match="is closed"):
        len(kb)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"none.sqlite: no such knowledge base"):
        KnowledgeBase.open(tmp_path / "none.sqlite")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("id,name\n" * 200)
    with pytest.raises(
        KnowledgeBaseError, match=r"cannot be read as a knowledge base .* Check the path"
    ):
        KnowledgeBase.open(path)


def test_another_sqlite_file_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.sqlite")
    connection.execute("CREATE TABLE entity (id)")
    connection.close()
    with pytest.raises(KnowledgeBaseError, match="not a knowledge base of nerlink"):
        KnowledgeBase.open(tmp_path / "other.sqlite")


def test_an_older_base_is_built_again(kb: KnowledgeBase) -> None:
    kb.connection.execute("PRAGMA user_version = 1")
    with pytest.raises(KnowledgeBaseError, match=r"older nerlink \(schema 1.*Build the base again"):
        KnowledgeBase.open(kb.path)


def test_a_newer_base_asks_for_an_upgrade(kb: KnowledgeBase) -> None:
    kb.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(KnowledgeBaseError, match=r"schema 99.*Upgrade nerlink"):
        KnowledgeBase.open(kb.path)


def test_the_content_hash_follows_the_content(kb: KnowledgeBase, tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "twin.sqlite", ENTITIES) as twin:
        assert twin.content_hash == kb.content_hash
    before = kb.content_hash
    kb.rename("Q90", "Lutetia")
    assert kb.content_hash != before


words = st.text(alphabet="ab B(é)", min_size=1, max_size=5).map(str.strip).filter(bool)
entities = st.builds(
    Entity,
    id=st.text(alphabet="xyz", min_size=1),
    name=words,
    popularity=st.integers(0, 9).map(float),
    aliases=st.dictionaries(words, st.integers(0, 5), max_size=3),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(entities, max_size=5, unique_by=lambda one: one.id))
def test_a_base_made_from_its_own_entities_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, given_entities: list[Entity]
) -> None:
    folder = tmp_path_factory.mktemp("kb")
    with (
        KnowledgeBase.create(folder / "one.sqlite", given_entities) as one,
        KnowledgeBase.create(folder / "two.sqlite", one.entities()) as two,
    ):
        assert two.content_hash == one.content_hash


def test_a_base_gives_its_ids(kb: KnowledgeBase) -> None:
    assert list(kb) == [entity.id for entity in kb.entities()]
    assert all(entity in kb for entity in kb)


def test_ids_are_given_without_their_entities(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerlink.kb.knowledge_base._PAGE", 2)
    kb.remove("Q90")
    kb.add(*({"id": f"T{number}"} for number in range(5)))
    asked: list[str] = []
    kb.connection.set_trace_callback(asked.append)
    assert list(kb) == ["Q830149", "Q7817", *(f"T{number}" for number in range(5))]
    assert not [one for one in asked if "alias" in one]
    assert [entity.id for entity in kb.entities()] == list(kb)
    assert [row for row, _ in kb.texts()] == kb.rows(list(kb))


@pytest.mark.parametrize("path", ["closed/kb.sqlite", "x" * 999])
def test_a_path_that_cannot_be_looked_at_is_named(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    if path.startswith("closed"):
        monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(KnowledgeBaseError, match=r"cannot be opened as a knowledge base \(.*\)"):
        KnowledgeBase.open(tmp_path / path)
