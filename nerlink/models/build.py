"""A new joint model from a configuration and what the training documents say."""

from collections.abc import Mapping, Sequence

from nerlink.config import Config, KnowledgeBaseConfig
from nerlink.kb import CandidateGenerator, KnowledgeBase, make_filled
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.joint import JointModel
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.lookup import Lookup
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.tagger.tagger import Tagger

__all__ = ["build_model", "candidate_generator"]


def candidate_generator(kb: KnowledgeBase, config: KnowledgeBaseConfig) -> CandidateGenerator:
    """Whom a linker asks for candidates.

    Args:
        kb: The knowledge base.
        config: Names the generators.

    Raises:
        KnowledgeBaseError: The base lacks an index that one of them needs.
    """
    return make_filled(kb, config.candidates, config.fill)


def build_model(
    config: Config,
    encoder: WindowEmbeddings,
    *,
    labels: Sequence[str] = (),
    kb: KnowledgeBase | None = None,
    seen: Mapping[int, int] | None = None,
    nil_counts: Mapping[str, int] | None = None,
    new_names: Mapping[tuple[str, int], int] | None = None,
) -> JointModel:
    """Heads on an encoder, untrained.

    Args:
        config: The whole configuration.
        encoder: The shared encoder.
        labels: Entity types, for a model that finds mentions.
        kb: The knowledge base, for a model that links them.
        seen: Rows of the knowledge base to how often training links to them.
        nil_counts: Normalised surfaces to how often training saw them mean nothing in the base.
        new_names: Keys and rows that the base knows from training alone, to how often.
    """
    tagger = Tagger(encoder, labels, config.tagger) if "ner" in config.tasks else None
    linker = None
    if kb is not None and "nel" in config.tasks:
        prototypes = Prototypes(list(seen or {}), encoder.text_length)
        linker = Linker(
            encoder,
            Lookup(
                kb,
                candidate_generator(kb, config.kb),
                limit=config.kb.max_candidates,
                nil_counts=nil_counts,
                labels=labels if tagger else (),
                in_document=config.kb.in_document,
            ),
            prototypes,
            seen=seen or {},
            n_labels=1 + len(labels) if tagger else 0,
            config=config.linker,
            new_names=new_names,
        )
    return JointModel(encoder, tagger=tagger, linker=linker, config=config)
