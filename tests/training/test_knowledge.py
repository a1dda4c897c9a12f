import pytest

from nerlink.config import Config, DataConfig, KnowledgeBaseConfig
from nerlink.errors import ConfigError, KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.training.knowledge import make_knowledge_base


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
    with pytest.raises(ConfigError, match=r"Set kb.path to a knowledge base, kb.tables"):
        make_knowledge_base(Config(), tmp_path / "own.sqlite")
