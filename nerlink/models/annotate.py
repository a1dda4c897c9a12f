"""Documents in, documents out: the models' side of the converters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Final

from nerlink.config import LinkerConfig, Task
from nerlink.converters import AlignmentReport, TokenizedDocument, align, tasks_of, tokenize
from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.models.joint import Annotation, JointModel, Reading
from nerlink.models.linker.explanations import Explanation, explain_link
from nerlink.models.passages import Example, Passage, TokenSpan, locate, unlinked
from nerlink.sources.keys import without_mention_columns

__all__ = [
    "LastReading",
    "annotate_documents",
    "annotate_group",
    "annotated",
    "example_of",
    "explain_mention",
    "group_documents",
    "links_seen",
    "passage_of",
    "split_example",
]

GROUP_TOKENS: Final = 16_384
"""Tokens read from a stream before the model runs over them."""


def passage_of(doc: Document) -> Passage:
    """A document as the models read it."""
    return Passage(doc.text, tokenize(doc))


def example_of(doc: Document, tasks: Iterable[Task]) -> tuple[Example, AlignmentReport]:
    """A document as the models learn from it, and a report on mentions that do not fit tokens.

    Args:
        doc: A document with gold mentions.
        tasks: The tasks to learn from the document, where its annotation allows.
    """
    alignment = align(tokenize(doc), doc.mentions, text=doc.text, document=doc.id)
    spans = tuple(
        TokenSpan(
            first,
            last,
            mention.label,
            mention.entity,
            tuple(candidate.entity for candidate in doc.means_one_of(mention)),
        )
        for first, last, mention in alignment.spans
    )
    passage = Passage(doc.text, alignment.tokens)
    taught = frozenset(tasks) & tasks_of(doc)
    return Example(passage, spans, taught, is_complete=doc.complete), alignment.report


def split_example(example: Example, n_tokens: int) -> Iterator[Example]:
    """An example in pieces of at most so many tokens, cut between sentences."""
    tokens = example.passage.tokens
    begin = 0
    ends = [last for _, last in tokens.sentences]
    for end, follows in zip_longest(ends, ends[1:]):
        if follows is None or follows - begin > n_tokens:
            yield _piece(example, begin, end)
            begin = end


def _piece(example: Example, begin: int, end: int) -> Example:
    """The sentences and spans of an example between two tokens, counted from the first."""
    tokens = example.passage.tokens
    piece = TokenizedDocument(
        tokens.words[begin:end],
        tokens.starts[begin:end],
        tokens.ends[begin:end],
        [(f - begin, e - begin) for f, e in tokens.sentences if f >= begin and e <= end],
    )
    spans = tuple(
        span._replace(first=span.first - begin, last=span.last - begin)
        for span in example.spans
        if begin <= span.first and span.last <= end
    )
    passage = Passage(example.passage.text, piece)
    return replace(example, passage=passage, spans=spans, whole=example)


def annotate_documents(
    model: JointModel,
    documents: Iterable[Document],
    *,
    link_only: bool = False,
    linking: LinkerConfig | None = None,
) -> Iterator[Document]:
    """Documents with the mentions that the model finds, in order, a bounded number at a time.

    Args:
        model: In evaluation mode.
        documents: Documents; the mentions that they have are replaced.
        link_only: Keep the mentions of the documents and add a link to each.
        linking: A linker configuration whose threshold and `top_k` replace those of the model.
    """
    for group in group_documents(documents):
        yield from annotate_group(model, group, link_only=link_only, linking=linking)


def annotate_group(
    model: JointModel,
    group: Sequence[tuple[Document, Passage]],
    *,
    link_only: bool = False,
    linking: LinkerConfig | None = None,
) -> Iterator[Document]:
    """`annotate_documents` for documents that are already passages."""
    if link_only:
        yield from _link(model, group, linking)
        return
    if model.tagger is None and (dictionary := model.dictionary):
        named = dictionary.find([doc for doc, _ in group])
        passages = [passage for _, passage in group]
        yield from map(
            dictionary.label, _link(model, list(zip(named, passages, strict=True)), linking)
        )
        return
    found = model.annotate([passage for _, passage in group], linking=linking)
    for (doc, passage), annotations in zip(group, found, strict=True):
        yield annotated(doc, passage, annotations)


def annotated(doc: Document, passage: Passage, annotations: Iterable[Annotation]) -> Document:
    """A document with what was found in its passage, in place of the mentions that it has."""
    mentions = [_mention(passage, annotation) for annotation in annotations]
    meta = without_mention_columns(doc.meta)
    # What the model does not mark it holds for no mention.
    return replace(doc, mentions=tuple(mentions), meta=meta, complete=True)


def group_documents(documents: Iterable[Document]) -> Iterator[list[tuple[Document, Passage]]]:
    """Documents as passages, in groups of a bounded number of tokens."""
    group: list[tuple[Document, Passage]] = []
    n_tokens = 0
    for doc in documents:
        passage = passage_of(doc)
        group.append((doc, passage))
        n_tokens += len(passage.tokens.words)
        if n_tokens >= GROUP_TOKENS or len(group) >= GROUP_TOKENS:
            yield group
            group, n_tokens = [], 0
    if group:
        yield group


def _link(
    model: JointModel, group: Sequence[tuple[Document, Passage]], linking: LinkerConfig | None
) -> Iterator[Document]:
    """Documents with their given mentions linked; overlapping mentions take several passes."""
    left = [dict.fromkeys(doc.mentions) for doc, _ in group]
    linked: list[dict[Mention, Mention]] = [{} for _ in group]
    while any(left):
        aligned = [
            align(passage.tokens, list(mentions), text=doc.text)
            for (doc, passage), mentions in zip(group, left, strict=True)
        ]
        if not any(alignment.spans for alignment in aligned):
            break
        passages = [
            Passage(doc.text, alignment.tokens)
            for (doc, _), alignment in zip(group, aligned, strict=True)
        ]
        given = [[TokenSpan(f, e, m.label) for f, e, m in a.spans] for a in aligned]
        every = model.annotate(passages, given=given, linking=linking)
        for number, annotations in enumerate(every):
            for span, annotation in zip(aligned[number].spans, annotations, strict=True):
                link = annotation.link
                linked[number][span.mention] = link.put_on(span.mention) if link else span.mention
                del left[number][span.mention]
    for (doc, _), changes in zip(group, linked, strict=True):
        yield replace(doc, mentions=tuple(changes.get(m) or unlinked(m) for m in doc.mentions))


class LastReading:
    """Reads passages, and reads none twice in a row: the mistakes of a document follow each other.

    Args:
        model: A model in evaluation mode.
    """

    def __init__(self, model: JointModel) -> None:
        self.model = model
        self._last: tuple[Passage, Reading] | None = None

    def __call__(self, passage: Passage) -> Reading:
        """What the heads read of a passage."""
        if self._last is None or self._last[0] != passage:
            self._last = passage, self.model.read([passage])
        return self._last[1]


def explain_mention(
    model: JointModel, doc: Document, mention: Mention, *, read: LastReading | None = None
) -> Explanation:
    """Why one of a document's mentions is linked as it is.

    Args:
        model: A model in evaluation mode, with a linker.
        doc: A document with all its mentions.
        mention: A mention of the document; mentions that overlap it are left out.
        read: Remembers what was read last, for several mentions of a document.

    Raises:
        DataError: The mention covers no token, or the model does not link.
    """
    if (linker := model.linker) is None:
        raise DataError("this model finds mentions only: it was trained without 'nel'.")
    others = [m for m in doc.mentions if m.end <= mention.start or m.start >= mention.end]
    alignment = align(tokenize(doc), [mention, *others], text=doc.text)
    spans = [TokenSpan(first, last, m.label) for first, last, m in alignment.spans]
    aligned = [m for _, _, m in alignment.spans]
    if mention not in aligned:
        raise DataError(f"the mention at {mention.start}-{mention.end} covers no token.")
    number = aligned.index(mention)
    passage = Passage(doc.text, alignment.tokens)
    vectors, _, labels = (read or LastReading(model))(passage)
    mentions = locate([passage], [spans], vectors.device)
    return explain_link(linker, vectors, labels, mentions, number)


def _mention(passage: Passage, annotation: Annotation) -> Mention:
    span, score, link = annotation
    start, end = passage.tokens.starts[span.first], passage.tokens.ends[span.last - 1]
    mention = Mention(start=start, end=end, label=span.label, score=score)
    return link.put_on(mention) if link else mention


def links_seen(model: JointModel, documents: Iterable[Document]) -> dict[str, int] | None:
    """How often training linked to each entity of some documents; `None` without a linker."""
    if model.linker is None:
        return None
    mentions = (mention for doc in documents for mention in doc.mentions)
    entities = {mention.entity for mention in mentions} - {None, NIL}
    lookup, links = model.linker.lookup, model.linker.counts.links
    return {str(entity): links.get(lookup.row(str(entity)), 0) for entity in entities}
