"""Whether the answer to a document depends on the documents in the same call, by precision.

Each text is tagged alone and among all others. `documents` is the share of texts with other
mentions or links, `score` the most that a probability of the same mention or link differs.

    python -m experiments.speed.batches
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from experiments.speed.encoders import encoder_folder
from experiments.speed.invented import invent_world
from experiments.speed.nerlink_side import make_pipeline
from experiments.speed.options import Options, parse_options
from experiments.speed.precision import MODES
from experiments.speed.results import Findings, run
from nerlink import Document

__all__ = ["main"]

SIZES: Final = {"toy": (100, 10, 5, 4), "full": (1_000, 100, 10, 120)}
"""Entities, names, meanings of a name, texts."""

LENGTHS: Final = (60, 150, 400, 1000)
"""Characters of the texts, in turns."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    run(_measure, parse_options(__doc__, arguments))


def _measure(options: Options, folder: Path) -> Findings:
    n_entities, n_names, n_meanings, n_texts = SIZES[options.size]
    encoder, name = encoder_folder(options.encoder, folder / "encoder")
    world = invent_world(encoder, n_names=n_names, n_meanings=n_meanings)
    learnt = world.documents(8, seed="learnt", n_entities=n_entities)
    documents = world.documents(n_texts, seed="batches", n_entities=n_entities)
    texts = [doc.text[: LENGTHS[n % len(LENGTHS)]] for n, doc in enumerate(documents)]
    findings = Findings("batches", name)
    findings.add("batch.texts", len(texts))
    for mode in MODES:
        pipeline = make_pipeline(
            world, n_entities, encoder=encoder, documents=learnt, folder=folder
        )
        pipeline.model.encoder.set_precision(mode)
        together, alone = pipeline(texts), [pipeline(text) for text in texts]
        unlike = [_keys(a) != _keys(b) for a, b in zip(together, alone, strict=True)]
        findings.add(f"batch.{mode}.documents", sum(unlike) / len(unlike))
        findings.add(f"batch.{mode}.score", _most_apart(together, alone))
    return findings


def _most_apart(some: Sequence[Document], others: Sequence[Document]) -> float:
    return max(
        (
            abs((x or 0.0) - (y or 0.0))
            for a, b in zip(some, others, strict=True)
            if _keys(a) == _keys(b)
            for m, n in zip(a.mentions, b.mentions, strict=True)
            for x, y in ((m.score, n.score), (m.link_score, n.link_score))
        ),
        default=0.0,
    )


def _keys(doc: Document) -> set[tuple[int, int, str | None, str | None]]:
    return {(m.start, m.end, m.label, m.entity) for m in doc.mentions}


if __name__ == "__main__":
    main()
