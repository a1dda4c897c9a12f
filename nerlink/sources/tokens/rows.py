"""A document as rows of tokens and tags, the shape of CoNLL files and token tables."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, Final

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.schemes import (
    ANY_SCHEME,
    TAG_SCHEMES,
    Span,
    check_tag,
    describe_scheme,
    find_scheme,
    spans_from_tags,
    tags_from_spans,
)
from nerlink.sources.foreign import own_entity
from nerlink.sources.keys import ENTITY_NAME, MENTION_COLUMNS
from nerlink.sources.losses import Losses
from nerlink.sources.names import Names
from nerlink.sources.nil import is_no_link_spelling
from nerlink.sources.tokens.cover import choose_flat, cover, opens_sentence
from nerlink.sources.tokens.spacing import USUAL, notes_from_text, usual_gaps, white_space
from nerlink.words import shown

__all__ = [
    "NO_TAG",
    "TokenRows",
    "document_from_tokens",
    "find_tokens",
    "place_tokens",
    "rows_from_tokens",
]

NO_TAG: Final = "O"

_BLANKS: Final = {ord(character): " " for character in "\t\n\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRows:
    """Columns with a value for each token, (n_tokens); `None` where there is no such column.

    Args:
        tokens: The text of each token.
        sentences: The number of the token's sentence.
        ner: The token's tag for labels, such as `B-PER`.
        nel: The token's tag for entities, such as `B-Q7259`.
        has_ids: Whether `nel` has bare ids, as the format wants; otherwise that is found, and said.
        entity_name: The token's tag for the name of the entity, such as `B-Ada_Lovelace`.
        misc: The white space around the token (see `spacing`); as usual where there is none.
    """

    tokens: Sequence[str]
    sentences: Sequence[int]
    ner: Sequence[str] | None = None
    nel: Sequence[str] | None = None
    has_ids: bool = False
    entity_name: Sequence[str] | None = None
    misc: Sequence[str] | None = None


def place_tokens(rows: TokenRows, *, join: str = " ") -> tuple[str, list[tuple[int, int]]]:
    """The text that tokens make, and the character range of each, (n_tokens).

    Args:
        rows: The tokens.
        join: What stands between the tokens of a sentence.
    """
    parts: list[str] = []
    ranges: list[tuple[int, int]] = []
    position = 0
    misc = rows.misc or [USUAL] * len(rows.tokens)
    for token, note, gap in zip(rows.tokens, misc, usual_gaps(rows.sentences, join), strict=True):
        before, after = white_space(note, gap)
        position += len(before)
        ranges.append((position, position + len(token)))
        position += len(token) + len(after)
        parts += (before, token, after)
    return "".join(parts), ranges


def document_from_tokens(
    rows: TokenRows,
    ranges: Sequence[tuple[int, int]],
    *,
    doc: Document,
    scheme: str,
    places: Sequence[str],
    names: Names,
) -> Document:
    """A document with its tokens, its sentences, and the mentions of its tags.

    A label and an entity on the same tokens are one mention. Spans end with their sentence.
    Underscores in names of entities stand for blanks. Where no entity has a prefix such as `B-`,
    each token of a mention bears the bare id.

    Args:
        rows: The tokens and tags.
        ranges: The characters of each token, (n_tokens).
        doc: The document so far: its text, its name, its `meta`.
        scheme: The scheme of the columns of tags; `auto` finds it.
        places: What an error calls each token, such as `train.conll:17`, (n_tokens).
        names: Says how tags are read.

    Raises:
        DataError: A tag is not in the scheme, or tokens of one mention bear several ids.
    """
    for column in ("ner", "nel", ENTITY_NAME):
        _refuse_numbers(getattr(rows, column), column, places)
    if scheme == ANY_SCHEME and rows.ner is not None:
        scheme = find_scheme(rows.ner)
        if said := describe_scheme(scheme, rows.ner):
            names.say(said)
    labels = _spans(rows.ner, rows.sentences, "ner", scheme, places)
    if rows.nel is not None and (rows.has_ids or _are_bare(rows.nel)):
        if not rows.has_ids:
            names.say("entities have no prefixes: equal neighbours, and each mention, are one link")
        entities = _spans_of_ids(rows.nel, rows.sentences, labels, places)
    else:
        in_letters = scheme if scheme in TAG_SCHEMES else ANY_SCHEME
        entities = _spans(rows.nel, rows.sentences, "nel", in_letters, places)
    entities = {span: own_entity(entity, names) for span, entity in entities.items()}
    called_as = _spans(rows.entity_name, rows.sentences, ENTITY_NAME, ANY_SCHEME, places)
    spans = sorted(labels.keys() | entities.keys())
    mentions = tuple(
        Mention(
            start=ranges[first][0],
            end=ranges[last - 1][1],
            label=labels.get((first, last)),
            entity=entities.get((first, last)),
        )
        for first, last in spans
    )
    called = [called_as[span].replace("_", " ") if span in called_as else None for span in spans]
    by_sentence = groupby(zip(rows.sentences, ranges, strict=True), key=itemgetter(0))
    sentences = [[place for _, place in group] for _, group in by_sentence]
    return replace(
        doc,
        mentions=mentions,
        sentences=tuple((places[0][0], places[-1][1]) for places in sentences),
        tokens=tuple(ranges),
        meta={**doc.meta, MENTION_COLUMNS: {ENTITY_NAME: called}} if any(called) else doc.meta,
    )


def _refuse_numbers(tags: Sequence[Any] | None, column: str, places: Sequence[str]) -> None:
    for tag, place in zip(tags or (), places, strict=False):
        if not isinstance(tag, str):
            raise DataError(
                f"{place}: column {column!r} is {shown(tag)}; a tag is a string such as 'B-PER'. "
                "Put the names of tags in the place of their numbers."
            )


def _are_bare(entities: Sequence[str]) -> bool:
    said = {entity for entity in entities if not is_no_link_spelling(entity) and entity}
    return bool(said) and all(entity[1:2] != "-" or entity.startswith("-") for entity in said)


def _spans_of_ids(
    entities: Sequence[str],
    sentences: Sequence[int],
    labels: Mapping[tuple[int, int], str],
    places: Sequence[str],
) -> dict[tuple[int, int], str]:
    """The entity of each span of labels, and of equal neighbours that have no label."""
    ids = [None if not one or is_no_link_spelling(one) else one for one in entities]
    found: dict[tuple[int, int], str] = {}
    for first, last in labels:
        said = [one for one in dict.fromkeys(ids[first:last]) if one is not None]
        if len(said) > 1:
            raise DataError(
                f"{places[first]}: the tokens of a mention bear {' and '.join(said)}. "
                "Give all of them the same entity."
            )
        if said:
            found[first, last] = said[0]
        ids[first:last] = [None] * (last - first)
    first = 0
    for (entity, _), group in groupby(zip(ids, sentences, strict=True)):
        last = first + sum(1 for _ in group)
        if entity is not None:
            found[first, last] = entity
        first = last
    return found


def find_tokens(tokens: Sequence[str], text: str, places: Sequence[str]) -> list[tuple[int, int]]:
    """Where each token stands in the text, one after the other, (n_tokens).

    Raises:
        DataError: A token is not there.
    """
    ranges, position = [], 0
    for token, place in zip(tokens, places, strict=True):
        start = text.find(token, position)
        if start < 0:
            raise DataError(f"{place}: token {shown(token)} is not in the text after {position}.")
        position = start + len(token)
        ranges.append((start, position))
    return ranges


def _spans(
    tags: Sequence[str] | None,
    sentences: Sequence[int],
    column: str,
    scheme: str,
    places: Sequence[str],
) -> dict[tuple[int, int], str]:
    """The label of each span, first token to one past the last, that a column of tags marks."""
    if tags is None:
        return {}
    for tag, place in zip(tags, places, strict=True):
        check_tag(tag, scheme=scheme, where=f"{place}: column {column!r}")
    found: dict[tuple[int, int], str] = {}
    first = 0
    # Sentence by sentence, so that an I- at the start of one does not go on with the last one's.
    for _, group in groupby(sentences):
        last = first + sum(1 for _ in group)
        for start, end, label in spans_from_tags(tags[first:last], scheme=scheme):
            found[first + start, first + end] = label
        first = last
    return found


def rows_from_tokens(
    doc: Document, *, scheme: str, losses: Losses, is_line: bool = False
) -> TokenRows:
    """The token rows of a document; what rows cannot carry is counted.

    Args:
        doc: The document.
        scheme: The scheme of both columns of tags.
        losses: The counts.
        is_line: A row will be a line of a file: tabs and line ends inside a token become blanks,
            so that offsets stay.
    """
    ranges = cover(doc, losses)
    tokens = [doc.text[start:end] for start, end in ranges]
    plain = [token.translate(_BLANKS) for token in tokens] if is_line else tokens
    losses.add("tabs and line ends in tokens", sum(map(str.__ne__, tokens, plain)))
    losses.add("texts of white space only", bool(doc.text) and not ranges)
    is_first = opens_sentence(doc, ranges)
    labels, entities = _spans_of_mentions(doc, ranges, is_first, losses)
    sentences = list(accumulate(map(int, is_first)))
    return TokenRows(
        tokens=plain,
        sentences=sentences,
        ner=tags_from_spans(labels, len(tokens), scheme=scheme),
        nel=tags_from_spans(entities, len(tokens), scheme=scheme),
        misc=notes_from_text(doc.text, ranges, sentences),
    )


def _has_tag(mention: Mention, losses: Losses) -> bool:
    is_bare = mention.label is None and mention.entity is None
    losses.add("mentions without label and link", is_bare)
    return not is_bare


def _spans_of_mentions(
    doc: Document, ranges: Sequence[tuple[int, int]], is_first: list[bool], losses: Losses
) -> tuple[list[Span], list[Span]]:
    """Spans of labels and of entities, in tokens.

    `is_first` is changed in place: no sentence begins inside a mention, since a span of tags ends
    with its sentence.
    """
    labels, entities = [], []
    starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
    flat = choose_flat(
        doc.mentions,
        dropped=lambda _: losses.add("overlapping mentions"),
        is_kept=partial(_has_tag, losses=losses),
    )
    for mention in flat:
        # `cover` has cut the tokens at the borders of all mentions, so both are found exactly.
        first, last = bisect_left(starts, mention.start), bisect_left(ends, mention.end) + 1
        losses.add("sentence borders inside a mention", sum(is_first[first + 1 : last]))
        is_first[first + 1 : last] = [False] * (last - first - 1)
        if mention.label is not None:
            labels.append((first, last, mention.label))
        if mention.entity is not None:
            entities.append((first, last, mention.entity))
    return labels, entities
