"""What people call the things that nerlink reads: one place for every shape and format.

A name that can only mean one thing is read as that, which is said once a source. What may be an
annotation and is not understood is an error: read as a document without mentions, it would teach a
model that nothing is there.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from nerlink.errors import DataError
from nerlink.sources.keys import DOCUMENT_KEYS
from nerlink.words import shown

__all__ = [
    "MENTION_NAMES",
    "PAIRS",
    "ROW_NAMES",
    "SURFACES",
    "TOKEN_NAMES",
    "UNDERSTOOD",
    "Names",
    "plain",
]

log = logging.getLogger(__name__)

_START: Final = (
    "start startoffset offsetstart begin beginoffset beginindex beginchar from startchar charstart "
    "startcharacter startindex startidx startpos startposition spanstart mentionstart"
)
_END: Final = (
    "end endoffset offsetend finish to stop endindex endchar charend endcharacter endidx endpos "
    "endposition spanend mentionend"
)
_LABEL: Final = (
    "label labels labelname type tag ner nerlabel nertag nertype entitygroup entitytype "
    "entitylabel enttype mentiontype spanlabel semantictype netype category class"
)
_ENTITY: Final = (
    "entity entityid entid kbid kbidentifier entkbid entitykbid knowledgebaseid qid wikidata "
    "wikidataid wikidataqid conceptid cui mesh meshid linkedentity entitylink entityuri entityurl "
    "entityiri uri iri kburi wikiid wikipediaid wikipediatitle wikititle nel nelid goldentity"
)
SURFACES: Final = (
    *("surface", "text", "word", "surfaceform", "surfacetext", "mentiontext", "spantext"),
    *("entitytext", "coveredtext", "matchedtext", "anchor", "anchorof"),
)
"""What people call the text of a mention, in the form that `plain` gives."""


def _table(**names: str) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(aliases.split()) for name, aliases in names.items()}


MENTION_NAMES: Final = _table(start=_START, end=_END, label=_LABEL, entity=_ENTITY)
"""nerlink's keys of a mention to all that people call them, in the form that `plain` gives."""

ROW_NAMES: Final = _table(
    doc_id="docid documentid document doc dockey articleid textid fileid filename pmid",
    text="text",
    start=_START,
    end=_END,
    label=_LABEL,
    entity=_ENTITY,
)
"""The same for a table with a row a mention."""

TOKEN_NAMES: Final = _table(
    doc_id="docid documentid document doc dockey articleid textid fileid filename",
    sentence_id="sentenceid sentence sentid sent sentencenumber sentenceno sentnum sentenceidx",
    token="token tokens word words wordform form",  # noqa: S106
    ner="ner nertag nertags tag tags label labels iob iob2 iobtag bio biotag bioes bilou netag "
    "entitytag entitylabel necoarselit",
    nel="nel neltag neltags link kbid qid wikidata wikidataid entityid nellit",
    misc="misc spaceafter",
)
"""The same for a table with a row a token, and for columns of CoNLL files."""

_SURE: Final = frozenset(
    {"mentions", "mention", "entities", "spans", "ents", "namedentities", "entitymentions"}
)
"""What stands under these is an annotation, whatever it looks like."""

_MENTIONS: Final = _SURE | {
    *("goldentities", "goldmentions", "labels", "label", "annotations", "annotation"),
    *("ner", "tags"),
}
"""Under these, records have mentions, if what is there looks like it."""


PAIRS: Final = ("span", "offsets", "offset", "range", "charspan", "indices", "position")
"""What a key is called that has the start and the end of a mention in one list."""

UNDERSTOOD: Final = frozenset().union(*MENTION_NAMES.values(), SURFACES, PAIRS, ["length"])
"""Names that a key of a mention is not given when nerlink writes: they would be read as another."""


_LONGEST: Final = 64
"""Characters of a name, or of a word for `NIL`, beyond which it is none that anybody knows."""


def plain(name: object) -> str:
    """A name without case, blanks and marks: `Start_Offset` and `startOffset` are the same."""
    name = str(name)
    return _plain(name) if len(name) <= _LONGEST else name


@lru_cache(maxsize=4096)  # the keys of a source are few, and met in every record
def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


