"""What an evaluation found: scores by name, tables for people, both as JSON."""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nerlink.words import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable

__all__ = ["Cell", "Report", "Table", "cell_text"]

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to look at; fractions are floats between 0 and 1 and shown in per cent.

    Args:
        title: What the rows are about.
        columns: A name a column.
        rows: Each a value a column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __rich__(self) -> "RichTable":
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(title=Text(self.title), title_justify="left", box=box.SIMPLE_HEAD)
        for n, column in enumerate(self.columns):
            table.add_column(Text(column), justify="left" if self.is_words(n) else "right")
        for row in self.rows:
            table.add_row(*(Text(cell_text(cell)) for cell in row))
        return table

    def is_words(self, n: int) -> bool:
        """Whether column `n` holds words, which stand to the left; numbers stand to the right."""
        return any(isinstance(row[n], str) for row in self.rows)

    def __str__(self) -> str:
        return _as_text([self])

    def to_dict(self) -> dict[str, Any]:
        """Title, columns and rows as plain values."""
        rows = [list(row) for row in self.rows]
        return {"title": self.title, "columns": list(self.columns), "rows": rows}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Table":
        """The table that `to_dict` gave."""
        rows = tuple(tuple(row) for row in record["rows"])
        return cls(title=record["title"], columns=tuple(record["columns"]), rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Scores of one prediction.

    Args:
        scores: Fractions between 0 and 1 by name, such as `ner.f1` or `linking.inkb.f1`;
            a measure without gold to measure it on is absent.
        tables: The scores and more, for people, by name.
    """

    scores: Mapping[str, float]
    tables: Mapping[str, Table] = field(default_factory=dict)

    def __str__(self) -> str:
        return _as_text(self.tables.values())

    def to_dict(self) -> dict[str, Any]:
        """Scores and tables as plain values."""
        tables = {name: table.to_dict() for name, table in self.tables.items()}
        return {"scores": dict(self.scores), "tables": tables}

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Report":
        """The report that `to_dict` gave."""
        tables = {name: Table.from_dict(table) for name, table in record["tables"].items()}
        return cls(scores=dict(record["scores"]), tables=tables)


def _as_text(renderables: Iterable["RenderableType"]) -> str:
    """What rich would print, without colours, 100 characters wide."""
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100, color_system=None)
    with console.capture() as captured:
        console.print(*renderables, sep="\n")
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def cell_text(cell: Cell) -> str:
    """A cell as people read it: fractions in per cent, anything else as it is."""
    return f"{100 * cell:.2f}" if isinstance(cell, float) else visible(str(cell))
