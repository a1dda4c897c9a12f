"""Documents as one HTML page that needs nothing else, and a document as a part of one."""

from collections import Counter
from collections.abc import Iterable, Sequence

from nerlink.data import Document, EntityNames, Mention
from nerlink.display.colours import hue_class, hue_css
from nerlink.display.marks import link_state, marked_text
from nerlink.display.page import asset, escape, page
from nerlink.words import number_of

__all__ = ["document_html", "to_html"]

STATES = {"linked": "linked", "nil": "NIL", "unlinked": "not linked"}
"""What the legend calls each state of a link."""

LINKS_SWITCH = (
    '<button type="button" class="switch" id="links" aria-pressed="true">links in the text</button>'
)


def to_html(
    documents: Iterable[Document], *, title: str = "Documents", names: EntityNames | None = None
) -> str:
    """A page of documents: mentions coloured by label; links, scores and candidates on hover.

    Args:
        documents: What to show.
        title: Title of the page.
        names: Name of an entity; without it, only ids are shown.
    """
    docs = list(documents)
    articles = "\n".join(
        _article(doc, doc.id or f"document {n}", names) for n, doc in enumerate(docs, start=1)
    )
    mentions = [mention for doc in docs for mention in doc.mentions]
    summary = f"{number_of(len(docs), 'documents')}, {number_of(len(mentions), 'mentions')}"
    return page(
        title=title,
        summary=summary,
        controls=_legend(mentions),
        content=articles or '<p class="empty">No documents.</p>',
        style=hue_css({mention.label for mention in mentions}),
    )


def document_html(doc: Document, *, names: EntityNames | None = None) -> str:
    """One document for a notebook, without scripts; hovering shows the mention in words."""
    style = asset("page.css") + hue_css({mention.label for mention in doc.mentions})
    article = _article(doc, doc.id or "", names)
    return f'<div class="nerlink inset"><style>{style}</style>{article}</div>'


def _article(doc: Document, name: str, names: EntityNames | None) -> str:
    counted = number_of(len(doc.mentions), "mentions")
    heading = f"<h2>{escape(name)}<small>{counted}</small></h2>" if name else ""
    text = marked_text(doc, names=names)
    return f'<article class="item">{heading}<div class="text" dir="auto">{text}</div></article>'


def _legend(mentions: Sequence[Mention]) -> str:
    """Buttons that show and hide labels, and how many mentions are linked; empty without any."""
    labels = Counter(mention.label for mention in mentions)
    states = Counter(link_state(mention) for mention in mentions)
    buttons = "".join(
        f'<button type="button" class="key {hue_class(label)}" aria-pressed="true" '
        f'data-toggle="{escape(label or "")}">{escape(label or "no label")}'
        f"<b>{n:,}</b></button>"
        for label, n in labels.most_common()
    )
    counts = "".join(
        f'<span class="state"><i class="{state}">abc</i>{name}<b>{states[state]:,}</b></span>'
        for state, name in STATES.items()
        if states[state]
    )
    switch = LINKS_SWITCH if states["linked"] else ""
    return f'<div class="legend">{buttons}{counts}{switch}</div>' if mentions else ""
