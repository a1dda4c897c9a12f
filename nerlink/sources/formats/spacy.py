"""spaCy: its `Doc`, and files of them, which it calls `DocBin`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.files import open_binary, read_whole
from nerlink.rows import attempt
from nerlink.sources.check import Result
from nerlink.sources.found import Found, document_from_found
from nerlink.sources.losses import EVERYTHING, Losses, left_out
from nerlink.sources.meta import with_plain_meta
from nerlink.sources.names import Names
from nerlink.sources.records import mention_from_record, record_from_document
from nerlink.sources.tokens.cover import choose_flat, cover, opens_sentence

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

__all__ = ["SPANS", "from_doc", "read_spacy", "to_doc", "write_spacy"]

SPANS: Final = "nerlink"
"""The group in `doc.spans` that has all mentions, and the key in `doc.user_data` that has what a
span of spaCy has no place for."""


def to_doc(document: Document, vocab: "Vocab", *, losses: Losses | None = None) -> "Doc":
    """The document as spaCy has it: `doc.text` is its text, to the last blank.

    Tokens are those of the document, or found by nerlink, and cut where a mention begins or ends
    inside one. `doc.ents` has the mentions with a label, the longest where some overlap, with
    `kb_id_`; `doc.spans["nerlink"]` has all. Scores and candidates are in
    `doc.user_data["nerlink"]`, as JSON has them.

    Args:
        document: The document.
        vocab: The vocabulary of a pipeline: `nlp.vocab`.
        losses: Counts what spaCy cannot carry.

    Raises:
        DataError: spaCy is not installed.
    """
    tokens = _spacy().tokens
    losses = Losses() if losses is None else losses
    ranges = cover(document, losses)
    words, spaces, places = _words(document.text, ranges)
    opens = None
    if document.sentences is not None:
        is_first = {places[n] for n, one in enumerate(opens_sentence(document, ranges)) if one}
        opens = [n == 0 or n in is_first for n in range(len(words))]
    doc = tokens.Doc(vocab, words=words, spaces=spaces, sent_starts=opens)
    first = {start: places[n] for n, (start, _) in enumerate(ranges)}
    last = {end: places[n] + 1 for n, (_, end) in enumerate(ranges)}
    spans = {
        (m.start, m.end, m.label, m.entity): tokens.Span(
            doc, first[m.start], last[m.end], label=m.label or "", kb_id=m.entity or ""
        )
        for m in document.mentions
    }
    labelled = [mention for mention in document.mentions if mention.label]
    flat = choose_flat(labelled, dropped=lambda _: None)
    doc.set_ents([spans[m.start, m.end, m.label, m.entity] for m in flat])
    doc.spans[SPANS] = [spans[m.start, m.end, m.label, m.entity] for m in document.mentions]
    record = record_from_document(document)
    doc.user_data[SPANS] = {
        key: record[key]
        for key in ("id", "mentions", "sentences", "tokens", "meta", "complete")
        if key in record
    }
    return cast("Doc", doc)


def _words(text: str, ranges: Sequence[tuple[int, int]]) -> tuple[list[str], list[bool], list[int]]:
    """Words, whether a blank follows each, and the word that each token is.

    White space that is no single blank is a word of its own, as in spaCy.
    """
    words: list[str] = []
    spaces: list[bool] = []
    places: list[int] = []
    position = 0
    for start, end in (*ranges, (len(text), len(text))):
        gap = text[position:start]
        if gap.startswith(" ") and words:
            spaces[-1], gap = True, gap[1:]
        if gap:
            words.append(gap)
            spaces.append(False)
        if start < end:
            places.append(len(words))
            words.append(text[start:end])
            spaces.append(False)
        position = end
    return words, spaces, places


def from_doc(
    doc: "Doc", *, spans_key: str | None = None, names: Names | None = None, where: str = "doc"
) -> Document:
    """The document of a `Doc` of spaCy: its entities, with `kb_id_`, its tokens and sentences.

    Args:
        doc: What a pipeline made, or what `to_doc` gave.
        spans_key: The group of `doc.spans` to read; by default `nerlink`, if it is there, else
            `doc.ents`.
        names: How the source calls things.
        where: The place that errors name.

    Raises:
        DataError: There is no such group.
    """
    names = names or Names(where)
    if spans_key is not None and spans_key not in doc.spans:
        there = ", ".join(map(repr, doc.spans)) or "none"
        raise DataError(
            f"{where}: there is no group {spans_key!r} in doc.spans; there are {there}."
        )
    key = SPANS if spans_key is None and SPANS in doc.spans else spans_key
    spans = doc.ents if key is None else doc.spans[key]
    if key is None and not spans and doc.spans:
        there = ", ".join(map(repr, doc.spans))
        names.say(
            f"doc.ents is empty; spans are in {there}: spans_key reads one (--read spans_key=...)"
        )
    kept = _kept(doc)
    known = {_key(one): one for one in kept.get("mentions", ())}
    found: list[Found | DataError] = [
        attempt(_found, span, known, where=f"{where}: span {number}")
        for number, span in enumerate(spans)
    ]
    sentences, tokens = kept.get("sentences"), kept.get("tokens")
    if not kept or "misaligned" in kept:  # spaCy's own tokens, whatever was found in them since
        sentences = sentences or _sentences(doc)
        tokens = tokens or [(t.idx, t.idx + len(t)) for t in doc if not t.is_space]
    plain = Document(
        text=doc.text,
        id=kept.get("id"),
        sentences=_pairs(sentences) if sentences else None,
        tokens=_pairs(tokens) if tokens else None,
        meta=kept.get("meta", {}),
        complete=kept.get("complete", True),
    )
    return document_from_found(plain, found, where=where, say=names.say)


def _pairs(pairs: Iterable[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in pairs)


def _kept(doc: "Doc") -> Mapping[str, Any]:
    """What `to_doc` has kept beside the spans; lists of it may be tuples by now."""
    kept = doc.user_data.get(SPANS)
    return kept if isinstance(kept, Mapping) else {}


def _key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells the span of a mention: its tokens may be wider than the mention itself."""
    start, end = record.get("span") or (record["start"], record["end"])
    return start, end, record.get("label"), record.get("entity")


