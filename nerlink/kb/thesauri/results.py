"""Results of SPARQL, whose columns are `?item ?itemLabel ?itemDescription ?itemAltLabel`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nerlink.kb.thesauri.ids import ShortIds
from nerlink.kb.thesauri.options import ThesaurusOptions
from nerlink.rows import Row
from nerlink.words import number_of

__all__ = ["SparqlResults", "is_result"]

_JOINED: Final = ", "
"""What the label service of Wikidata puts between aliases, and the only thing that tells them
apart."""


def is_result(columns: Sequence[str], reading: Mapping[str, str]) -> bool:
    """Whether a table is a result of SPARQL: the column of ids has one of labels beside it.

    Args:
        columns: The columns of the table.
        reading: Those that are read under other names, such as `item` as `id`.
    """
    return any(name == "id" and f"{column}Label" in columns for column, name in reading.items())


class SparqlResults:
    """Shortens addresses to ids and takes aliases apart, in rows of results.

    Args:
        options: How ids are made.
        splits: Whether aliases that Wikidata's service joined are taken apart.
    """

    def __init__(self, options: ThesaurusOptions, *, splits: bool) -> None:
        self.ids = ShortIds(options)
        self.splits = splits
        self._n_split = 0
        self._example = ""

    def shortened(self, row: Row) -> Row:
        """The row with an id for the address, and a list of its aliases.

        Raises:
            DataError: Two addresses would have one id.
        """
        values = dict(row.values)
        id_, aliases = values.get("id"), values.get("aliases")
        if isinstance(id_, str):
            values["id"] = self.ids.of(id_.strip(), where=row.where)
        is_joined = isinstance(aliases, str) and _JOINED in aliases and "|" not in aliases
        if self.splits and isinstance(aliases, str) and is_joined and aliases[0] not in "[{(":
            self._n_split += 1
            self._example = self._example or aliases
            values["aliases"] = aliases.split(_JOINED)
        return Row(row.where, values)

    def notes(self) -> Iterator[str]:
        """What a person should know of the rows that were read."""
        if self._n_split:
            yield (
                f"Commas part the aliases in {number_of(self._n_split, 'cells')}, such as "
                f"{self._example!r:.80}, as Wikidata joins them. If they do not, say "
                "alias_separator='|' (nerlink kb build --alias-separator '|')."
            )
