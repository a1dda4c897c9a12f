"""A report as a page: every table, and reliability also as a plot."""

from collections.abc import Iterable

from nerlink.display.page import escape, page
from nerlink.evaluation import Report, Table
from nerlink.evaluation.report import Cell, cell_text
from nerlink.words import number_of

__all__ = ["report_html", "table_html"]


def report_html(report: Report, *, title: str = "Report") -> str:
    """A page of a report's tables; reliability is also plotted."""
    sections = (
        f'<section class="item report"><h2>{escape(table.title)}</h2>{table_html(table)}'
        f"{_plot(table) if name.endswith('.reliability') else ''}</section>"
        for name, table in report.tables.items()
    )
    content = "\n".join(sections) or '<p class="empty">Nothing was measured.</p>'
    summary = f"{number_of(len(report.scores), 'measures')}, in per cent"
    return page(title=title, summary=summary, controls="", content=content)


def table_html(table: Table) -> str:
    """A table as HTML, numbers to the right."""
    styles = [' class="words"' if table.is_words(n) else "" for n in range(len(table.columns))]
    rows = "".join(_table_row("td", row, styles) for row in table.rows)
    head = _table_row("th", table.columns, styles)
    return f'<div class="scroll"><table>{head}{rows}</table></div>'


def _table_row(tag: str, cells: Iterable[Cell], styles: Iterable[str]) -> str:
    inside = "".join(
        f"<{tag}{style}>{escape(cell_text(cell))}</{tag}>"
        for style, cell in zip(styles, cells, strict=True)
    )
    return f"<tr>{inside}</tr>"


def _plot(table: Table) -> str:
    """Accuracy as bars on a square of 100 by 100; bars of a calibrated system reach the diagonal.

    The darker a bar, the more predictions; dots stand at the mean probability of each bin.
    """
    largest = max((int(row[3]) for row in table.rows), default=1)
    bars = "".join(
        f'<rect x="{100 * float(low):g}" y="{100 - 100 * accuracy:.2f}" width="9.4" '
        f'height="{100 * accuracy:.2f}" opacity="{0.25 + 0.75 * n / largest:.2f}">'
        f"<title>{accuracy:.1%} of {n:,} right, {confidence:.1%} expected</title></rect>"
        f'<circle cx="{100 * confidence:.2f}" cy="{100 - 100 * accuracy:.2f}" r="1.3"/>'
        for low, confidence, accuracy, n in (
            (str(row[0]).split("-")[0], float(row[1]), float(row[2]), int(row[3]))
            for row in table.rows
        )
    )
    return (
        '<svg viewBox="-12 -4 118 118" role="img" aria-label="Accuracy by predicted probability">'
        f'<rect class="frame" width="100" height="100"/>{bars}<path d="M0 100L100 0"/>'
        '<text x="0" y="106">0</text><text x="97" y="106">1</text>'
        '<text x="36" y="112">mean probability</text>'
        '<text transform="translate(-4 62) rotate(-90)">accuracy</text></svg>'
    )
