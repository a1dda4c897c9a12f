"""Mistakes as a page to browse by kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from nerlink.data import NIL, Candidate, EntityNames, Mention
from nerlink.display.colours import hue_class, hue_css
from nerlink.display.marks import entity_name
from nerlink.display.page import escape, page
from nerlink.evaluation import Mistake
from nerlink.words import number_of

__all__ = ["ScoreParts", "mistakes_html"]

ScoreParts: TypeAlias = Mapping[str, Mapping[str, float]]
"""For each candidate and for `NIL`, the parts that its score is the sum of, by the part's name."""

_MOST_CANDIDATES: Final = 5
"""Candidates that are shown; the right one is also shown where it comes later."""

_MOST_PARTS: Final = 6
"""Parts of a score that are shown, those of the largest absolute value."""


def mistakes_html(
    mistakes: Sequence[Mistake],
    *,
    title: str = "Mistakes",
    names: EntityNames | None = None,
    parts: Sequence[ScoreParts] = (),
    scores: Mapping[str, float] | None = None,
) -> str:
    """A page of mistakes in context, gold above prediction, with the candidates' scores.

    Args:
        mistakes: As `find_mistakes` gives them.
        title: Title of the page.
        names: Name of an entity; without it, only ids are shown.
        parts: For each mistake, the parts of its candidates' scores; empty if none are known.
        scores: Measures to show above, 0 to 1, by name.
    """
    kinds = Counter(mistake.kind.value for mistake in mistakes)
    keys = "".join(
        f'<button type="button" class="key {hue_class(kind)}" aria-pressed="true" '
        f'data-kind="{escape(kind)}">{escape(kind)}<b>{n:,} · {n / len(mistakes):.1%}</b></button>'
        for kind, n in kinds.most_common()
    )
    labels = {mention.label for mistake in mistakes for mention in mistake.mentions}
    # The most frequent kind first; sorting keeps the order of documents within a kind.
    order = {kind: n for n, (kind, _) in enumerate(kinds.most_common())}
    with_parts = zip(mistakes, parts or [{}] * len(mistakes), strict=True)
    cards = [
        _card(mistake, names, its_parts)
        for mistake, its_parts in sorted(with_parts, key=lambda both: order[both[0].kind.value])
    ]
    counted = f"{number_of(len(mistakes), 'mistakes')} of {number_of(len(kinds), 'kinds')}"
    measured = [f"{name} {100 * score:.2f}" for name, score in (scores or {}).items()]
    return page(
        title=title,
        summary=" · ".join([counted, *measured]),
        controls=f'<div class="legend">{keys}</div>' if keys else "",
        content="\n".join(cards) or '<p class="empty">No mistakes.</p>',
        style=hue_css(labels | set(kinds)),
    )


def _card(mistake: Mistake, names: EntityNames | None, parts: ScoreParts) -> str:
    """One mistake: its kind, its context, both sides, the candidates."""
    kind = escape(mistake.kind.value)
    before, surface, after = (escape(part) for part in mistake.context(120))
    return (
        f'<article class="item" data-kind="{kind}">'
        f'<h2><span class="tag {hue_class(mistake.kind.value)}">{kind}</span>'
        f"<small>{escape(mistake.document)}</small></h2>"
        f'<div class="text context" dir="auto">{before}<strong>{surface}</strong>{after}</div>'
        f'<dl class="sides">{_side("gold", mistake, mistake.gold, names)}'
        f"{_side('predicted', mistake, mistake.predicted, names)}</dl>"
        f"{_candidate_table(mistake, names, parts)}</article>"
    )


def _side(side: str, mistake: Mistake, mention: Mention | None, names: EntityNames | None) -> str:
    """One row: the mention of one side with its label, link and scores."""
    if mention is None:
        return f'<dt>{side}</dt><dd class="none">no mention</dd>'
    label = escape(mention.label or "no label")
    surface = escape(mistake.doc.surface(mention))
    link = "not linked" if mention.entity is None else f"→ {_entity_html(mention.entity, names)}"
    reason = f'<span class="id">{escape(mention.nil)}</span>' if mention.nil else ""
    scores = (("mention", mention.score), ("link", mention.link_score))
    numbers = " · ".join(f"{name} {score:.2f}" for name, score in scores if score is not None)
    return (
        f'<dt>{side}</dt><dd><span class="tag {hue_class(mention.label)}">{label}</span> '
        f'<bdi>{surface}</bdi> {link}{reason} <span class="number">{numbers}</span></dd>'
    )


def _candidate_table(mistake: Mistake, names: EntityNames | None, parts: ScoreParts) -> str:
    """The best candidates and the right one, each above the parts of its score; empty without."""
    right = mistake.gold.entity if mistake.gold is not None else None
    listed = mistake.predicted.candidates if mistake.predicted is not None else ()
    shown = [c for n, c in enumerate(listed) if n < _MOST_CANDIDATES or c.entity == right]
    if not shown:
        return ""
    head = "".join(f"<th>{title}</th>" for title in ("candidate", "", "score", "prior", "seen"))
    rows = "".join(
        _candidate_row(mistake, candidate, names) + _parts_row(parts.get(candidate.entity))
        for candidate in shown
    )
    if NIL in parts:
        rows += f'<tr><td colspan="5">{NIL}</td></tr>{_parts_row(parts[NIL])}'
    return f'<table class="candidates"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _candidate_row(mistake: Mistake, candidate: Candidate, names: EntityNames | None) -> str:
    """One row: the candidate, whether it is right or chosen, a bar, score, prior and count."""
    is_gold = mistake.gold is not None and candidate.entity == mistake.gold.entity
    is_chosen = mistake.predicted is not None and candidate.entity == mistake.predicted.entity
    mark = ' <span class="right">✓ gold</span>' if is_gold else ""
    mark += ' <span class="wrong">chosen</span>' if is_chosen and not is_gold else ""
    share = candidate.score if candidate.score is not None else candidate.prior or 0.0
    numbers = ["" if x is None else f"{x:.2f}" for x in (candidate.score, candidate.prior)]
    cells = "".join(f"<td>{cell}</td>" for cell in (*numbers, f"{candidate.count or ''}"))
    return (
        f"<tr><td>{_entity_html(candidate.entity, names)}{mark}</td>"
        f'<td class="bar-cell"><span class="fill" style="width:{min(1, max(0, share)):.0%}"></span>'
        f"</td>{cells}</tr>"
    )


def _parts_row(parts: Mapping[str, float] | None) -> str:
    """A row that shows a score as a sum, its largest parts first; empty without parts."""
    if not parts:
        return ""
    largest = sorted(parts.items(), key=lambda part: -abs(part[1]))[:_MOST_PARTS]
    shown = " · ".join(f"{escape(name)} {value:+.2f}" for name, value in largest)
    rest = " …" if len(parts) > _MOST_PARTS else ""
    total = sum(parts.values())
    return f'<tr><td class="parts" colspan="5">{total:+.2f} = {shown}{rest}</td></tr>'


def _entity_html(entity: str, names: EntityNames | None) -> str:
    name = entity_name(entity, names)
    shown_id = "" if name == entity else f'<span class="id">{escape(entity)}</span>'
    return f"<span>{escape(name)}{shown_id}</span>"
