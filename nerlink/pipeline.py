"""A trained model at work: texts or documents in, documents with linked mentions out."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self, overload
from weakref import WeakSet

import torch

from nerlink.config import Config, LinkerConfig
from nerlink.data import Document, Mention
from nerlink.display.mistakes import ScoreParts
from nerlink.errors import DataError, StorageError
from nerlink.evaluation import Mistake
from nerlink.kb import KnowledgeBase
from nerlink.models.annotate import (
    LastReading,
    annotate_group,
    explain_mention,
    group_documents,
    links_seen,
)
from nerlink.models.doubts import Doubts, doubts_of_group
from nerlink.models.encoder.fast.buffers import keep_out_of_heap
from nerlink.models.encoder.fast.devices import choose_device
from nerlink.models.encoder.fast.precision import batch_note, choose_precision
from nerlink.models.joint import JointModel
from nerlink.models.linker.explanations import Explanation
from nerlink.models.passages import Passage
from nerlink.models.storage.folder import identity_of
from nerlink.models.storage.hub import find_model, push_model
from nerlink.models.storage.model import describe, load_model, read_info, save_model
from nerlink.models.untrained import build_untrained
from nerlink.sources.check import check_document, check_documents
from nerlink.toml import check_table

__all__ = ["Pipeline"]

MANY_SHORT: Final = 512
"""Number of documents in one group from which memory is kept flat, at the price of some time."""

_PIPELINES: Final[WeakSet["Pipeline"]] = WeakSet()
_HELD: Final = threading.local()


class Pipeline:
    """Finds and links mentions.

        pipeline = Pipeline.load("my-model")
        doc = pipeline("Ada Lovelace met Babbage in London.")
        [(doc.surface(m), m.label, m.entity) for m in doc.mentions]

    Args:
        model: The model, in evaluation mode.
        info: The fields of the model's `ModelInfo`.
        device: The device that the model runs on.
        precision: The precision that the transformer computes in.
        folder: The folder that the model was loaded from, if it was.
    """

    def __init__(
        self,
        model: JointModel,
        *,
        info: dict[str, Any],
        device: str,
        precision: str,
        folder: Path | None = None,
    ) -> None:
        self.model = model
        self.device = device
        self.precision = precision
        self._info = info
        self._home = (folder.resolve(), identity_of(folder)) if folder else None
        self._lock = threading.RLock()
        _PIPELINES.add(self)

    @classmethod
    def load(
        cls,
        name: str | Path,
        *,
        device: str = "auto",
        precision: str = "auto",
        threshold: float | None = None,
        top_k: int | None = None,
    ) -> Self:
        """The model in a folder, or of a repository on the Hugging Face hub.

            Pipeline.load("my-model")
            Pipeline.load("owner/name@revision")

        Args:
            name: A folder that `train` or `save` wrote, or a repository as `owner/name` or
                `owner/name@revision`. A folder of that name is preferred to a repository.
            device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
            precision: What the transformer computes in: `fp32`, `bf16`, `int8`, `fp16`, or
                `auto`. `auto` takes the precision that the model was saved in, or bf16 in place of
                fp32 on a GPU that has bf16. `save` writes the chosen precision. On a CPU, bf16 is
                the fastest with AMX, int8 with VNNI alone; few answers change
                (experiments/speed).
            threshold: Link probability under which a mention is `NIL`; `None` keeps the threshold
                of the model.
            top_k: Candidates that come back with each mention; `None` keeps the model's number.

        Raises:
            StorageError: There is no such folder or repository, or the model is damaged,
                incomplete, or of a newer format.
            ConfigError: The device or the precision cannot be used here, or a value is wrong.
        """
        chosen = choose_device(device)
        folder = find_model(name)
        info = read_info(folder)
        kind = choose_precision(precision, chosen, saved=info.precision)
        model = load_model(folder, precision=kind)
        if linking := _linking(model, threshold, top_k, where="Pipeline.load"):
            model.configure_linker(linking)
        return cls(model, info=asdict(info), device=str(chosen), precision=kind, folder=folder)

    from_pretrained = load

    @classmethod
    def from_kb(
        cls,
        kb: str | Path,
        *,
        encoder: str | Path | None = None,
        dictionary: Mapping[str, Any] | None = None,
        device: str = "auto",
        threshold: float | None = 0.0,
        top_k: int | None = None,
    ) -> Self:
        """A pipeline without training: mentions are the names of a knowledge base.

            Pipeline.from_kb("firms.sqlite")("Amazon opened a warehouse in Paris.")
            Pipeline.from_kb("firms.sqlite", dictionary={"labels": {"company": "ORG"}})

        The longest names of the base in a text are its mentions, labelled by the types of their
        entities. They are linked by the prior and by how close the encoder, as it was published,
        holds the text and the entity's text to be. The base stays where it is; what is added to it
        is found by the next call. `save` writes a model that `load`, the commands and training
        (`[model] from`) take.

        Args:
            kb: The knowledge base; the folder of a model stands for the base in it.
            encoder: Hugging Face id or folder; that of a configuration by default.
            dictionary: Which names are looked for: keys of `[dictionary]` in a configuration.
            device: As in `load`.
            threshold: As in `load`. 0 links every name; `None` makes a mention `NIL` where its
                text is closer to the mean of all entities than to any candidate.
            top_k: As in `load`.

        Raises:
            KnowledgeBaseError: There is no such base, or it has no entities.
            EncoderError: There is no such encoder.
            ConfigError: A value is wrong.
        """
        chosen = choose_device(device)
        linking = {"threshold": threshold, "top_k": top_k}
        sections = {
            "tasks": ("nel",),
            "encoder": {} if encoder is None else {"model": str(encoder)},
            "dictionary": dict(dictionary or {}),
            "linker": {name: value for name, value in linking.items() if value is not None},
        }
        config = check_table(Config, sections, where="Pipeline.from_kb")
        model = build_untrained(config, KnowledgeBase.open(kb))
        precision = choose_precision("auto", chosen)
        model.encoder.set_precision(precision)
        return cls(model, info=asdict(describe(model)), device=str(chosen), precision=precision)

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle or a copy is the folder and the settings: the model is loaded from it again.

        What is loaded is the model as it was saved, with the knowledge base as it is by then.

        Raises:
            StorageError: The model is in memory alone; when it is loaded again, the folder is
                gone or holds another model.
        """
        if self._home is None:
            raise StorageError(
                "this pipeline was made of a model in memory, so it cannot be pickled or copied. "
                "Save it with pipeline.save(folder) and take Pipeline.load(folder)."
            )
        linking = self.model.linker.config if self.model.linker else None
        precision = self.model.encoder.precision
        return _load_again, (type(self), *self._home, self.device, precision, linking)

    def push_to_hub(self, name: str, *, private: bool = False) -> str:
        """Save the model to a repository on the Hugging Face hub; the address of the commit.

        Raises:
            StorageError: It cannot be uploaded.
        """
        return push_model(self.save, name, private=private)

    def save(self, folder: str | Path) -> Path:
        """Write the model as a folder that `load` reads."""
        info = self._info
        return save_model(self.model, folder, trained_on=info["trained_on"], scores=info["scores"])

    @property
    def kb(self) -> KnowledgeBase | None:
        """The knowledge base of the model; an entity added to the file can be linked to at once."""
        return self.model.linker.lookup.kb if self.model.linker else None

    def info(self) -> dict[str, Any]:
        """What `nerlink info` shows of the model, with the device and the precision in use.

        `batches` says whether an answer depends on the documents in the same call.
        """
        in_use = {"device": self.device, "precision": self.precision}
        return {**self._info, **in_use, "batches": batch_note(self.precision)}

    @overload
    def __call__(self, documents: str | Document) -> Document: ...  # type: ignore[overload-overlap]

    @overload
    def __call__(self, documents: Iterable[str | Document]) -> list[Document]: ...

    def __call__(
        self, documents: str | Document | Iterable[str | Document]
    ) -> Document | list[Document]:
        """Documents with the mentions found in them; one for one, a list for several.

        Raises:
            DataError: As `stream`.
        """
        return self._answer(documents, link_only=False)

    @overload
    def link_only(self, documents: Document) -> Document: ...

    @overload
    def link_only(self, documents: Iterable[Document]) -> list[Document]: ...

    def link_only(self, documents: Document | Iterable[Document]) -> Document | list[Document]:
        """Documents with their given mentions linked; one for one, a list for several.

        Raises:
            DataError: As `stream`.
        """
        return self._answer(documents, link_only=True)

    def stream(
        self,
        documents: Iterable[str | Document],
        *,
        link_only: bool = False,
        threshold: float | None = None,
        top_k: int | None = None,
    ) -> Iterator[Document]:
        """The answers of the pipeline, or of `link_only`, in order, a bounded number at a time.

        Args:
            documents: Texts or documents, any number of them.
            link_only: Link the mentions that the documents have, and find no new mentions.
            threshold: As in `load`, for these documents; `None` keeps that of the pipeline.
            top_k: Likewise.

        Raises:
            ConfigError: A value is wrong.
            DataError: A text or a document is not sound, or the model does not find mentions, or
                does not link them.
        """
        if link_only and self.model.linker is None:
            raise DataError("this model finds mentions only: it was trained without 'nel'.")
        if not link_only and not self.model.finds:
            raise DataError(
                "this model links given mentions only. Use pipeline.link_only(documents)."
            )
        linking = _linking(self.model, threshold, top_k, where="Pipeline.stream")
        return self._run(documents, link_only=link_only, linking=linking)

    def doubts(self, documents: Iterable[str | Document]) -> Iterator[Doubts]:
        """The documents as annotated, and how unsure the model is of each; a stream, in order.

        A model that links given mentions only keeps those of the documents.

        Raises:
            DataError: A text or a document is not sound.
        """
        for group in self._groups(documents, texts=True):
            with self._lock:
                if self.model.linker:
                    self.model.linker.texts.refresh()
                done = list(doubts_of_group(self.model, group))
            yield from done

    def links_seen(self, documents: Iterable[Document]) -> dict[str, int] | None:
        """How often training linked to each entity of some documents; `None` without a linker.

        evaluate(gold, pipeline(gold), seen=pipeline.links_seen(gold))
        """
        return links_seen(self.model, check_documents(documents))

    def refresh(self, *, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Encode the texts of entities added since the last call; every call on documents does so.

        A pipeline of `from_kb`, which reads texts when they are needed, reads all of them.

        Args:
            on_progress: Called after each group of texts, with the number of texts encoded and
                the number of texts to encode.
        """
        with self._lock:
            if self.model.linker:
                self.model.linker.texts.complete(on_progress=on_progress)

    def explain(self, doc: Document, mention: Mention) -> Explanation:
        """Why a mention is linked as it is: the parts of each candidate's score.

            doc = pipeline("Jordan scored 34 points.")
            print(pipeline.explain(doc, doc.mentions[0]))

        Args:
            doc: A document with all its mentions: the link of one depends on the others.
            mention: A mention of the document.

        Raises:
            DataError: The document has no such mention, or the model does not link.
        """
        return self._explain(doc, mention, None)

    def _explain(self, doc: Document, mention: Mention, read: LastReading | None) -> Explanation:
        if mention not in check_document(doc, where="the document").mentions:
            raise DataError(f"the document has no mention {mention}. Pass one of doc.mentions.")
        with self._lock:
            if self.model.linker:
                self.model.linker.texts.refresh()
            return explain_mention(self.model, doc, mention, read=read)

    def explain_mistakes(self, mistakes: Iterable[Mistake]) -> Iterator[ScoreParts]:
        """The parts of the scores of each mistake's candidates; empty without candidates.

            parts = list(pipeline.explain_mistakes(mistakes))
            mistakes_html(mistakes, names=pipeline.kb.name_of, parts=parts)

        Args:
            mistakes: The mistakes that `find_mistakes` found in answers of this pipeline.

        Raises:
            DataError: As `explain`.
        """
        read = LastReading(self.model)
        for mistake in mistakes:
            said = mistake.predicted
            has_any = said and said.candidates
            options = self._explain(mistake.found, said, read).options if said and has_any else ()
            yield {option.entity: option.parts for option in options}

    def _answer(
        self, documents: str | Document | Iterable[str | Document], *, link_only: bool
    ) -> Document | list[Document]:
        if isinstance(documents, str | Document):
            return next(self.stream([documents], link_only=link_only))
        return list(self.stream(documents, link_only=link_only))

    def _run(
        self,
        documents: Iterable[str | Document],
        *,
        link_only: bool,
        linking: LinkerConfig | None,
    ) -> Iterator[Document]:
        """The annotated documents, group by group; the lock is held for one group at a time."""
        for group in self._groups(documents, texts=not link_only):
            with self._lock:
                if self.model.linker:
                    self.model.linker.texts.refresh()
                tagged = annotate_group(self.model, group, link_only=link_only, linking=linking)
                done = list(tagged)
            yield from done

    def _groups(
        self, documents: Iterable[str | Document], *, texts: bool
    ) -> Iterator[list[tuple[Document, Passage]]]:
        """Checked documents as passages, in groups of a bounded number of tokens."""
        for group in group_documents(check_documents(documents, texts=texts)):
            if self.model.encoder.is_packed and len(group) >= MANY_SHORT:
                keep_out_of_heap()
            yield group


def _linking(
    model: JointModel, threshold: float | None, top_k: int | None, *, where: str
) -> LinkerConfig | None:
    """The linker's configuration with other values; `None` where nothing is to change.

    Raises:
        ConfigError: A value is wrong.
    """
    changes = {"threshold": threshold, "top_k": top_k}
    table = {name: value for name, value in changes.items() if value is not None}
    if not table or model.linker is None:
        return None
    return check_table(LinkerConfig, model.linker.config.model_dump() | table, where=where)


def _load_again(
    kind: type[Pipeline],
    folder: Path,
    identity: str,
    device: str,
    precision: str,
    linking: LinkerConfig | None,
) -> Pipeline:
    """The pipeline that `Pipeline.__reduce__` took apart.

    Raises:
        StorageError: The folder is gone, or another model was saved there since.
    """
    if identity_of(folder) != identity:
        raise StorageError(
            f"{folder} holds another model than the one that the pipeline was loaded from. "
            "Take Pipeline.load(folder) again, and give each model a folder of its own."
        )
    pipeline = kind.load(folder, device=device, precision=precision)
    if linking:
        pipeline.model.configure_linker(linking)
    return pipeline


def _before_fork() -> None:
    """Let the groups end that other threads tag: a fork has their half-done work, but not them.

    A lock that such a thread holds would stay locked in the fork forever, and so would locks of
    SQLite and of torch.
    """
    _HELD.locks = [pipeline._lock for pipeline in list(_PIPELINES)]
    for lock in _HELD.locks:
        lock.acquire()


def _after_fork() -> None:
    while _HELD.locks:
        _HELD.locks.pop().release()


def _in_child() -> None:
    if _HELD.locks:
        # The threads that torch computes with are not in the fork, and it would wait for them.
        torch.set_num_threads(1)
    _after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
