"""Records as other programs write them, under nerlink's own keys."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from nerlink.data import NIL
from nerlink.errors import DataError
from nerlink.sources.keys import DOCUMENT_KEYS, MENTION_KEYS
from nerlink.sources.names import MENTION_NAMES, PAIRS, SURFACES, Names, plain
from nerlink.sources.nil import is_nil_spelling
from nerlink.strict_json import RepeatedKeyError, parse_json
from nerlink.tables import mapping
from nerlink.words import shown

__all__ = ["Entry", "nested", "own_entity", "own_mentions", "own_record"]

_FORMATS: Final = (
    ("AIDA-CoNLL", {"mentions", "sentences"}, "read it with --from aida"),
    ("ZELDA", {"index", "wikipedia_titles"}, "read it with --from zelda"),
    ("ZELDA", {"index", "wikipedia_ids"}, "read it with --from zelda"),
    ("the JSON of Label Studio", {"data", "annotations"}, "read it with --from label-studio"),
    ("the JSON of Label Studio", {"data", "predictions"}, "read it with --from label-studio"),
    ("the JSON of Label Studio", {"data", "completions"}, "read it with --from label-studio"),
    ("the JSON of spaCy 2", {"paragraphs"}, ""),
    ("the JSON of GLiNER", {"tokenized_text", "ner"}, ""),
    ("BioC", {"documents", "source"}, "read it with --from bioc"),
    ("BioC", {"passages"}, "read it with --from bioc"),
    ("UIMA CAS", {"%FEATURE_STRUCTURES"}, "export it as XMI, which --from xmi reads"),
    ("the JSON of an annotator", {"classes", "annotations"}, "its records are the 'annotations'"),
    ("DocRED", {"vertexSet"}, ""),
    ("SciERC", {"doc_key", "sentences"}, ""),
    ("the JSON of pandas by columns", {"columns", "index"}, "save it with orient='records'"),
)
"""Formats by keys that their records have; such a record without a `text` is one of them."""

_OURS: Final = (
    'make records of it, such as {"text": "Ada slept", "mentions": [{"start": 0, "end": 3, '
    '"label": "PER"}]}'
)


class Entry(NamedTuple):
    """What a record says of a mention.

    Args:
        values: nerlink's keys and further ones.
        surface: The text of the mention, where the record has it.
    """

    values: Mapping[str, Any]
    surface: str | None


def nested(value: Any, *, where: str) -> Any:
    """The list or the object that a cell of a table has as text: JSON, or as Python shows it.

    Anything else stays as it is.

    Raises:
        RepeatedKeyError: It is JSON with an object that has a key twice.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return parse_json(value, where=where)
    except RepeatedKeyError:
        raise
    except DataError:
        pass
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        tree = ast.parse(value.strip(), mode="eval")
        _refuse_repeated_keys(tree, where=where)
        return ast.literal_eval(tree)  # what `DataFrame.to_csv` writes of a list
    return value


def _refuse_repeated_keys(tree: ast.AST, *, where: str) -> None:
    for node in ast.walk(tree):
        keys = [key.value for key in getattr(node, "keys", ()) if isinstance(key, ast.Constant)]
        if len(set(keys)) < len(keys):
            twice, n_times = Counter(keys).most_common(1)[0]
            raise RepeatedKeyError(
                f"{where}: the key {twice!r} occurs {n_times} times in one object. Leave one."
            )


def own_record(record: Any, names: Names, *, where: str) -> dict[str, Any]:
    """The record of a document under nerlink's own keys; its mentions stay as they are.

    Args:
        record: A mapping; or a text and a mapping, as spaCy is trained with.
        names: How the source calls things.
        where: The place that errors name.

    Raises:
        DataError: It is no record, or one of another format.
    """
    if isinstance(record, list | tuple) and [type(part) for part in record] == [str, dict]:
        record = {"text": record[0], **record[1]}
    record = dict(mapping(record, where=where))
    names.refuse_hidden(record, DOCUMENT_KEYS, where=where)
    for name in ("id", "text", "sentences", "tokens", "meta"):
        if (column := names.columns.get(name, name)) != name and column in record:
            record[name] = record.pop(column)
    _refuse_other_formats(record, where=where)
    if found := names.mentions_key(record, partial(nested, where=where), where=where):
        key, mentions = found
        del record[key]
        record["mentions"] = mentions
        _refuse_rejected(record, where=where)
    if _are_tokens(record.get("tokens")):
        record["tokens"] = [[token["start"], token["end"]] for token in record["tokens"]]
    return dict(record)


