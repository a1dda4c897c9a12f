"""A trained model at work: texts or documents in, documents with linked mentions out."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self, overload

from nerlink.config import LinkerConfig
from nerlink.data import Document, Mention
from nerlink.display.mistakes import ScoreParts
from nerlink.errors import DataError
from nerlink.evaluation import Mistake
from nerlink.kb import KnowledgeBase
from nerlink.models.annotate import annotate_group, explain_mention, group_documents, links_seen
from nerlink.models.encoder.fast.buffers import keep_out_of_heap
from nerlink.models.encoder.fast.devices import choose_device
from nerlink.models.encoder.fast.precision import choose_precision
from nerlink.models.joint import JointModel
from nerlink.models.linker.explanations import Explanation
from nerlink.models.storage.hub import find_model, push_model
from nerlink.models.storage.model import load_model, read_info, save_model
from nerlink.sources.check import check_document, check_documents
from nerlink.toml import check_table

__all__ = ["Pipeline"]

MANY_SHORT: Final = 512
"""From so many documents read at once on, memory is kept flat, at the price of some time."""


class Pipeline:
    """Finds and links mentions.

        pipeline = Pipeline.load("my-model")
        doc = pipeline("Ada Lovelace met Babbage in London.")
        [(doc.surface(m), m.label, m.entity) for m in doc.mentions]

    Args:
        model: In evaluation mode.
        info: What the model says of itself.
        device: Where it runs.
        precision: What it computes in.
    """

    def __init__(
        self, model: JointModel, *, info: dict[str, Any], device: str, precision: str
    ) -> None:
        self.model = model
        self.device = device
        self.precision = precision
        self._info = info
        self._lock = threading.Lock()

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
            name: A folder that `train` or `save` wrote, or the `owner/name` of a repository, a
                revision of which may be named behind `@`. A folder that is there comes first.
            device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
            precision: What the transformer computes in: `fp32`, `bf16`, `int8`, `fp16`, or
                `auto`: what it was saved in, or bf16 for fp32 on a GPU that has it. A model saved
                afterwards keeps it.
            threshold: Link probability under which a mention is `NIL`; the model's own if `None`.
            top_k: Candidates that come back with each mention; the model's own if `None`.

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
        if model.linker:
            changes = {"threshold": threshold, "top_k": top_k}
            table = {name: value for name, value in changes.items() if value is not None}
            table = model.linker.config.model_dump() | table
            model.configure_linker(check_table(LinkerConfig, table, where="Pipeline.load"))
        return cls(model, info=asdict(info), device=str(chosen), precision=kind)

    from_pretrained = load

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
        """The knowledge base it links to; what is added to the file is linkable at once."""
        return self.model.linker.lookup.kb if self.model.linker else None

    def info(self) -> dict[str, Any]:
        """What the model is, what it learnt from, its scores, and where it runs."""
        return {**self._info, "device": self.device, "precision": self.precision}

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
        self, documents: Iterable[str | Document], *, link_only: bool = False
    ) -> Iterator[Document]:
        """What the pipeline or `link_only` gives, in order, a bounded number at a time.

        Args:
            documents: Texts or documents, any number of them.
            link_only: Link the mentions that the documents have, and look for no others.

        Raises:
            DataError: A text or a document is not sound, or the model does not find mentions, or
                does not link them.
        """
        if link_only and self.model.linker is None:
            raise DataError("this model finds mentions only: it was trained without 'nel'.")
        if not link_only and self.model.tagger is None:
            raise DataError(
                "this model links given mentions only. Use pipeline.link_only(documents)."
            )
        return self._run(documents, link_only=link_only)

    def links_seen(self, documents: Iterable[Document]) -> dict[str, int] | None:
        """How often training linked to each entity of some documents; `None` if it did not link.

        evaluate(gold, pipeline(gold), seen=pipeline.links_seen(gold))
        """
        return links_seen(self.model, check_documents(documents))

    def refresh(self, *, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Encode the texts of entities added since the last call; every call on documents does so.

        Args:
            on_progress: Called after each group of texts, with the number of texts encoded and
                the number of texts to encode.
        """
        with self._lock:
            if self.model.linker:
                self.model.linker.texts.refresh(on_progress=on_progress)

    def explain(self, doc: Document, mention: Mention) -> Explanation:
        """Why a mention is linked as it is: the parts of each candidate's score.

            doc = pipeline("Jordan scored 34 points.")
            print(pipeline.explain(doc, doc.mentions[0]))

        Args:
            doc: With all its mentions: what one means depends on the others.
            mention: One of them.

        Raises:
            DataError: The document has no such mention, or the model does not link.
        """
        if mention not in check_document(doc, where="the document").mentions:
            raise DataError(f"the document has no mention {mention}. Pass one of doc.mentions.")
        with self._lock:
            if self.model.linker:
                self.model.linker.texts.refresh()
            return explain_mention(self.model, doc, mention)

    def explain_mistakes(self, mistakes: Iterable[Mistake]) -> Iterator[ScoreParts]:
        """What the scores of each mistake's candidates add up from; nothing if it has none.

            parts = list(pipeline.explain_mistakes(mistakes))
            mistakes_html(mistakes, names=pipeline.kb.name_of, parts=parts)

        Args:
            mistakes: What `find_mistakes` found in documents that this pipeline made.

        Raises:
            DataError: As `explain`.
        """
        for mistake in mistakes:
            said = mistake.predicted
            options = self.explain(mistake.found, said).options if said and said.candidates else ()
            yield {option.entity: option.parts for option in options}

    def _answer(
        self, documents: str | Document | Iterable[str | Document], *, link_only: bool
    ) -> Document | list[Document]:
        if isinstance(documents, str | Document):
            return next(self.stream([documents], link_only=link_only))
        return list(self.stream(documents, link_only=link_only))

    def _run(self, documents: Iterable[str | Document], *, link_only: bool) -> Iterator[Document]:
        for group in group_documents(check_documents(documents, texts=not link_only)):
            if self.model.encoder.is_packed and len(group) >= MANY_SHORT:
                keep_out_of_heap()
            with self._lock:
                if self.model.linker:
                    self.model.linker.texts.refresh()
                done = list(annotate_group(self.model, group, link_only=link_only))
            yield from done
