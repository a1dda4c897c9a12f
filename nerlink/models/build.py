"""A new joint model from a configuration and what the training documents say."""

from collections.abc import Sequence

from nerlink.config import Config, KnowledgeBaseConfig
from nerlink.kb import CandidateGenerator, KnowledgeBase, make_filled
from nerlink.models.dictionary import Dictionary
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.joint import JointModel
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.linker.linker import Linker
from nerlink.models.linker.lookup import Lookup
from nerlink.models.linker.prototypes import Prototypes
from nerlink.models.tagger.tagger import Tagger

__all__ = ["build_model", "candidate_generator"]


def candidate_generator(kb: KnowledgeBase, config: KnowledgeBaseConfig) -> CandidateGenerator:
    """The candidate generator that a linker asks.

    Args:
        kb: The knowledge base.
        config: The knowledge-base section of a configuration, which names the generators.

    Raises:
        KnowledgeBaseError: The base lacks an index that a generator needs.
    """
    return make_filled(kb, config.candidates, config.fill)


def build_model(
    config: Config,
    encoder: WindowEmbeddings,
    *,
    labels: Sequence[str] = (),
    kb: KnowledgeBase | None = None,
    counts: TrainingCounts | None = None,
) -> JointModel:
    """Heads on an encoder, untrained.

    Args:
        config: The whole configuration.
        encoder: The shared encoder.
        labels: Entity types, for a model that finds mentions.
        kb: The knowledge base, for a model that links them.
        counts: How often training documents link to each entity.
    """
    counts = counts or TrainingCounts()
    tagger = Tagger(encoder, labels, config.tagger) if "ner" in config.tasks else None
    linker = dictionary = None
    if kb is not None and "nel" in config.tasks:
        prototypes = Prototypes(list(counts.links), encoder.text_length)
        linker = Linker(
            encoder,
            Lookup(
                kb,
                candidate_generator(kb, config.kb),
                limit=config.kb.max_candidates,
                labels=labels if tagger else (),
                in_document=config.kb.in_document,
            ),
            prototypes,
            counts=counts,
            label_width=1 + len(labels) if tagger else 0,
            config=config.linker,
        )
        if config.dictionary is not None and tagger is None:
            dictionary = Dictionary(kb, config.dictionary)
    return JointModel(encoder, tagger=tagger, linker=linker, config=config, dictionary=dictionary)
