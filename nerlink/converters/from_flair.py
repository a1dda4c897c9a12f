"""From Flair sentences back to documents."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flair.data import Label, Sentence, Span, Token

from nerlink.converters.to_flair import BARE, ORIGIN, UNKNOWN, Origin
from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError

__all__ = ["documents_from_sentences", "from_sentences"]


def from_sentences(
    sentences: Sequence[Sentence], *, ner: str = "ner", nel: str = "nel"
) -> Document:
    """The document that sentences belong to, with the mentions they are labelled with.

    Sentences made by `to_sentences` give back their document as it was, text, id and meta; its
    mentions are those of the labels, so that predictions appear in it. Of other sentences, each
    stands at its `start_position` or, where that is taken, after the one before and a space.

    Args:
        sentences: All sentences of one document, in order.
        ner: Type of the labels that hold entity types.
        nel: Type of the labels that hold entities; `<unk>` becomes `NIL`.

    Raises:
        DataError: The sentences belong to several documents.
    """
    origins = {id(origin): origin for origin in map(_origin, sentences)}
    if len(origins) > 1:
        raise DataError(
            f"The {len(sentences)} sentences belong to {len(origins)} documents. "
            "Pass those of one, or call documents_from_sentences."
        )
    origin = next(iter(origins.values()), None)
    if origin is None:
        return _assembled(sentences, ner, nel)
    mentions = [
        _original(origin, mention)
        for sentence in sentences
        for mention in _mentions(sentence, [_start(sentence, t) for t in sentence], ner, nel)
    ]
    return replace(origin.document, mentions=_sorted(mentions))


def documents_from_sentences(
    sentences: Iterable[Sentence], *, ner: str = "ner", nel: str = "nel"
) -> Iterator[Document]:
    """The documents that a run of sentences belongs to, in order.

    Sentences made by `to_sentences` know their document. Another sentence continues the document
    of the one before if Flair's context links say so and it is no document boundary.

    Args:
        sentences: Sentences of one document after those of another.
        ner: Type of the labels that hold entity types.
        nel: Type of the labels that hold entities.
    """
    group: list[Sentence] = []
    for sentence in sentences:
        if group and not _continues(group[-1], sentence):
            yield from_sentences(group, ner=ner, nel=nel)
            group = []
        group.append(sentence)
    if group:
        yield from_sentences(group, ner=ner, nel=nel)


def _origin(sentence: Sentence) -> Origin | None:
    origin = sentence.get_metadata(ORIGIN) if sentence.has_metadata(ORIGIN) else None
    return origin if isinstance(origin, Origin) else None


def _continues(sentence: Sentence, following: Sentence) -> bool:
    origin = _origin(following)
    if origin is not None or _origin(sentence) is not None:
        return origin is _origin(sentence)
    return following._previous_sentence is sentence and not following.is_document_boundary


def _start(sentence: Sentence, token: Token) -> int:
    """A token's first character in the document."""
    return sentence.start_position + token.start_position


def _assembled(sentences: Iterable[Sentence], ner: str, nel: str) -> Document:
    """A document of sentences that nerlink did not make."""
    pieces: list[str] = []
    mentions: list[Mention] = []
    end = 0
    for sentence in sentences:
        # Sentences that were made one by one all claim to start at 0.
        begin = _start(sentence, sentence[0]) if len(sentence) else end
        shift = end + 1 - begin if begin < end else 0
        starts = []
        for token in sentence:
            start = max(end, shift + _start(sentence, token))
            pieces.append(" " * (start - end) + token.text)
            starts.append(start)
            end = start + len(token.text)
        mentions += _mentions(sentence, starts, ner, nel)
    return Document(text="".join(pieces), mentions=_sorted(mentions))


def _sorted(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end)))


def _mentions(sentence: Sentence, starts: Sequence[int], ner: str, nel: str) -> Iterator[Mention]:
    """One mention for each labelled span.

    Args:
        sentence: The sentence.
        starts: First character of each of its tokens in the document, (n_tokens).
        ner: Label type of entity types.
        nel: Label type of entities.
    """
    for span in sentence.get_spans():
        label, link = _best(span, ner), _best(span, nel)
        if label is None and link is None and not span.has_label(BARE):
            continue
        last = span.tokens[-1]
        yield Mention(
            start=starts[span.tokens[0].idx - 1],
            end=starts[last.idx - 1] + len(last.text),
            label=label.value if label else None,
            entity=_entity(link.value) if link else None,
            score=label.score if label else None,
            link_score=link.score if link else None,
        )


def _entity(value: str) -> str:
    return NIL if value == UNKNOWN else value


def _best(span: Span, label_type: str) -> Label | None:
    labels: list[Label] = span.get_labels(label_type)
    return max(labels, key=lambda label: label.score, default=None)


def _original(origin: Origin, mention: Mention) -> Mention:
    """The document's own mention, with all that labels cannot hold, where the labels are its."""
    own = origin.mentions.get((mention.start, mention.end))
    if own is None or (own.label, own.entity) != (mention.label, mention.entity):
        return mention
    if not _agrees(own.score, mention.score) or not _agrees(own.link_score, mention.link_score):
        return mention
    return replace(own, start=mention.start, end=mention.end)


def _agrees(given: float | None, written: float | None) -> bool:
    return written is None or written == (1.0 if given is None else given)
