"""The measures again, slow and obvious, as nested loops over documents and sets."""

from itertools import combinations, permutations

from nerlink.data import NIL


def divide(a, b):
    return a / b if b else 0.0


def prf(tp, n_predicted, n_gold):
    precision, recall = divide(tp, n_predicted), divide(tp, n_gold)
    return precision, recall, divide(2 * precision * recall, precision + recall)


def touch(a, b):
    return len(set(range(a[0], a[1])) & set(range(b[0], b[1]))) > 0


def most_pairs(gold, predicted, fits):
    """The size of the largest one-to-one matching, by trying all of them."""
    gold, predicted = sorted(gold), sorted(predicted)
    for size in range(min(len(gold), len(predicted)), 0, -1):
        for some in combinations(gold, size):
            for others in permutations(predicted, size):
                if all(fits(g, p) for g, p in zip(some, others, strict=True)):
                    return size
    return 0


def ner_sets(gold, predicted):
    if gold.mentions and all(m.label is None for m in gold.mentions):
        return set(), set()
    right = {(m.start, m.end, m.label) for m in gold.mentions if m.label}
    blank = {(m.start, m.end) for m in gold.mentions if not m.label}
    said = set()
    for m in predicted.mentions:
        is_known = any((m.start, m.end) == g[:2] for g in right)
        if m.label and (is_known or (m.start, m.end) not in blank):
            said.add((m.start, m.end, m.label))
    return right, said


def link_sets(gold, predicted):
    known = [m for m in gold.mentions if m.entity is not None]
    unknown = [m for m in gold.mentions if m.entity is None]
    if unknown and not known:
        return set(), set()
    said = set()
    for m in predicted.mentions:
        span = (m.start, m.end)
        on_known = span in [(g.start, g.end) for g in known]
        on_unknown = span in [(g.start, g.end) for g in unknown]
        near_known = any(touch(span, (g.start, g.end)) for g in known)
        near_unknown = any(touch(span, (g.start, g.end)) for g in unknown)
        is_left_out = not on_known and (on_unknown or (near_unknown and not near_known))
        if m.entity is not None and not is_left_out:
            said.add((*span, m.entity))
    return {(m.start, m.end, m.entity) for m in known}, said


def micro(sets, fits=None):
    tp = n_predicted = n_gold = 0
    for gold, predicted in sets:
        tp += most_pairs(gold, predicted, fits) if fits else len(gold & predicted)
        n_predicted, n_gold = n_predicted + len(predicted), n_gold + len(gold)
    return prf(tp, n_predicted, n_gold)


def by_document(sets):
    scores = [prf(len(g & p), len(p), len(g)) for g, p in sets if g or p]
    return tuple(sum(column) / len(scores) for column in zip(*scores, strict=True))


def accuracy(pairs, chosen=lambda mention: True, right=None):
    """Share of found gold mentions with an entity that are linked right."""
    hits = []
    for gold, predicted in pairs:
        done = set()
        for g in gold.mentions:
            there = [p for p in predicted.mentions if (p.start, p.end) == (g.start, g.end)]
            if (g.start, g.end, g.entity) in done or g.entity in (None, NIL):
                continue
            done.add((g.start, g.end, g.entity))
            if there and chosen(g):
                hits.append(right(g, there) if right else g.entity in [p.entity for p in there])
    return sum(hits) / len(hits) if hits else None


def entities_only(sets):
    return [
        ({x for x in gold if x[2] != NIL}, {x for x in predicted if x[2] != NIL})
        for gold, predicted in sets
    ]


def nil_only(sets):
    return [
        ({x for x in gold if x[2] == NIL}, {x for x in predicted if x[2] == NIL})
        for gold, predicted in sets
    ]


def same_entity_and_touching(gold, predicted):
    return gold[2] == predicted[2] and touch(gold, predicted)
