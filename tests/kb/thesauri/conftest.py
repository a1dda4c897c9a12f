from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerlink.data import Entity
from nerlink.kb import BuildOptions, KnowledgeBase, ThesaurusOptions

Build = Callable[..., dict[str, Entity]]

PREFIXES = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix e: <http://example.org/c/> .
"""


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds a base of one file, or of the text of one in Turtle; its entities by id."""

    def build(source: str | Path, **options: Any) -> dict[str, Entity]:
        if isinstance(source, str):
            path = tmp_path / "thesaurus.ttl"
            path.write_text(PREFIXES + source, encoding="utf8")
            source = path
        chosen = BuildOptions(thesauri=ThesaurusOptions(**options))
        base = tmp_path / "kb.sqlite"
        with KnowledgeBase.create(base, source, overwrite=True, options=chosen) as kb:
            return {entity.id: entity for entity in kb.entities()}

    return build
