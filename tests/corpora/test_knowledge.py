import json

import pytest

from nerlink.config import Config, DataConfig, KnowledgeBaseConfig, load_config
from nerlink.corpora.knowledge import entities_in, make_knowledge_base, names_entities
from nerlink.errors import ConfigError, KnowledgeBaseError
from nerlink.kb import KnowledgeBase, make_chain
from nerlink.sources import read
from tests.world import DOCUMENTS, marked


def test_a_base_is_copied_and_the_original_never_changed(kb_path, tmp_path):
    before = kb_path.read_bytes()
    config = Config(kb=KnowledgeBaseConfig(path=kb_path))
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        kb.count_mentions([("Big P", "paris")])
        assert len(kb) == 7
    assert kb_path.read_bytes() == before


def test_a_base_is_made_from_tables(tmp_path):
    (tmp_path / "towns.csv").write_text("id,name\np,Paris\nt,Texas\n")
    config = Config(kb=KnowledgeBaseConfig(tables=(tmp_path / "towns.csv",)))
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        assert [entity.id for entity in kb.entities()] == ["p", "t"]


def test_tables_of_the_configuration_may_have_other_columns(tmp_path):
    (tmp_path / "towns.csv").write_text("code,called\np,Paris\n")
    columns = {"id": "code", "name": "called"}
    config = Config(kb=KnowledgeBaseConfig(tables=(tmp_path / "towns.csv",), columns=columns))
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        assert kb["p"].name == "Paris"
    with pytest.raises(ConfigError, match="but there are no"):
        make_knowledge_base(Config(kb=KnowledgeBaseConfig(columns=columns)), tmp_path / "b.sqlite")


def test_a_base_is_made_from_a_thesaurus(tmp_path):
    (tmp_path / "drinks.ttl").write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        '<http://a.org/wine> a skos:Concept ; skos:prefLabel "wine"@en, "Wein"@de .\n'
    )
    (tmp_path / "config.toml").write_text(
        '[kb]\ntables = ["drinks.ttl"]\n'
        '[kb.thesauri]\nlanguage = "de"\nprefixes = {"A:" = "http://a.org/"}\n'
    )
    config = load_config(tmp_path / "config.toml")
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        assert {entity.id: entity.name for entity in kb.entities()} == {"A:wine": "Wein"}


def test_a_corpus_brings_its_entities_along(tmp_path):
    config = Config(data=(DataConfig(corpus="tiny-news"),))
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        assert "paris-texas" in kb


def test_an_older_copy_is_replaced(kb_path, tmp_path):
    (tmp_path / "own.sqlite").write_bytes(b"old")
    config = Config(kb=KnowledgeBaseConfig(path=kb_path))
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        assert isinstance(kb, KnowledgeBase)


def test_a_base_that_is_not_there_is_told(tmp_path):
    config = Config(kb=KnowledgeBaseConfig(path=tmp_path / "none.sqlite"))
    with pytest.raises(KnowledgeBaseError, match="no such knowledge base"):
        make_knowledge_base(config, tmp_path / "own.sqlite")


def test_nothing_to_link_to_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"Set kb.path to .*, kb.from_training = true"):
        make_knowledge_base(Config(), tmp_path / "own.sqlite")


ZELDA = (
    {"index": [[0, 3]], "wikipedia_ids": [974], "wikipedia_titles": ["Ada Byron"]},
    {
        "index": [[0, 3], [8, 12]],
        "wikipedia_ids": [974, 7],
        "wikipedia_titles": ["Ada", "Acme (firm)"],
    },
)


def test_entities_of_training_links_are_called_by_their_titles(tmp_path):
    lines = [json.dumps({"text": "Ada met Acme.", **links}) for links in ZELDA]
    (tmp_path / "links.jsonl").write_text("\n".join(lines))
    docs = read(tmp_path / "links.jsonl", format="zelda", entities="ids")
    found = [(entity.id, entity.name) for entity in entities_in(docs)]
    assert found == [("974", "Ada Byron"), ("7", "Acme (firm)")]


def test_entities_without_a_title_are_called_by_their_id():
    docs = [marked("[Ada||ada_byron] met [Otto||NIL] and [Bea||].")]
    assert [(e.id, e.name) for e in entities_in(docs)] == [("ada_byron", "ada byron")]


