"""From Flair sentences back to documents."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flair.data import Label, Sentence, Span, Token

from nerlink.converters.to_flair import (
    BARE,
    ORIGIN,
    UNKNOWN,
    DocumentSentences,
    Origin,
    flair_score,
)
from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError

__all__ = ["documents_from_sentences", "from_sentences"]


def from_sentences(
    sentences: Sentence | Sequence[Sentence], *, ner: str = "ner", nel: str = "nel"
) -> Document:
    """The document that sentences belong to, with the mentions they are labelled with.

    Sentences made by `to_sentences` give back their document, with its text, id and meta. The
    mentions are those of the labels, so that predictions appear in the document. A document of
    white space has no sentences, and comes back from the list that `to_sentences` gave. Any other
    sentence stands at its `start_position`; where the text has come further already, it follows
    the sentence before after a space.

    Args:
        sentences: All sentences of one document, in order; or its only one.
        ner: Type of the labels that hold entity types.
        nel: Type of the labels that hold entities; `<unk>` becomes `NIL`.

    Raises:
        DataError: The sentences belong to several documents.
    """
    if isinstance(sentences, Sentence):  # which is a sequence too, of tokens
        sentences = [sentences]
    origins = {id(origin): origin for origin in map(_origin, sentences)}
    if len(origins) > 1:
        raise DataError(
            f"The {len(sentences)} sentences belong to {len(origins)} documents. "
            "Pass those of one, or call documents_from_sentences."
        )
    origin = next(iter(origins.values()), None)
    if not sentences and isinstance(sentences, DocumentSentences):
        return replace(sentences.document, mentions=())
    if origin is None:
        return _assembled(sentences, ner, nel)
    mentions = [
        _original(origin, mention)
        for sentence in sentences
        for mention in _mentions(sentence, [_token_start(sentence, t) for t in sentence], ner, nel)
    ]
    return replace(origin.document, mentions=_sorted(mentions))


def documents_from_sentences(
    sentences: Sentence | Iterable[Sentence], *, ner: str = "ner", nel: str = "nel"
) -> Iterator[Document]:
    """The documents that a run of sentences belongs to, in order.

    Sentences made by `to_sentences` know their document. Any other sentence belongs to the
    document of the sentence before, if Flair's context links say so and it is no document
    boundary.

    Args:
        sentences: Sentences of one document after those of another; or a single one.
        ner: Type of the labels that hold entity types.
        nel: Type of the labels that hold entities.
    """
    if isinstance(sentences, Sentence):
        sentences = [sentences]
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
    """Whether the following sentence belongs to the same document."""
    origin = _origin(following)
    if origin is not None or _origin(sentence) is not None:
        return origin is _origin(sentence)
    return following._previous_sentence is sentence and not following.is_document_boundary


def _token_start(sentence: Sentence, token: Token) -> int:
    """A token's first character in the document."""
    return sentence.start_position + token.start_position


def _assembled(sentences: Iterable[Sentence], ner: str, nel: str) -> Document:
    """The document of sentences that `to_sentences` did not make, its text put together."""
    pieces: list[str] = []
    mentions: list[Mention] = []
    end = 0
    for sentence in sentences:
        begin = _token_start(sentence, sentence[0]) if len(sentence) else end
        # Sentences that were made one by one all claim to start at 0: they move behind the text.
        shift = end + 1 - begin if begin < end else 0
        starts = []
        for token in sentence:
            start = max(end, shift + _token_start(sentence, token))
            pieces.append(" " * (start - end) + token.text)
            starts.append(start)
            end = start + len(token.text)
        mentions += _mentions(sentence, starts, ner, nel)
    return Document(text="".join(pieces), mentions=_sorted(mentions))


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
        mention = Mention(
            start=starts[span.tokens[0].idx - 1],  # Flair counts tokens from 1
            end=starts[last.idx - 1] + len(last.text),
        )
        if label is not None:
            mention = replace(mention, label=label.value, score=label.score)
        if link is not None:
            entity = NIL if link.value == UNKNOWN else link.value
            mention = replace(mention, entity=entity, link_score=link.score)
        yield mention


def _best(span: Span, label_type: str) -> Label | None:
    labels: list[Label] = span.get_labels(label_type)
    return max(labels, key=lambda label: label.score, default=None)


def _original(origin: Origin, mention: Mention) -> Mention:
    """The document's mention that these labels were written from, or the mention as labelled.

    Labels cannot hold all of a mention: candidates, why it is `NIL`, that it has no score.
    """
    original = origin.mentions.get((mention.start, mention.end))
    if original is None or (original.label, original.entity) != (mention.label, mention.entity):
        return mention
    scores = (original.score, mention.score), (original.link_score, mention.link_score)
    # The same label with another score is a prediction.
    if any(found not in (None, flair_score(given)) for given, found in scores):
        return mention
    # The mention may have had white space at its edges; its labels stand on tokens.
    return replace(original, start=mention.start, end=mention.end)


def _sorted(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end)))