def _refuse_other_formats(record: Mapping[str, Any], *, where: str) -> None:
    """Refuse records of other formats, whose mentions would be lost."""
    if "text" in record and "index" not in record:
        if isinstance(text := record["text"], Mapping):
            raise DataError(
                f"{where}: text is {shown(text, 40)}, as pandas writes columns. "
                "Save the frame with to_json(orient='records')."
            )
        return
    for name, keys, advice in _FORMATS:
        if keys <= record.keys():
            raise DataError(f"{where}: looks like {name}; {advice or _OURS}.")


def _refuse_rejected(record: Mapping[str, Any], *, where: str) -> None:
    answer = record.get("answer")
    if answer in ("reject", "ignore") and record["mentions"]:
        raise DataError(
            f"{where}: answer is {answer!r}: its mentions are not right. "
            "Leave such records out, or skip them with --skip-invalid."
        )


def _are_tokens(tokens: Any) -> bool:
    return (
        isinstance(tokens, list | tuple)
        and bool(tokens)
        and all(isinstance(token, Mapping) and {"start", "end"} <= token.keys() for token in tokens)
    )


def own_mentions(
    entries: Sequence[Any], text: str, names: Names, *, where: str, places: Sequence[str]
) -> list[Entry]:
    """The records of mentions under nerlink's own keys.

    Args:
        entries: Mappings, or lists such as `[0, 3, "PER"]`, `["PER", 0, 3]` and `[0, 3, "PER",
            "Q7259"]`.
        text: The text of the document.
        names: How the source calls things.
        where: The place that errors about all mentions name.
        places: The place of each mention, (n_mentions).

    Raises:
        DataError: A record is none, several of its keys may be meant, or it has several labels or
            parts.
    """
    records = [
        _of_list(entry, text) if isinstance(entry, list | tuple) and len(entry) > 1 else entry
        for entry in entries
    ]
    records = [mapping(record, where=place) for record, place in zip(records, places, strict=True)]
    given = set().union(*records)
    if not names.columns and given <= _OWN_KEYS and ("label" in given or "entity" not in given):
        return [_own_entry(one, names, where=at) for one, at in zip(records, places, strict=True)]
    records = [
        _with_places(record, where=place) for record, place in zip(records, places, strict=True)
    ]
    keys = tuple(dict.fromkeys(key for record in records for key in record))
    names.refuse_hidden(keys, MENTION_NAMES, where=where)
    plan = names.find(keys, MENTION_NAMES, where=where)
    _refuse_tags(records, plan, where=where)
    plain_keys = set(map(plain, keys))
    surfaces = [key for key in SURFACES if key in plain_keys]
    return [
        _entry(record, plan, surfaces, names, where=place)
        for record, place in zip(records, places, strict=True)
    ]


_OWN_KEYS: Final = frozenset(MENTION_KEYS)


def _own_entry(record: Mapping[str, Any], names: Names, *, where: str) -> Entry:
    """The entry of a record that has nerlink's keys alone: the usual one, in less time."""
    if isinstance(record.get("label"), list) or isinstance(record.get("entity"), list):
        return _entry(record, {name: name for name in record}, (), names, where=where)
    entity = record.get("entity")
    if isinstance(entity, str) and len(entity) <= _LONGEST_NIL and _is_nil(entity):
        record = {**record, "entity": own_entity(entity, names)}
    return Entry(record, None)


def _entry(
    record: Mapping[str, Any],
    plan: Mapping[str, str],
    surfaces: Sequence[str],
    names: Names,
    *,
    where: str,
) -> Entry:
    taken = set(plan.values())
    values = {name: record[key] for name, key in plan.items() if key in record}
    rest = {key: value for key, value in record.items() if key not in taken}
    for name in ("label", "entity"):
        if isinstance(value := values.get(name), list | tuple):
            values[name] = _only_value(value, plan[name], where=where)
    if isinstance(entity := values.get("entity"), str):
        values["entity"] = own_entity(entity, names)
    surface = _take_surface(rest, surfaces)
    return Entry(values | rest, surface)


