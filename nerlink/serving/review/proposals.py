"""What a reviewer begins with: the mentions of a document and of the model, with candidates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nerlink.data import NIL, Document, Entity, Mention
from nerlink.errors import NerlinkError
from nerlink.kb import KnowledgeBase
from nerlink.serving.refusals import Refusal
from nerlink.serving.service import Service

__all__ = ["CANDIDATES", "Preset", "Proposed", "entities_in", "propose", "with_candidates"]

CANDIDATES = 10
"""Candidates that come with each mention."""

Preset = Literal["auto", "documents", "model"]
"""Whose mentions a reviewer begins with: the document's where it has any, and the model's else."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A document to begin with, and what went wrong on the way to it, if anything did."""

    doc: Document
    note: str | None = None


async def propose(service: Service, doc: Document, preset: Preset, *, is_saved: bool) -> Proposed:
    """The document with the mentions to begin with, each with its candidates.

    Where the unmarked text of a document is unknown, the model's mentions join the document's. A
    model that fails on a document costs its proposals, and not the document.

    Args:
        service: Has the model.
        doc: The document as it was read, or saved.
        preset: Whose mentions are wanted.
        is_saved: Whether somebody has saved it so: then nothing is added.
    """
    if is_saved:
        return await with_candidates(service, doc, is_linked=False)
    own = () if preset == "model" and service.finds else doc.mentions
    wants = preset == "model" or (preset == "auto" and not (own and doc.complete))
    note = None
    if wants and service.finds:
        (found,) = await _tagged(service, replace(doc, mentions=(), sentences=None, tokens=None))
        if isinstance(found, Document):
            if not own:  # the model has linked them, and given candidates
                return Proposed(replace(doc, mentions=found.mentions))
            own = _joined(own, found.mentions)
        else:
            note = f"The model finds no mentions here: {found}"
    linked = await with_candidates(service, replace(doc, mentions=own), is_linked=True)
    return replace(linked, note=note or linked.note)


async def with_candidates(service: Service, doc: Document, *, is_linked: bool) -> Proposed:
    """The document with candidates for all mentions: the linker's first, then their own.

    Args:
        service: Has the model, or the base.
        doc: The document.
        is_linked: Whether mentions without a link are given that of the linker; not NIL, where
            the document says which entities a mention may mean.
    """
    if not (service.links and doc.mentions):
        return Proposed(doc)
    bare = tuple(Mention(start=m.start, end=m.end, label=m.label) for m in doc.mentions)
    (found,) = await _tagged(service, replace(doc, mentions=bare), link_only=True)
    if not isinstance(found, Document):
        return Proposed(doc, f"There are no candidates here: {found}")
    pairs = zip(doc.mentions, found.mentions, strict=True)
    mentions = []
    for own, linked in pairs:
        # Whoever marked a mention as one of several entities knew that it is no NIL.
        is_refuted = linked.entity == NIL and bool(doc.means_one_of(own))
        mentions.append(_with(own, linked, is_linked=is_linked and not is_refuted))
    return Proposed(replace(doc, mentions=tuple(mentions)))


def _with(own: Mention, linked: Mention, *, is_linked: bool) -> Mention:
    known = {one.entity for one in linked.candidates}
    more = (one for one in own.candidates if one.entity not in known)
    candidates = (*linked.candidates, *more)
    if own.entity is None and is_linked:
        return replace(
            own, candidates=candidates, entity=linked.entity, link_score=linked.link_score
        )
    return replace(own, candidates=candidates)


async def _tagged(
    service: Service, doc: Document, *, link_only: bool = False
) -> Sequence[Document | NerlinkError]:
    try:
        return await service.tag([doc], link_only=link_only, top_k=CANDIDATES)
    except Refusal as error:
        return [error]


def _joined(own: Sequence[Mention], found: Sequence[Mention]) -> tuple[Mention, ...]:
    """A document's own mentions, and those found that overlap none of them, in order."""
    free = [m for m in found if all(m.end <= one.start or one.end <= m.start for one in own)]
    return tuple(sorted([*own, *free], key=lambda mention: (mention.start, mention.end)))


def entities_in(kb: KnowledgeBase | None, documents: Iterable[Document]) -> dict[str, Entity]:
    """What the base knows of the entities that documents name; of others, nothing."""
    if kb is None:
        return {}
    wanted: dict[str, None] = {}
    for doc in documents:
        for mention in doc.mentions:
            named = (mention.entity, *(one.entity for one in mention.candidates))
            wanted |= dict.fromkeys(one for one in named if one not in (None, NIL))
    return {one: found for one in wanted if (found := kb.get(one)) is not None}
