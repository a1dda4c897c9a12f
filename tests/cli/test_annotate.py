import json

import pytest

from nerlink.kb import KnowledgeBase
from nerlink.sources import read
from tests.world import ENTITIES


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "towns.sqlite"
    KnowledgeBase.create(path, ENTITIES).close()
    return path


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.jsonl"
    lines = ({"id": "1", "text": "Cows walk to Paris in Texas."}, {"id": "2", "text": "Nobody."})
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf8")
    return path


def test_names_of_a_base_are_marked_in_texts(run, base, texts, tmp_path):
    result = run("annotate", base, texts, "--output", tmp_path / "silver.jsonl")
    assert result.code == 0, result.err
    first, second = read(tmp_path / "silver.jsonl")
    assert [(first.surface(one), one.entity) for one in first.mentions] == [
        ("Paris", None),
        ("Texas", "texas"),
    ]
    assert (second.mentions, second.complete) == ((), False)
    assert "2 documents" in result.err


def test_standard_input_is_plain_text(run, base):
    (record,) = run("annotate", base, stdin="Acme is in Texas.\n").records
    assert [mention["entity"] for mention in record["mentions"]] == ["acme", "texas"]
    assert record["complete"] is False