_MOST_PLANS: Final = 1000


class Names:
    """How one source calls documents, mentions and tokens.

    Args:
        source: What messages call the source.
        columns: nerlink's names to the source's, as the user gives them: these are not guessed.
        guess: Whether to understand other names than nerlink's own and those in `columns`.
    """

    def __init__(
        self, source: str, columns: Mapping[str, str] | None = None, *, guess: bool = True
    ) -> None:
        self.source = source
        self.columns = dict(columns or {})
        self.guess = guess
        self._said: set[str] = set()
        self._plans: dict[tuple[int, tuple[str, ...]], dict[str, str]] = {}

    def exact(self) -> "Names":
        """The same source, whose names are all nerlink's own by now."""
        names = Names(self.source, guess=False)
        names._said = self._said
        return names

    def say(self, message: str) -> None:
        """Log a message, once a source."""
        if message not in self._said:
            self._said.add(message)
            log.warning("%s: %s.", self.source, message)

    def refuse_hidden(self, keys: Collection[str], wanted: Iterable[str], *, where: str) -> None:
        """Refuse a key of nerlink's name beside another that `columns` gives that name.

        Raises:
            DataError: One of the two values would be lost.
        """
        for name in wanted:
            column = self.columns.get(name, name)
            if column != name and column in keys and name in keys:
                raise DataError(
                    f"{where}: columns={{{name!r}: {column!r}}}, but {name!r} is there as well, of "
                    "which one would be lost. Leave one out, or give it another name."
                )

    def find(
        self, keys: Iterable[str], wanted: Mapping[str, frozenset[str]], *, where: str
    ) -> dict[str, str]:
        """The keys of a record or a table that hold what is wanted, by nerlink's names.

        Args:
            keys: The keys that there are.
            wanted: nerlink's names to what people call them, such as `MENTION_NAMES`.
            where: The place that errors name.

        Raises:
            DataError: Several keys may be meant.
        """
        keys = tuple(keys)
        plan = self._plans.get((id(wanted), keys))
        if plan is None:
            plan = self._plan(keys, wanted, where)
            if len(self._plans) >= _MOST_PLANS:  # a file with other keys in every record
                self._plans.clear()
            self._plans[id(wanted), keys] = plan
            if read := ", ".join(
                f"{key!r} is read as {name!r}"
                for name, key in plan.items()
                if key not in (name, self.columns.get(name))
            ):
                self.say(read)
        return plan

    def peek(self, keys: Iterable[str], wanted: Mapping[str, frozenset[str]]) -> dict[str, str]:
        """As `find`, without a word and without an error: the first of several keys counts."""
        found = {}
        for name, aliases in wanted.items():
            near = [key for key in keys if key == name or plain(key) in aliases]
            if near:
                found[name] = near[0]
        return found

    def _plan(
        self, keys: Sequence[str], wanted: Mapping[str, frozenset[str]], where: str
    ) -> dict[str, str]:
        plan = {}
        for name, aliases in wanted.items():
            own = self.columns.get(name, name)
            near = [key for key in keys if plain(key) in aliases and key not in wanted]
            if own in keys:
                plan[name] = own
            elif self.guess and name not in self.columns and near:
                # One that differs in case alone is no alias but the name itself.
                near = [key for key in near if plain(key) == plain(name)] or near
                plan[name] = _only(near, name, where=where)
        if "entity" in wanted and "entity" in plan and "label" not in plan:
            return self._with_label(plan, keys, wanted["entity"], where)
        return plan

    def _with_label(
        self, plan: dict[str, str], keys: Sequence[str], aliases: frozenset[str], where: str
    ) -> dict[str, str]:
        """The same where `entity` is the label, since another key has the entity."""
        others = [key for key in keys if plain(key) in aliases and key != plan["entity"]]
        if not self.guess or "entity" in self.columns or not others:
            return plan
        return plan | {"label": plan["entity"], "entity": _only(others, "entity", where=where)}

    def mentions_key(
        self, record: Mapping[str, Any], parse: Callable[[Any], Any], *, where: str
    ) -> tuple[str, Any] | None:
        """The key of a record under which its mentions are, and what is there.

        Args:
            record: The record of a document.
            parse: Makes a list of a cell of a table that has one as text.
            where: The place that errors name.

        Raises:
            DataError: Several keys may be meant, or what is there may be mentions and is not
                understood.
        """
        own = self.columns.get("mentions", "mentions")
        if own in record:
            return own, record[own]
        if not self.guess or "mentions" in self.columns:
            return None
        near = {key: parse(record[key]) for key in record if plain(key) in _MENTIONS}
        found = [key for key, value in near.items() if _looks_like_spans(value)]
        if len(found) > 1:
            sure = [key for key in found if plain(key) in _SURE]
            found = sure if len(sure) == 1 else [_only(found, "mentions", where=where)]
        if not found:
            for key, value in near.items():
                self._refuse_unclear(key, value, where=where)
            self._refuse_unknown({k: v for k, v in record.items() if k not in near}, where=where)
            return next(
                ((key, []) for key, value in near.items() if value == [] and plain(key) in _SURE),
                None,
            )
        self.say(f"{found[0]!r} is read as 'mentions'")
        return found[0], near[found[0]]

    def _refuse_unknown(self, record: Mapping[str, Any], *, where: str) -> None:
        """Refuse a list of what looks like mentions under a name that nobody has foreseen."""
        for key, value in record.items():
            if key not in DOCUMENT_KEYS and _looks_like_spans(value) and _have_words(value):
                raise DataError(
                    f"{where}: {key!r} looks like mentions. If it holds them, say so: "
                    f"columns={{'mentions': {key!r}}} (--read 'columns={{mentions = \"{key}\"}}'); "
                    "else read the file with guess=False (--read guess=false)."
                )

    def _refuse_unclear(self, key: str, value: Any, *, where: str) -> None:
        """Refuse what may be annotations; a list of words under `labels` is none."""
        is_nested = isinstance(value, Mapping) or (
            isinstance(value, list | tuple)
            and any(isinstance(one, Mapping | list | tuple) for one in value)
        )
        is_sure = plain(key) in _SURE and bool(value)
        if is_sure or (is_nested and value and isinstance(value, list | tuple)):
            raise DataError(
                f"{where}: {key!r} may hold mentions, but {shown(value, 60)} is none that nerlink "
                'knows; a mention looks like {"start": 0, "end": 3, "label": "PER"}. If these are '
                "no mentions, read the file with guess=False (--read guess=false)."
            )


