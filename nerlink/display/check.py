"""What a check found as a page: counts, and each finding with its examples in their context."""

from nerlink.checks import CheckReport, Example, Finding
from nerlink.data import Document, EntityNames, Mention
from nerlink.display.colours import hue_class, hue_css
from nerlink.display.marks import marked_text
from nerlink.display.page import escape, page
from nerlink.display.report import table_html
from nerlink.words import number_of

__all__ = ["check_html"]


def check_html(
    report: CheckReport, *, title: str = "Check", names: EntityNames | None = None
) -> str:
    """A page of a report: its tables, then a card for each finding.

    Args:
        report: As `check` gives it.
        title: Title of the page.
        names: Name of an entity; without it, only ids are shown.
    """
    keys = "".join(
        f'<button type="button" class="key {hue_class(one.kind)}" aria-pressed="true" '
        f'data-kind="{escape(one.kind)}">{escape(one.kind)}<b>{one.count:,}</b></button>'
        for one in report.findings
    )
    tables = "".join(
        f'<section class="item report"><h2>{escape(table.title)}</h2>{table_html(table)}</section>'
        for table in report.tables
    )
    cards = "\n".join(_card(finding, names) for finding in report.findings)
    examples = [example for finding in report.findings for example in finding.examples]
    n_documents = sum(split.documents for split in report.splits)
    n_mentions = sum(split.mentions for split in report.splits)
    counted = f"{number_of(n_documents, 'documents')}, {number_of(n_mentions, 'mentions')}"
    return page(
        title=title,
        summary=f"{counted}; fishy in {number_of(len(report.findings), 'ways')}",
        controls=f'<div class="legend">{keys}</div>' if keys else "",
        content=tables + (cards or '<p class="empty">Nothing fishy was found.</p>'),
        style=hue_css({e.label for e in examples} | {one.kind.value for one in report.findings}),
    )


def _card(finding: Finding, names: EntityNames | None) -> str:
    kind = escape(finding.kind)
    examples = "".join(_example(example, names) for example in finding.examples)
    return (
        f'<article class="item" data-kind="{kind}">'
        f'<h2><span class="tag {hue_class(finding.kind)}">{kind}</span>'
        f"<small>{number_of(finding.count, finding.things)}</small></h2>"
        f"<p>{escape(finding.kind.advice)}</p>{examples}</article>"
    )


def _example(example: Example, names: EntityNames | None) -> str:
    """The text around a mention, the mention marked; or the beginning of a document."""
    start, end = example.start - example.offset, example.end - example.offset
    mention = Mention(start=start, end=end, label=example.label, entity=example.entity)
    doc = Document(text=example.text, mentions=(mention,) if example.is_mention else ())
    place = f"{example.split} {example.document}, {example.start}-{example.end}"
    note = f" · {escape(example.note)}" if example.note else ""
    return (
        f'<div class="example"><div class="text" dir="auto">{marked_text(doc, names=names)}</div>'
        f"<small>{escape(place)}{note}</small></div>"
    )