def _take_surface(rest: dict[str, Any], surfaces: Sequence[str]) -> str | None:
    """The text of a mention, which is taken out: it is what the offsets say."""
    for key in list(rest):
        if plain(key) in surfaces:
            value = rest[key]
            if isinstance(value, list | tuple) and len(value) == 1:
                value = value[0]
            if isinstance(value, str) and value:
                del rest[key]
                return None if "[UNK]" in value else value  # a tokeniser did not know it
    return None


def own_entity(entity: str, names: Names) -> str:
    """The entity as it is, or `NIL` where it spells that there is none."""
    if entity == NIL or len(entity) > _LONGEST_NIL or not _is_nil(entity):
        return entity
    names.say(f"entity {entity!r} and its like are read as {NIL!r}")
    return NIL


_LONGEST_NIL: Final = 64
"""Characters of an entity that may be a word for `NIL`; longer ones are not kept in memory."""

_is_nil = lru_cache(maxsize=65536)(is_nil_spelling)


def _only_value(values: Sequence[Any], key: str, *, where: str) -> Any:
    if len(values) > 1:
        raise DataError(f"{where}: {key} is {shown(values)}; a mention has one. Take one of them.")
    return values[0] if values else None


def _of_list(entry: Sequence[Any], text: str) -> Any:
    """The record of a mention that is a list; its strings are a label, then an entity."""
    numbers = [part for part in entry if isinstance(part, int | float)]
    words = [part for part in entry if isinstance(part, str)]
    if len(numbers) != 2 or len(numbers) + len(words) + entry.count(None) != len(entry):
        return entry
    start, end = numbers
    is_whole = all(isinstance(n, int) or n.is_integer() for n in numbers)
    if len(words) > 1 and is_whole and (surface := text[int(start) : int(end)]) in words:
        words.remove(surface)
    return {"start": start, "end": end} | dict(zip(("label", "entity"), words, strict=False))


def _with_places(record: Mapping[str, Any], *, where: str) -> Mapping[str, Any]:
    """The same with a start and an end, where it has them in one list, or a start and a length."""
    found = {plain(key): key for key in record}
    if MENTION_NAMES["start"] & found.keys() and MENTION_NAMES["end"] & found.keys():
        return record
    for name in PAIRS:
        pair = nested(record.get(found.get(name, "")), where=where)
        if isinstance(pair, list | tuple) and pair:
            ranges = pair if isinstance(pair[0], list | tuple) else [pair]
            if len(ranges) > 1 or len(ranges[0]) != 2:
                raise DataError(
                    f"{where}: {name} is {shown(pair)}; a mention is one stretch of text: its "
                    "start and its end."
                )
            rest = {key: value for key, value in record.items() if key != found[name]}
            return {**rest, "start": ranges[0][0], "end": ranges[0][1]}
    start = next((found[one] for one in ("start", "offset", "begin") if one in found), None)
    if start is not None and "length" in found:
        first, length = record[start], record[found["length"]]
        if isinstance(first, int) and isinstance(length, int):
            rest = {k: v for k, v in record.items() if k not in (start, found["length"])}
            return {**rest, "start": first, "end": first + length}
    return record


_LABELS: Final = frozenset(
    [
        "PER",
        "PERS",
        "PERSON",
        "ORG",
        "LOC",
        "GPE",
        "MISC",
        "NORP",
        "FAC",
        "DATE",
        "EVENT",
        "PRODUCT",
    ]
)


def _refuse_tags(
    records: Sequence[Mapping[str, Any]], plan: Mapping[str, str], *, where: str
) -> None:
    """Refuse labels, and tags of tokens, that stand under `entity`: they are no ids."""
    if "entity" not in plan or "label" in plan or plan["entity"] != "entity":
        return
    values = [record.get("entity") for record in records]
    said = {value for value in values if isinstance(value, str)}
    if said and all(v[:2] in ("B-", "I-") for v in said) and any("word" in r for r in records):
        raise DataError(
            f"{where}: entity is {min(said)!r}, the tag of a piece of a word, as the "
            "token-classification pipeline of transformers gives it. Let that pipeline make "
            "mentions: aggregation_strategy='simple'."
        )
    if said and said <= _LABELS:
        raise DataError(
            f"{where}: entity is {min(said)!r}, which looks like a label. If it is one, say so: "
            "columns={'label': 'entity'} (--read 'columns={label = \"entity\"}'); else read the "
            "file with guess=False (--read guess=false)."
        )
