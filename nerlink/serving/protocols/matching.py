"""Queries of reconciliation as documents for the linker, and its answers as candidates.

A name alone says little; properties are what is known beside it. The linker reads them as it reads
a text: a mention of the name, and around it the values.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, Field

from nerlink.data import NIL, Candidate, Document, Entity, Mention
from nerlink.errors import ConfigError, DataError, NerlinkError
from nerlink.kb import KnowledgeBase, available_generators, normalise
from nerlink.kb.browsing import suggest_entities
from nerlink.pipeline import Pipeline
from nerlink.serving.settings import ServingSettings
from nerlink.sources.check import check_document
from nerlink.toml import check_table

__all__ = ["Asked", "Matcher", "ReconciliationQuery", "check_queries"]

NEAR: Final = 1000
"""Characters of a value that are read, on each side of the name where that occurs in it."""

MOST_VALUES: Final = 20
"""Values that are read beside the name."""

LIMIT: Final = 10
"""Candidates that come back where a query does not say how many."""


class _Reconciled(BaseModel):
    """A value of a property that is an entity itself."""

    id: str
    name: str = ""


Value = bool | int | float | str | _Reconciled


class _Property(BaseModel):
    """What is known beside the name."""

    pid: str
    v: Value | list[Value]


class ReconciliationQuery(BaseModel):
    """A query of the specification.

    Args:
        query: The name.
        type: The types that are wanted.
        limit: Return at most so many candidates.
        properties: What is known beside the name.
        type_strict: `any` and `all` keep others types out; `should`, the default, prefers those
            that are wanted.
    """

    query: str = ""
    type: str | list[str] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    properties: list[_Property] = []
    type_strict: Literal["any", "all", "should"] | None = None

    @property
    def types(self) -> list[str]:
        """The types that are wanted; empty for any."""
        if isinstance(self.type, str):
            return [self.type] if self.type else []
        return self.type or []

    def document(self) -> Document:
        """The name as the only mention of a text that the values of the properties make.

        The first value in which the name occurs is its context; otherwise the name stands on a
        line of its own before the others. Of long values, only what is near is read.
        """
        values = [text for known in self.properties for text in _texts(known.v)]
        place = re.compile(rf"(?<!\w){re.escape(self.query)}(?!\w)")
        found = next((match for text in values if (match := place.search(text))), None)
        rest = [text[:NEAR] for text in values if found is None or text is not found.string]
        start = min(found.start(), NEAR) if found else 0
        context = (
            found.string[max(0, found.start() - NEAR) : found.end() + NEAR] if found else self.query
        )
        mention = Mention(start=start, end=start + len(self.query))
        return Document(text="\n".join([context, *rest[:MOST_VALUES]]), mentions=(mention,))


def _texts(value: Value | list[Value]) -> list[str]:
    """What there is to read of a value: yes and no are no text."""
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, _Reconciled):
        return [value.name or value.id]
    return [] if isinstance(value, bool) else [str(value)]


class Asked(NamedTuple):
    """A query, and the document that is linked for it; or why it cannot be answered."""

    query: ReconciliationQuery | None = None
    doc: Document | None = None
    error: str | None = None


def check_queries(batch: Mapping[str, Any], settings: ServingSettings) -> dict[str, Asked]:
    """The queries of a batch by their names; one that is wrong costs no other."""
    return {name: _check(name, record, settings) for name, record in batch.items()}


def _check(name: str, record: Any, settings: ServingSettings) -> Asked:
    try:
        query = check_table(ReconciliationQuery, record, where=name)
    except ConfigError as error:
        return Asked(error=str(error))
    if not query.query.strip():
        has_any = "query" in record or query.properties
        return Asked(query, error=None if has_any else f"{name}: there is no query. Write a name.")
    if len(query.query) > settings.max_query:
        return Asked(error=f"{name}: {len(query.query):,} characters are too many for a name.")
    try:
        return Asked(query, check_document(query.document(), where=name))
    except DataError as error:
        return Asked(error=str(error))


class Matcher:
    """Candidates with scores from what the pipeline says of a query.

    Args:
        kb: The base of the pipeline.
        pipeline: Has the threshold of links.
    """

    def __init__(self, kb: KnowledgeBase, pipeline: Pipeline) -> None:
        self.kb = kb
        linker = pipeline.model.linker
        self._threshold = linker.config.threshold if linker else None

    def result(self, asked: Asked, found: Document | NerlinkError | None) -> dict[str, Any]:
        """The result of a query; empty where nothing is found, or where it has no name."""
        error = asked.error or (str(found) if isinstance(found, NerlinkError) else None)
        if error is not None:
            return {"result": [], "error": {"code": "invalid", "message": error}}
        if asked.query is None or not isinstance(found, Document):
            return {"result": []}
        return {"result": self._ranked(asked.query, found.mentions[0])}

    def _ranked(self, query: ReconciliationQuery, mention: Mention) -> list[dict[str, Any]]:
        linked = [c for c in mention.candidates if c.entity != NIL]
        candidates = [(c, entity) for c in linked if (entity := self.kb.get(c.entity)) is not None]
        is_id = query.query in self.kb and all(c.entity != query.query for c, _ in candidates)
        if is_id or not candidates:
            return self._looked_up(query)
        fitting = [(c, entity) for c, entity in candidates if _fits(entity, query)]
        if not fitting and query.type_strict in (None, "should"):
            return [_record(c, entity, query, c.score or 0.0) for c, entity in candidates][
                : query.limit or LIMIT
            ]
        # What is known of the type makes the others impossible: the probability given the type.
        nil = max(0.0, 1.0 - sum(c.score or 0.0 for c, _ in candidates))
        whole = sum(c.score or 0.0 for c, _ in fitting) + nil
        scores = [(c.score or 0.0) / whole if whole else 0.0 for c, _ in fitting]
        least = self._threshold
        is_sure = bool(scores) and (
            scores[0] >= least if least is not None else scores[0] * whole > nil
        )
        return [
            _record(c, entity, query, score, is_match=is_sure and n == 0)
            for n, ((c, entity), score) in enumerate(zip(fitting, scores, strict=True))
        ][: query.limit or LIMIT]

    def _looked_up(self, query: ReconciliationQuery) -> list[dict[str, Any]]:
        """What the base knows where the linker knows nothing: an id, starts of names, misspellings.

        An id is what it says. Of the others nothing is known but that they look alike.
        """
        limit = query.limit or LIMIT
        named = suggest_entities(self.kb, query.query, limit=limit)
        named += self._misspelt(query.query, limit)
        entities = {entity.id: entity for entity in named if _fits(entity, query)}
        return [
            _record(
                Candidate(entity=entity.id),
                entity,
                query,
                float(entity.id == query.query),
                is_match=entity.id == query.query,
            )
            for entity in list(entities.values())[:limit]
        ]

    def _misspelt(self, surface: str, limit: int) -> list[Entity]:
        if "fuzzy" not in available_generators(self.kb):
            return []
        found = self.kb.candidates(surface, limit=limit, generators=["fuzzy"], fill=[])
        return [entity for one in found if (entity := self.kb.get(one.entity)) is not None]


def _fits(entity: Entity, query: ReconciliationQuery) -> bool:
    """Whether an entity may be of the types that are wanted."""
    wanted = query.types
    if not wanted:
        return True
    if query.type_strict == "all":
        return {entity.type} == set(wanted)
    return entity.type in wanted or (entity.type is None and query.type_strict != "any")


def _record(
    candidate: Candidate,
    entity: Entity,
    query: ReconciliationQuery,
    score: float,
    *,
    is_match: bool = False,
) -> dict[str, Any]:
    features = {
        "prior": candidate.prior,
        "seen": candidate.count,
        "same_name": normalise(entity.name) == normalise(query.query),
    }
    return {
        "id": entity.id,
        "name": entity.name,
        "description": entity.description,
        "type": [{"id": entity.type, "name": entity.type}] if entity.type else [],
        "score": round(100 * score, 2),
        "match": is_match,
        "features": [{"id": k, "value": v} for k, v in features.items() if v is not None],
    }
