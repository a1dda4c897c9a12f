"""Mistakes as a page to browse by kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from nerlink.data import NIL, Candidate, EntityNames, Mention
from nerlink.display.colours import hue_class, hue_css
from nerlink.display.page import escape, page
from nerlink.evaluation import Mistake

__all__ = ["ScoreParts", "mistakes_html"]

ScoreParts: TypeAlias = Mapping[str, Mapping[str, float]]
"""Entities, `NIL` among them, to what the score of each adds up from, by name."""

_MOST_CANDIDATES: Final = 5
"""Candidates that are shown, and the right one where it comes later."""

_MOST_PARTS: Final = 6
"""Parts of a score that are shown, those that count most."""


def mistakes_html(
    mistakes: Sequence[Mistake],
    *,
    title: str = "Mistakes",
    names: EntityNames | None = None,
    parts: Sequence[ScoreParts] = (),
) -> str:
    """A page of mistakes in context, gold above prediction, with the candidates' scores.

    Args:
        mistakes: As `find_mistakes` gives them.
        title: Of the page.
        names: Name of an entity; its id alone is shown without.
        parts: For each mistake, what the scores of its candidates add up from; or none at all.
    """
    kinds = Counter(mistake.kind.value for mistake in mistakes)
    keys = "".join(
        f'<button type="button" class="key {hue_class(kind)}" aria-pressed="true" '
        f'data-kind="{escape(kind)}">{escape(kind)}<b>{n:,} · {n / len(mistakes):.1%}</b></button>'
        for kind, n in kinds.most_common()
    )
    labels = {m.label for mistake in mistakes for m in (mistake.gold, mistake.predicted) if m}
    order = {kind: n for n, (kind, _) in enumerate(kinds.most_common())}
    told = zip(mistakes, parts or [{}] * len(mistakes), strict=True)
    cards = [
        _card(m, names, p) for m, p in sorted(told, key=lambda each: order[each[0].kind.value])
    ]
    return page(
        title=title,
        summary=f"{len(mistakes):,} mistakes of {len(kinds)} kinds",
        controls=f'<div class="legend">{keys}</div>' if keys else "",
        content="\n".join(cards) or '<p class="empty">No mistakes.</p>',
        style=hue_css(labels | set(kinds)),
    )


def _card(mistake: Mistake, names: EntityNames | None, parts: ScoreParts) -> str:
    kind = escape(mistake.kind.value)
    before, surface, after = (escape(part) for part in mistake.context(120))
    predicted = mistake.predicted
    candidates = _shown(mistake, predicted.candidates) if predicted is not None else ()
    return (
        f'<article class="item" data-kind="{kind}">'
        f'<h2><span class="tag {hue_class(mistake.kind.value)}">{kind}</span>'
        f"<small>{escape(mistake.document)}</small></h2>"
        f'<div class="text context" dir="auto">{before}<strong>{surface}</strong>{after}</div>'
        f'<dl class="sides">{_side("gold", mistake, mistake.gold, names)}'
        f"{_side('predicted', mistake, predicted, names)}</dl>"
        f"{_candidates(mistake, candidates, names, parts)}</article>"
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


def _shown(mistake: Mistake, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The best candidates, and the right one."""
    right = mistake.gold.entity if mistake.gold is not None else None
    return [one for n, one in enumerate(candidates) if n < _MOST_CANDIDATES or one.entity == right]


def _candidates(
    mistake: Mistake,
    candidates: Sequence[Candidate],
    names: EntityNames | None,
    parts: ScoreParts,
) -> str:
    if not candidates:
        return ""
    head = "".join(f"<th>{title}</th>" for title in ("candidate", "", "score", "prior", "seen"))
    rows = "".join(
        _candidate(mistake, candidate, names) + _parts(parts.get(candidate.entity))
        for candidate in candidates
    )
    if NIL in parts:
        rows += f'<tr><td colspan="5">{NIL}</td></tr>{_parts(parts[NIL])}'
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


def _parts(parts: Mapping[str, float] | None) -> str:
    """A row with what a score adds up from."""
    if not parts:
        return ""
    most = sorted(parts.items(), key=lambda part: -abs(part[1]))[:_MOST_PARTS]
    shown = " · ".join(f"{escape(name)} {value:+.2f}" for name, value in most)
    rest = " …" if len(parts) > _MOST_PARTS else ""
    total = sum(parts.values())
    return f'<tr><td class="parts" colspan="5">{total:+.2f} = {shown}{rest}</td></tr>'


def _named(entity: str, names: EntityNames | None) -> str:
    if names is None or entity == NIL:
        return f"<span>{escape(entity)}</span>"
    name = names(entity)
    shown_id = "" if name == entity else f'<span class="id">{escape(entity)}</span>'
    return f"<span>{escape(name)}{shown_id}</span>"
