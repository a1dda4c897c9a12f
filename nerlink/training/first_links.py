"""Links of names that may mean several entities, by the base and the encoder alone.

A dictionary links the names that mean one entity and no others. A model that learns from these
alone learns that entities which have such a name are the likely ones, and links names of several
worse than before it learnt. So the untrained model links those that it is sure of.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from nerlink.config import Config
from nerlink.corpora.knowledge import make_knowledge_base
from nerlink.data import Document, Mention
from nerlink.pipeline import Pipeline
from nerlink.training.data import Parts
from nerlink.training.reporting import Reporter
from nerlink.words import number_of

__all__ = ["link_names"]

TOGETHER: Final = 64
"""Documents between two reports of progress."""


def link_names(
    config: Config,
    silver: Sequence[Document],
    gold: Parts | Sequence[tuple[Sequence[Document], object]],
    *,
    confident: float,
    reporter: Reporter,
) -> list[Document]:
    """Documents whose names of several entities are linked where the untrained model is sure.

    Args:
        config: Names the base and the encoder.
        silver: Documents; complete ones stay as they are.
        gold: Other documents, whose links may make the base.
        confident: Probability from which it is sure.
        reporter: Called as the links are found.

    Raises:
        ConfigError: Nothing says which entities to link to.
    """
    open_ = [place for place, doc in enumerate(silver) if any(map(_is_open, doc.mentions))]
    open_ = [place for place in open_ if not silver[place].complete]
    if "nel" not in config.tasks or not open_:
        return list(silver)
    linked = list(silver)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kb.sqlite"
        make_knowledge_base(config, path, chain(silver, *(docs for docs, _ in gold))).close()
        encoder, device = config.encoder.model, config.training.device
        pipeline = Pipeline.from_kb(path, encoder=encoder, device=device)
        label_of = _Labels(pipeline, silver)
        answers = pipeline.stream([silver[place] for place in open_], link_only=True)
        for n_done, (place, answer) in enumerate(zip(open_, answers, strict=True), start=1):
            pairs = zip(silver[place].mentions, answer.mentions, strict=True)
            mentions = tuple(_linked(one, other, label_of, confident) for one, other in pairs)
            linked[place] = replace(silver[place], mentions=mentions)
            if n_done % TOGETHER == 0 or n_done == len(open_):
                reporter.marked(n_done, len(open_))
        if pipeline.kb:
            pipeline.kb.close()
    before, left = (sum(1 for _ in _open_in(docs)) for docs in (silver, linked))
    reporter.note(
        f"{before - left:,} of {number_of(before, 'names')} of several entities are linked before "
        f"training, by the base and the encoder alone (sure by {confident:g} or more)"
    )
    return linked


def _is_open(mention: Mention) -> bool:
    return mention.entity is None and bool(mention.candidates)


def _open_in(documents: Iterable[Document]) -> Iterator[Mention]:
    for doc in documents:
        yield from (mention for mention in doc.mentions if not doc.complete and _is_open(mention))


class _Labels:
    """The labels of entities: those that documents give to entities of the same type.

    Args:
        pipeline: Has the base.
        documents: Documents with linked and labelled mentions.
    """

    def __init__(self, pipeline: Pipeline, documents: Iterable[Document]) -> None:
        self.pipeline = pipeline
        self._labels: dict[str | None, str] = {}
        mentions = (mention for doc in documents for mention in doc.mentions)
        for mention in mentions:
            if mention.label and mention.entity:
                self._labels.setdefault(self._type_of(mention.entity), mention.label)

    def __call__(self, entity: str) -> str | None:
        return self._labels.get(self._type_of(entity))

    def _type_of(self, entity: str) -> str | None:
        found = self.pipeline.kb.get(entity) if self.pipeline.kb else None
        return found.type if found else None


def _linked(mention: Mention, answer: Mention, label_of: _Labels, confident: float) -> Mention:
    """A mention with the link of the answer, and the label of its type, where that is sure."""
    entity = answer.entity
    known = {candidate.entity for candidate in mention.candidates}
    is_sure = entity in known and (answer.link_score or 0) >= confident
    if entity is None or not is_sure or not _is_open(mention):
        return mention
    return replace(mention, entity=entity, label=mention.label or label_of(entity))
