"""A report as a page: every table, and reliability also as a plot."""

from nerlink.display.page import escape, page
from nerlink.errors import plural
from nerlink.evaluation import Report, Table
from nerlink.evaluation.report import cell_text

__all__ = ["report_html"]


def report_html(report: Report, *, title: str = "Report") -> str:
    """A page of a report's tables; reliability is also plotted."""
    sections = (
        f'<section class="item report"><h2>{escape(table.title)}</h2>{_table_html(table)}'
        f"{_plot(table) if name.endswith('.reliability') else ''}</section>"
        for name, table in report.tables.items()
    )
    content = "\n".join(sections) or '<p class="empty">Nothing was measured.</p>'
    summary = f"{plural(len(report.scores), 'measure')}, in per cent"
    return page(title=title, summary=summary, controls="", content=content)


def _table_html(table: Table) -> str:
    is_words = [
        any(isinstance(row[n], str) for row in table.rows) for n in range(len(table.columns))
    ]
    head = "".join(
        f"<th{_class(is_words[n])}>{escape(column)}</th>" for n, column in enumerate(table.columns)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{_class(is_words[n])}>{escape(cell_text(cell))}</td>" for n, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _class(is_words: bool) -> str:
    return ' class="words"' if is_words else ""


def _plot(table: Table) -> str:
    """Accuracy as bars on a square of 100, calibrated ones reaching the diagonal.

    The darker a bar, the more predictions; dots stand at the mean probability.
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