def _only(keys: Sequence[str], name: str, *, where: str) -> str:
    if len(keys) == 1:
        return keys[0]
    several = " or ".join(map(repr, keys))
    raise DataError(
        f"{where}: {several} may be {name!r}. Say which: columns={{{name!r}: {keys[0]!r}}} "
        f"(--read 'columns={{{name} = \"{keys[0]}\"}}')."
    )


def _have_words(spans: Sequence[Any]) -> bool:
    """Whether there is a string beside the numbers of each: ranges of sentences have none."""
    values = (one.values() if isinstance(one, Mapping) else one for one in spans)
    return all(any(isinstance(value, str | list) for value in one) for one in values)


def _looks_like_spans(value: Any) -> bool:
    """Whether a value is a list of mentions: each has two whole numbers, its start and its end."""
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(_looks_like_span(one) for one in value)


def _looks_like_span(one: Any) -> bool:
    if isinstance(one, Mapping):
        found = {plain(key): value for key, value in one.items()}
        places = [
            next((found[alias] for alias in MENTION_NAMES[name] if alias in found), None)
            for name in ("start", "end")
        ]
        pair = next((found[name] for name in PAIRS if name in found), ())
        return all(map(_is_whole, places)) or (
            isinstance(pair, list | tuple) and bool(pair) and _is_whole(_first(pair))
        )
    if not isinstance(one, list | tuple) or not 2 <= len(one) <= 4:
        return False
    n_whole = sum(map(_is_whole, one))
    return n_whole == 2 and all(
        part is None or isinstance(part, str) or _is_whole(part) for part in one
    )


def _first(pair: Sequence[Any]) -> Any:
    return pair[0][0] if isinstance(pair[0], list | tuple) and pair[0] else pair[0]


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().isdecimal()
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and value.is_integer()
    )
