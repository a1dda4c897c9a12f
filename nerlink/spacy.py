"""A trained model as a component of a spaCy pipeline.

    nlp.add_pipe("nerlink", config={"model": "my-model"})
    [(ent.text, ent.label_, ent.kb_id_) for ent in nlp("Ada met Babbage in London.").ents]

spaCy finds the component by itself where nerlink is installed.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from spacy.language import Language
from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans, raise_error

from nerlink.data import NIL, Document, Mention
from nerlink.errors import ConfigError, DataError
from nerlink.pipeline import Pipeline
from nerlink.sources.formats.spacy import SPANS
from nerlink.sources.keys import without_mention_columns
from nerlink.sources.records import record_from_document

__all__ = ["LinkedEntities"]

log = logging.getLogger(__name__)

ErrorHandler = Callable[[str, Any, Sequence[Doc], Exception], Any]

_DEFAULTS: Final = {
    "model": "",
    "threshold": None,
    "link_only": False,
    "overwrite_ents": True,
    "spans_key": SPANS,
    "alignment_mode": "expand",
    "device": "auto",
    "precision": "auto",
}


@Language.factory(
    "nerlink",
    default_config=_DEFAULTS,
    assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type", "token.ent_kb_id"],
    default_score_weights={"ents_f": 0.5, "nel_micro_f": 0.5},
)
@dataclass(kw_only=True)
class LinkedEntities:
    """Finds mentions and links them: `doc.ents` with `label_` and `kb_id_`.

    Mentions are found in the text, not in the tokens of spaCy. One that begins or ends inside a
    token is widened to whole tokens, or as `alignment_mode` says; `doc._.nerlink["misaligned"]`
    counts these. `span._.nerlink` has the mention exactly: its characters, label, entity,
    scores and candidates, as JSON has them.

    The model is loaded when it is first needed. `nlp.to_disk` saves it in the folder of the
    pipeline, so that the folder can go to another machine; `nlp.to_disk(folder,
    exclude=["nerlink"])` leaves it where it is.

    Args:
        nlp: The pipeline.
        name: The name of the component in the pipeline.
        model: Folder of a model, or owner/name on the Hugging Face hub.
        threshold: Link probability under which a mention is `NIL`; `None` is the model's own.
        link_only: Link the entities that another component has found, and find none.
        overwrite_ents: Take the place of the entities that are there, or of their links where
            `link_only`; otherwise they stay, and only what does not overlap them is added.
        spans_key: Group of `doc.spans` that gets all mentions, also those that overlap once they
            are widened; `None` for no group.
        alignment_mode: What `doc.ents` has of a mention that begins or ends inside a token: the
            whole tokens (`expand`), those inside it (`contract`), or nothing (`strict`).
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        precision: `auto`, `fp32`, `bf16`, `int8`, `fp16`.
        error_handler: Called with what could not be tagged, as spaCy does it.
    """

    nlp: Language = field(repr=False)
    name: str
    model: str = ""
    threshold: float | None = None
    link_only: bool = False
    overwrite_ents: bool = True
    spans_key: str | None = SPANS
    alignment_mode: Literal["expand", "contract", "strict"] = "expand"
    device: str = "auto"
    precision: str = "auto"
    error_handler: ErrorHandler = field(default_factory=lambda: raise_error, init=False)
    _has_told: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        del self.nlp  # which has the component: a pickle of the one need not hold the other

    @cached_property
    def pipeline(self) -> Pipeline:
        """The model at work.

        Raises:
            ConfigError: No model is named.
            StorageError: It cannot be loaded.
        """
        if not self.model:
            raise ConfigError(
                f"the component {self.name!r} has no model. Name one: "
                'nlp.add_pipe("nerlink", config={"model": "my-model"}).'
            )
        return Pipeline.load(
            self.model, device=self.device, precision=self.precision, threshold=self.threshold
        )

    def __call__(self, doc: Doc) -> Doc:
        """The same `Doc`, with its entities."""
        (answer,) = self.pipeline.stream([self._document(doc)], link_only=self.link_only)
        return self._write(doc, answer)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """The same `Doc`s, with their entities; so many of them go through the model at once."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            yield from self._answered(batch)

    def _answered(self, batch: list[Doc]) -> Iterator[Doc]:
        documents = map(self._document, batch)
        try:
            answers = list(self.pipeline.stream(documents, link_only=self.link_only))
        except DataError as error:
            if len(batch) == 1 or self.error_handler is raise_error:
                self.error_handler(self.name, self, batch, error)
                return
            for doc in batch:  # the others are as good as they were
                yield from self._answered([doc])
            return
        yield from map(self._write, batch, answers)

    def _document(self, doc: Doc) -> Document:
        """What the model reads of a `Doc`; its words are found as in training."""
        mentions = tuple(
            Mention(start=ent.start_char, end=ent.end_char, label=ent.label_ or None)
            for ent in (doc.ents if self.link_only else ())
        )
        return Document(text=doc.text, mentions=mentions)

    def _write(self, doc: Doc, answer: Document) -> Doc:
        """Put the mentions of an answer on a `Doc`."""
        ids = {(ent.start_char, ent.end_char): ent.id for ent in doc.ents}
        records = record_from_document(answer).get("mentions", [])
        ents: list[Span] = []
        group: list[Span] = []
        for mention, record in zip(answer.mentions, records, strict=True):
            span = partial(_span, doc, mention, ids.get((mention.start, mention.end), 0))
            if (wide := span("expand")) is None:
                continue  # spaCy allows for it, though widened to tokens every mention has some
            group.append(wide)
            if (wide.start_char, wide.end_char) != (mention.start, mention.end):
                record["span"] = [wide.start_char, wide.end_char]
                self._tell(answer.surface(mention), wide)
            ents += filter(None, [span(self.alignment_mode)])
        self._set_ents(doc, ents)
        if self.spans_key is not None:
            doc.spans[self.spans_key] = group
        kept = dict(doc.user_data.get(SPANS, {}))
        if "meta" in kept:
            kept["meta"] = without_mention_columns(kept["meta"])
        if not self.link_only:  # that is said of the mentions that are replaced here, too
            kept["complete"] = answer.complete
        misaligned = sum("span" in record for record in records)
        doc.user_data[SPANS] = {**kept, "mentions": records, "misaligned": misaligned}
        return doc

    def _set_ents(self, doc: Doc, found: list[Span]) -> None:
        """Make entities of spans, the longest of those that overlap, beside those that stay."""
        stay = [
            ent for ent in doc.ents if not self.overwrite_ents and (ent.kb_id or not self.link_only)
        ]
        taken = {token.i for ent in stay for token in ent}
        new = [
            span for span in filter_spans(found) if taken.isdisjoint(range(span.start, span.end))
        ]
        doc.set_ents([*stay, *new], default="unmodified" if self.link_only else "outside")

    def _tell(self, surface: str, wide: Span) -> None:
        """Warn of mentions inside tokens, once."""
        if not self._has_told:
            log.warning(
                "%s: a mention lies inside a token of spaCy: %r in %r. doc.ents has whole tokens "
                "(alignment_mode=%r), span._.nerlink the exact characters; "
                "doc._.nerlink['misaligned'] counts such mentions.",
                *(self.name, surface, wide.text, self.alignment_mode),
            )
            self._has_told = True

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """What becomes of texts that cannot be tagged; `nlp.set_error_handler` sets it."""
        self.error_handler = error_handler

    def get_error_handler(self) -> ErrorHandler:
        """What becomes of texts that cannot be tagged."""
        return self.error_handler

    def score(self, examples: Iterable[Example], **options: Any) -> dict[str, Any]:
        """The scores of spaCy for entities and links, as `nlp.evaluate` shows them."""
        examples = list(examples)
        links = Scorer.score_links(examples, negative_labels=[NIL], **options)
        return {**get_ner_prf(examples, **options), **links}

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002
        """Save the model as a folder."""
        self.pipeline.save(path)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "LinkedEntities":  # noqa: ARG002
        """Take the model of a folder; where there is none, the model stays the one configured."""
        if Path(path).is_dir():
            self.model = str(path)
            self.__dict__.pop("pipeline", None)
        return self


def _span(doc: Doc, mention: Mention, id_: int, mode: str) -> Span | None:
    """A mention as a span of tokens; `None` where the mode allows none."""
    return doc.char_span(
        mention.start,
        mention.end,
        label=mention.label or "",
        kb_id=mention.entity or "",
        alignment_mode=mode,
        span_id=id_,
    )


def _of_doc(doc: Doc) -> Any:
    """What nerlink found in a `Doc`; `None` before it has looked."""
    return doc.user_data.get(SPANS)


def _of_span(span: Span) -> Any:
    """The mention that a span stands for, exactly; `None` if it stands for none."""
    found = _of_doc(span.doc) or {}
    about = (span.label_ or None, span.kb_id_ or None)
    return next(
        (
            record
            for record in found.get("mentions", ())
            if record["start"] < span.end_char
            and span.start_char < record["end"]
            and (record.get("label"), record.get("entity")) == about
        ),
        None,
    )


# As the module is imported, since the processes of `nlp.pipe(texts, n_process=2)` import no more.
if not Doc.has_extension(SPANS):
    Doc.set_extension(SPANS, getter=_of_doc)
if not Span.has_extension(SPANS):
    Span.set_extension(SPANS, getter=_of_span)
