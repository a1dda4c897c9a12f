"""`nerlink review` at work: documents in, a page, documents out."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nerlink.bulk.local import limited
from nerlink.data import Document
from nerlink.errors import ConfigError
from nerlink.kb import KnowledgeBase
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.saves import key_of
from nerlink.serving.review.session import ReviewOptions, Session
from nerlink.serving.run import address_of, bound, guarded, in_order, run_alone
from nerlink.serving.settings import ServingSettings, is_loopback
from nerlink.sources.losses import Losses
from nerlink.sources.meta import plain_meta
from nerlink.words import number_of

__all__ = ["Helpers", "check_paths", "review"]

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """What helps reviewers: at least one of them.

    Args:
        model: Folder of a model, or owner/name on the hub: proposes mentions and links.
        kb: A base to link to; beside a model, one that new entities are added to as well.
        loading: What `Pipeline.load` takes.
    """

    model: str | None = None
    kb: Path | None = None
    loading: Mapping[str, Any]


def check_paths(documents: str, output: str, helpers: Helpers) -> None:
    """Refuse what can be no review, before anything is read.

    Raises:
        ConfigError: Nothing helps, or the output is the input.
    """
    if helpers.model is None and helpers.kb is None:
        raise ConfigError(
            "there is nothing to link to: name a model (--model m0), a knowledge base "
            "(--kb firms.sqlite), or both."
        )
    if output == "-":
        raise ConfigError("documents are kept in a file: name one, such as --output gold.jsonl.")
    if os.path.realpath(documents) == os.path.realpath(output):
        raise ConfigError(f"{output} is what is reviewed. Name another --output.")


def review(
    documents: Sequence[Document],
    output: Path,
    helpers: Helpers,
    *,
    settings: ServingSettings,
    options: ReviewOptions,
    say: Say,
) -> None:
    """Let people review documents on a page until the process is told to end.

    Args:
        documents: The documents, in order.
        output: The file for those that are done; goes on where an earlier review ended.
        helpers: The model and the base.
        settings: Where the page is served.
        options: How documents are reviewed.
        say: Called with what a person should know.

    Raises:
        ConfigError: The output is another's, the base is another, or the address cannot be had.
        DataError: What the output has cannot be read.
        StorageError: There is no such model, or it is damaged.
        KnowledgeBaseError: There is no such base.
    """
    documents = _plain(documents, say)
    if settings.token is None and not is_loopback(settings.host):
        raise ConfigError(
            f"others reach {settings.host}, and reviewers change the documents and the base. Give "
            "a token that they must bear (--token, or NERLINK_TOKEN)."
        )
    settings = guarded(settings, say)
    with ExitStack() as stack:
        listener = stack.enter_context(bound(settings))
        journal = stack.enter_context(Journal(output, say))
        os.environ.update(limited(settings.threads or os.cpu_count() or 1))
        session = _session(documents, journal, helpers, settings, options)
        session.check(say)
        _say_progress(session, say)
        say(f"review at {address_of(listener)} (Ctrl-C ends; nothing that is done is lost)")
        from nerlink.serving.review.app import create_review_app

        run_alone(in_order(create_review_app(session)), settings, listener)


def _plain(documents: Sequence[Document], say: Say) -> list[Document]:
    """The documents as a file can hold them, each once.

    Raises:
        ConfigError: There are none.
    """
    if not documents:
        raise ConfigError("there are no documents to review.")
    losses = Losses()
    plain = [
        replace(doc, meta=plain_meta(doc.meta, losses, where=f"document {doc.id!r:.80}: meta"))
        for doc in documents
    ]
    if repeated := len(plain) - len({key_of(doc) for doc in plain}):
        say(f"{number_of(repeated, 'documents')} without an id have the text of another: each once")
    return plain


def _session(
    documents: Sequence[Document],
    journal: Journal,
    helpers: Helpers,
    settings: ServingSettings,
    options: ReviewOptions,
) -> Session:
    from nerlink.serving.review.bare import BaseService
    from nerlink.serving.service import Service

    if helpers.model is None:
        base = KnowledgeBase.open(str(helpers.kb))
        return Session(BaseService(base, settings), documents, journal, options)
    from nerlink.pipeline import Pipeline

    if helpers.kb is not None:
        KnowledgeBase.open(helpers.kb).close()  # now: what is no base is said before the model
    pipeline = Pipeline.load(helpers.model, **helpers.loading)
    if pipeline.kb is None and helpers.kb is not None:  # it finds, and the base links
        service: Service = BaseService(KnowledgeBase.open(helpers.kb), settings, pipeline)
        return Session(service, documents, journal, options)
    return Session(Service(pipeline, settings), documents, journal, options, more=helpers.kb)


def _say_progress(session: Session, say: Say) -> None:
    desk = session.desk
    states = [desk.state(key) for key in desk.documents]
    left = sum(state in ("open", "half") for state in states)
    said = f"{number_of(len(states), 'documents')}, {left:,} left to review"
    if desk.twice:
        said += f", {len(desk.twice):,} of them by two"
    if n := states.count("disputed"):
        said += f"; {number_of(n, 'documents')} disputed"
    say(f"{said}; done ones go to {session.journal.output}")
