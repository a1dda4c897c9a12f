"""Find the entities in documents and link them to a knowledge base.

Importing nerlink is cheap: what needs torch or pandas loads when its name is first used.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from nerlink.data import NIL, Candidate, Document, Entity, Mention, NilKind
from nerlink.errors import NerlinkError

if TYPE_CHECKING:
    from nerlink.checks import check
    from nerlink.config import Config, load_config
    from nerlink.converters import from_sentences, to_corpus, to_sentences
    from nerlink.evaluation import evaluate
    from nerlink.kb import KnowledgeBase
    from nerlink.pipeline import Pipeline
    from nerlink.sources import (
        from_dataset,
        from_doc,
        from_frame,
        read,
        to_dataset,
        to_doc,
        to_frame,
        write,
    )
    from nerlink.training import train

__all__ = [
    "NIL",
    "Candidate",
    "Config",
    "Document",
    "Entity",
    "KnowledgeBase",
    "Mention",
    "NerlinkError",
    "NilKind",
    "Pipeline",
    "check",
    "evaluate",
    "from_dataset",
    "from_doc",
    "from_frame",
    "from_sentences",
    "load_config",
    "read",
    "to_corpus",
    "to_dataset",
    "to_doc",
    "to_frame",
    "to_sentences",
    "train",
    "write",
]

# While torch's threads wait for each other they spin, which takes the processor from whoever else
# wants it: beside a busy process, work takes many times as long. They are told to sleep, unless
# somebody chose otherwise; torch reads this when it is imported.
if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & os.environ.keys():
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

_HOMES: Final = {
    name: f"nerlink.{home}"
    for home, names in {
        "checks": ("check",),
        "config": ("Config", "load_config"),
        "converters": ("from_sentences", "to_corpus", "to_sentences"),
        "evaluation": ("evaluate",),
        "kb": ("KnowledgeBase",),
        "pipeline": ("Pipeline",),
        "sources": (
            *("from_dataset", "from_doc", "from_frame", "read"),
            *("to_dataset", "to_doc", "to_frame", "write"),
        ),
        "training": ("train",),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    """The public names that are heavy to import, and `__version__`."""
    if name == "__version__":
        from importlib.metadata import version

        return version("nerlink")
    if name not in _HOMES:
        raise AttributeError(f"module 'nerlink' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
