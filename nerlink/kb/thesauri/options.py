"""How thesauri, ontologies and results of SPARQL become entities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from nerlink.errors import DataError
from nerlink.lookalikes import did_you_mean

__all__ = ["SynonymScope", "ThesaurusOptions", "TypeFrom"]

TypeFrom: TypeAlias = Literal["parent", "broader", "top", "scheme", "namespace", "none"]
"""What the type of an entity is the name of; see `ThesaurusOptions`."""

SynonymScope: TypeAlias = Literal["exact", "narrow", "broad", "related"]
"""How the meaning of a synonym lies to that of the concept."""

_SAME: Final[Mapping[TypeFrom, TypeFrom]] = {"broader": "parent", "namespace": "scheme"}
"""Words of SKOS and OBO for the same thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThesaurusOptions:
    """How thesauri, ontologies and results of SPARQL become entities.

    Args:
        language: The language of names, aliases and descriptions, such as `en`, which takes
            `en-GB` where there is no plain `en`. A concept without a label in it has the name of
            an untagged label, else one made of its address. If `None`, the language of most labels,
            which is said.
        type_from: What the type of an entity is the name of: `parent` (or `broader`), the broader
            concept or class right above it, of several the first by address; `top`, what one comes
            to by going up so until nothing is above; `scheme` (or `namespace`), its concept
            scheme, or its namespace in OBO; `none`.
        synonyms: Scopes of synonyms that become aliases; labels of SKOS are exact.
        whole_ids: Whole addresses are ids. Otherwise the last part of each is, such as `Q90` of
            `http://www.wikidata.org/entity/Q90`, and addresses of OBO Foundry are as in its own
            files: `GO:0005634`.
        prefixes: What ids begin with instead of what addresses begin with, such as
            `{"MESH:": "http://id.nlm.nih.gov/mesh/"}`, with or without `whole_ids`.

    Raises:
        DataError: A value that is none of those.
    """

    language: str | None = None
    type_from: TypeFrom = "parent"
    synonyms: Sequence[SynonymScope] = get_args(SynonymScope)
    whole_ids: bool = False
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, values, known in (
            ("type_from", [self.type_from], get_args(TypeFrom)),
            ("synonyms", self.synonyms, get_args(SynonymScope)),
        ):
            if unknown := [value for value in values if value not in known]:
                raise DataError(
                    f"{name} is {unknown[0]!r}; it can be {', '.join(known)}."
                    f"{did_you_mean(unknown[0], known)}"
                )
        if self.language is not None and not self.language.strip():
            raise DataError(
                "language is empty. Name one as in the file, such as 'en', or leave it."
            )

    @property
    def source_of_type(self) -> TypeFrom:
        """`type_from` with one word for each thing."""
        return _SAME.get(self.type_from, self.type_from)