def _found(span: Any, known: Mapping[tuple[Any, ...], Mapping[str, Any]], *, where: str) -> Found:
    """A span; what is known of it counts as long as nobody has changed the span."""
    mention = Mention(
        start=span.start_char,
        end=span.end_char,
        label=span.label_ or None,
        entity=span.kb_id_ or None,
    )
    record = known.get((mention.start, mention.end, mention.label, mention.entity))
    if record is not None:
        more = {key: value for key, value in record.items() if key != "span"}
        return Found(mention_from_record(record, where=where), where, None, more)
    return Found(mention, where, None, {"span_id": span.id_} if span.id_ else {})


def _sentences(doc: "Doc") -> tuple[tuple[int, int], ...] | None:
    if not doc.has_annotation("SENT_START"):
        return None
    tokens = [[t for t in sentence if not t.is_space] for sentence in doc.sents]
    return tuple((one[0].idx, one[-1].idx + len(one[-1])) for one in tokens if one)


def _spacy() -> Any:
    try:
        import spacy
    except ImportError as error:
        raise DataError(
            "spaCy is not installed: pip install 'nerlink[spacy]', or pip install spacy."
        ) from error
    return spacy


def read_spacy(path: str | Path, *, spans_key: str | None = None) -> Iterator[Result]:
    """The documents of a `DocBin`; the whole file is in memory.

    Args:
        path: The file.
        spans_key: The group of `doc.spans` to read; by default `nerlink`, if it is there, else
            `doc.ents`.
    """
    spacy = _spacy()
    with open_binary(path) as handle:
        content = read_whole(handle)
    try:
        docs = list(spacy.tokens.DocBin().from_bytes(content).get_docs(spacy.vocab.Vocab()))
    except _UNREADABLE as error:
        # spaCy's own words are of its version 2, whatever is wrong with the file.
        raise DataError(
            f"{path}: no DocBin of spaCy, or cut short. Write it once more with DocBin.to_disk, or "
            "name the format it has."
        ) from error
    names = Names(str(path))
    with left_out(path) as losses:
        for number, doc in enumerate(docs):
            groups = len(doc.spans) - (SPANS in doc.spans) - (spans_key in doc.spans)
            losses.add("groups of spans", groups)
            place = f"{path}: doc {number}"
            yield attempt(from_doc, doc, spans_key=spans_key, names=names, where=place)


_UNREADABLE: Final = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, OSError),
    *(RecursionError, TypeError, ValueError, MemoryError),
)
"""What zlib, msgpack, numpy and spaCy raise for damaged files."""


def write_spacy(documents: Iterable[Document], handle: TextIO, losses: Losses) -> None:
    """A `DocBin` with all that documents hold; all are in memory.

    Args:
        documents: What to write.
        handle: The open file.
        losses: Counts what spaCy cannot carry: documents without text.
    """
    spacy = _spacy()
    vocab = spacy.vocab.Vocab()
    docs = spacy.tokens.DocBin(store_user_data=True)
    for doc in with_plain_meta(documents, losses):
        losses.note(doc, carried=EVERYTHING)
        if doc.text:
            docs.add(to_doc(doc, vocab, losses=losses))
        else:
            losses.add("documents without text")
    handle.buffer.write(docs.to_bytes())
