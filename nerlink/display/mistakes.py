"""Mistakes as a page to browse by kind."""

from collections import Counter
from collections.abc import Sequence

from nerlink.data import NIL, Candidate, Mention
from nerlink.display.colours import hue_class, hue_css
from nerlink.display.escaping import escape
from nerlink.display.marks import EntityNames
from nerlink.display.page import page
from nerlink.evaluation import Mistake

__all__ = ["mistakes_html"]


def mistakes_html(
    mistakes: Sequence[Mistake], *, title: str = "Mistakes", names: EntityNames | None = None
) -> str:
    """A page of mistakes in context, gold above prediction, with the candidates' scores.

    Args:
        mistakes: As `find_mistakes` gives them.
        title: Of the page.
        names: Name of an entity; its id alone is shown without.
    """
    kinds = Counter(mistake.kind.value for mistake in mistakes)
    keys = "".join(
        f'<button type="button" class="key {hue_class(kind)}" aria-pressed="true" '
        f'data-kind="{escape(kind)}">{escape(kind)}<b>{n:,} · {n / len(mistakes):.1%}</b></button>'
        for kind, n in kinds.most_common()
    )
    labels = {m.label for mistake in mistakes for m in (mistake.gold, mistake.predicted) if m}
    order = {kind: n for n, (kind, _) in enumerate(kinds.most_common())}
    cards = [_card(m, names) for m in sorted(mistakes, key=lambda m: order[m.kind.value])]
    return page(
        title=title,
        summary=f"{len(mistakes):,} mistakes of {len(kinds)} kinds",
        controls=f'<div class="legend">{keys}</div>' if keys else "",
        content="\n".join(cards) or '<p class="empty">No mistakes.</p>',
        style=hue_css(labels | set(kinds)),
    )


def _card(mistake: Mistake, names: EntityNames | None) -> str:
    kind = escape(mistake.kind.value)
    before, surface, after = (escape(part) for part in mistake.context(120))
    predicted = mistake.predicted
    candidates = predicted.candidates if predicted is not None else ()
    return (
        f'<article class="item" data-kind="{kind}">'
        f'<h2><span class="tag {hue_class(mistake.kind.value)}">{kind}</span>'
        f"<small>{escape(mistake.document)}</small></h2>"
        f'<div class="text context" dir="auto">{before}<strong>{surface}</strong>{after}</div>'
        f'<dl class="sides">{_side("gold", mistake, mistake.gold, names)}'
        f"{_side('predicted', mistake, predicted, names)}</dl>"
        f"{_candidates(mistake, candidates, names)}</article>"
    )


def _side(side: str, mistake: Mistake, mention: Mention | None, names: EntityNames | None) -> str:
    if mention is None:
        return f'<dt>{side}</dt><dd class="none">no mention</dd>'
    label = escape(mention.label or "no label")
    surface = escape(mistake.doc.surface(mention))
    link = "not linked" if mention.entity is None else f"→ {_named(mention.entity, names)}"
    reason = f'<span class="id">{escape(mention.nil)}</span>' if mention.nil else ""
    scores = (("mention", mention.score), ("link", mention.link_score))
    numbers = " · ".join(f"{name} {score:.2f}" for name, score in scores if score is not None)
    return (
        f'<dt>{side}</dt><dd><span class="tag {hue_class(mention.label)}">{label}</span> '
        f'<bdi>{surface}</bdi> {link}{reason} <span class="number">{numbers}</span></dd>'
    )


def _candidates(
    mistake: Mistake, candidates: Sequence[Candidate], names: EntityNames | None
) -> str:
    if not candidates:
        return ""
    head = "".join(f"<th>{title}</th>" for title in ("candidate", "", "score", "prior", "seen"))
    rows = "".join(_candidate(mistake, candidate, names) for candidate in candidates)
    return f'<table class="candidates"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _candidate(mistake: Mistake, candidate: Candidate, names: EntityNames | None) -> str:
    is_gold = mistake.gold is not None and candidate.entity == mistake.gold.entity
    is_chosen = mistake.predicted is not None and candidate.entity == mistake.predicted.entity
    mark = ' <span class="right">✓ gold</span>' if is_gold else ""
    mark += ' <span class="wrong">chosen</span>' if is_chosen and not is_gold else ""
    share = candidate.score if candidate.score is not None else candidate.prior or 0.0
    numbers = ["" if x is None else f"{x:.2f}" for x in (candidate.score, candidate.prior)]
    cells = "".join(f"<td>{cell}</td>" for cell in (*numbers, f"{candidate.count or ''}"))
    return (
        f"<tr><td>{_named(candidate.entity, names)}{mark}</td>"
        f'<td class="bar-cell"><span class="fill" style="width:{min(1, max(0, share)):.0%}"></span>'
        f"</td>{cells}</tr>"
    )


def _named(entity: str, names: EntityNames | None) -> str:
    if names is None or entity == NIL:
        return f"<span>{escape(entity)}</span>"
    name = names(entity)
    shown_id = "" if name == entity else f'<span class="id">{escape(entity)}</span>'
    return f"<span>{escape(name)}{shown_id}</span>"