def test_a_base_is_made_from_what_training_links_to(tmp_path):
    config = Config(kb=KnowledgeBaseConfig(from_training=True))
    with make_knowledge_base(config, tmp_path / "own.sqlite", DOCUMENTS) as kb:
        assert {entity.id for entity in kb.entities()} == {
            *("paris", "paris-texas", "texas", "jordan", "player", "ada", "acme")
        }


def test_entities_that_tables_or_a_base_lack_are_added(kb_path, tmp_path):
    (tmp_path / "towns.csv").write_text("id,name\nparis,City of Light\n")
    docs = [marked("[Paris||paris] met [Mars||mars].")]
    sources = {"tables": (tmp_path / "towns.csv",)}, {"path": kb_path}
    for number, source in enumerate(sources):
        config = Config(kb=KnowledgeBaseConfig(from_training=True, **source))
        with make_knowledge_base(config, tmp_path / f"own-{number}.sqlite", docs) as kb:
            assert kb["mars"].name == "mars"
            assert kb["paris"].name == ("Paris", "City of Light")["tables" in source]


def test_a_folder_with_a_card_brings_its_tables_and_their_columns_along(tmp_path):
    card = """
    title = "Mine"
    language = "en"
    licence = "mine"
    source = "my desk"
    labels = []
    format = "jsonl"
    splits.train.file = "docs.jsonl"
    [kb.entities]
    file = "towns.csv"
    columns = { id = "code" }
    [kb.aliases]
    file = "aka.csv"
    columns = { alias = "aka" }
    """
    (tmp_path / "card.toml").write_text(card)
    (tmp_path / "docs.jsonl").write_text("")
    (tmp_path / "towns.csv").write_text("code,name\np,Paris\n")
    (tmp_path / "aka.csv").write_text("aka,entity\nCity of Light,p\n")
    config = Config(data=(DataConfig(corpus=str(tmp_path)),))
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        query = "SELECT surface FROM alias ORDER BY surface"
        surfaces = [surface for (surface,) in kb.connection.execute(query)]
    assert surfaces == ["City of Light", "Paris"]


def test_misspelt_aliases_are_indexed_where_they_are_asked_for(kb_path, tmp_path):
    names = ("normalised", "fuzzy")
    config = Config(kb=KnowledgeBaseConfig(path=kb_path, candidates=names))
    with make_knowledge_base(config, tmp_path / "kb.sqlite") as base:
        assert make_chain(base, names).get_candidates("Pariss") == {
            "paris",
            "paris-texas",
        }


def test_corpora_with_tables_of_their_own_are_linked_to_together(tmp_path):
    tables = {"one": ("code", "p,Paris\nt,Texas\n"), "two": ("id", "p,Parma\nb,Bern\n")}
    for name, (column, rows) in tables.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.toml").write_text(
            'title = "Mine"\nlanguage = "en"\nlicence = "mine"\nsource = "my desk"\n'
            'labels = []\nformat = "jsonl"\nsplits.train.file = "docs.jsonl"\n'
            f'kb.entities = {{file = "towns.csv", columns = {{id = "{column}"}}}}\n'
            'kb.aliases.file = "aka.csv"\n'
        )
        (tmp_path / name / "docs.jsonl").write_text("")
        (tmp_path / name / "towns.csv").write_text(f"{column},name\n{rows}")
        (tmp_path / name / "aka.csv").write_text("alias,entity,count\nTown,p,2\n")
    config = Config(data=[DataConfig(corpus=str(tmp_path / name)) for name in tables])
    with make_knowledge_base(config, tmp_path / "own.sqlite") as kb:
        assert {one.id: one.name for one in kb.entities()} == {
            "p": "Paris",
            "t": "Texas",
            "b": "Bern",
        }
        (found,) = make_chain(kb, ("normalised",)).candidates_of(["Town"])
        assert [(one.entity, one.count) for one in found] == [("p", 2)], "one table of two is one"


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (Config(), False),
        (Config(data=(DataConfig(train="train.jsonl"),)), False),
        (Config(data=(DataConfig(corpus="tiny-news"),)), True),
        (Config(kb=KnowledgeBaseConfig(path="kb.sqlite")), True),
        (Config(kb=KnowledgeBaseConfig(tables=("towns.csv",))), True),
        (Config(kb=KnowledgeBaseConfig(from_training=True)), True),
    ],
)
def test_whether_a_configuration_names_entities(config, names):
    assert names_entities(config) is names
