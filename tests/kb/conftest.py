from collections.abc import Iterator
from pathlib import Path

import pytest

from nerlink.data import Entity
from nerlink.kb import BuildOptions, KnowledgeBase

ENTITIES = [
    Entity(
        id="Q90",
        name="Paris",
        description="capital of France",
        type="LOC",
        popularity=99,
        aliases={"City of Light": 2},
    ),
    Entity(id="Q830149", name="Paris (Texas)", type="LOC", popularity=0, aliases={"PARIS": 3}),
    Entity(id="Q7817", name="World Health Organization", type="ORG", popularity=40),
]


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[KnowledgeBase]:
    options = BuildOptions(fuzzy=True)
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES, options=options) as kb:
        yield kb
