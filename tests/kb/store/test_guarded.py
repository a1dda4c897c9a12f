import pytest

from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.kb.store import guarded


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that follows the size of a base alone."""
    monkeypatch.setattr(guarded, "_TICK", 1000)
    monkeypatch.setattr(guarded, "_FREE_TICKS", 0)


@pytest.mark.usefixtures("impatient")
def test_a_statement_without_an_end_is_cut_off(kb: KnowledgeBase) -> None:
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    with (
        KnowledgeBase.open(kb.path) as reader,
        pytest.raises(KnowledgeBaseError, match=r"kb.sqlite: reading it has no end.*Put back"),
    ):
        reader.connection.execute(endless).fetchone()


@pytest.mark.usefixtures("impatient")
def test_no_honest_work_reaches_the_limit(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path, read_only=False) as base:
        names = [f"{a}{b} {b}{a}" for a in "abcdefghijklmnop" for b in "qrstuvwxyzabcdef"]
        base.add(*({"id": f"T{n}", "name": name} for n, name in enumerate(names)))
        base.index_fuzzy()
        assert len(base.content_hash) == 64
        assert len(list(base.entities())) == len(base) == 3 + len(names)
        assert base.rows([f"T{n}" for n in range(len(names))]) == list(range(3, 3 + len(names)))


def test_a_reading_connection_trusts_and_changes_nothing(kb: KnowledgeBase) -> None:
    with KnowledgeBase.open(kb.path) as reader:
        settings = {
            name: reader.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("trusted_schema", "query_only", "cell_size_check")
        }
    assert settings == {"trusted_schema": 0, "query_only": 1, "cell_size_check": 1}
