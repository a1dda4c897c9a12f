from dataclasses import replace

import pytest
from hypothesis import given

from nerlink.data import Candidate, NilKind
from nerlink.evaluation import MistakeKind, find_mistakes, mistakes_table
from nerlink.evaluation.mistakes import are_named_alike, is_partial_name
from tests.evaluation.marked import corpora, marked


def kinds(gold, predicted, **options):
    return [mistake.kind.value for mistake in find_mistakes([gold], [predicted], **options)]


@pytest.mark.parametrize(
    ("gold", "predicted", "kind"),
    [
        ("in [Rome|LOC]", "in Rome", "missed mention"),
        ("in Rome", "in [Rome|LOC]", "spurious mention"),
        ("[New York|LOC] City", "[New York City|LOC]", "wrong border"),
        ("[Rome|LOC]", "[Rome|ORG]", "wrong label"),
        ("[Rossi|PER|NIL]", "[Rossi|PER|Q1]", "NIL as entity"),
        ("[Rossi|PER|Q1]", "[Rossi|PER|NIL]", "entity as NIL"),
        ("[Japan|ORG|Japan_national_team]", "[Japan|ORG|Japan]", "metonymy or demonym"),
        ("[Jordan|PER|Jordan_Smith]", "[Jordan|PER|Jordan]", "partial name"),
        (
            "[Smith|PER|Q1] or [Jo Smith|PER|Q1]",
            "[Smith|PER|Q2] or [Jo Smith|PER|Q1]",
            "partial name",
        ),
        ("[Paris|LOC|Paris,_Texas]", "[Paris|LOC|Paris]", "other confusion"),
    ],
    ids=lambda value: value if "[" not in value and "in" not in value else "",
)
def test_kind_of_a_mistake(gold, predicted, kind):
    assert kinds(marked(gold), marked(predicted)) == [kind]


@pytest.mark.parametrize(
    ("entity", "listed", "nil", "kind"),
    [
        ("NIL", [], NilKind.NO_CANDIDATE, "no candidate"),
        ("Q1", ["Q1", "Q2"], None, "gold not among the candidates"),
        ("NIL", ["Q1", "Q2"], NilKind.BELOW_THRESHOLD, "gold not among the candidates"),
        ("NIL", ["Q1", "Q90"], NilKind.PREDICTED, "entity as NIL"),
        ("Q1", ["Q1", "Q90"], None, "other confusion"),
    ],
)
def test_candidates_explain_a_wrong_link(entity, listed, nil, kind):
    predicted = marked(f"[Paris|LOC|{entity}]")
    candidates = tuple(Candidate(entity=name) for name in listed)
    mention = replace(predicted.mentions[0], candidates=candidates, nil=nil)
    predicted = replace(predicted, mentions=(mention,))
    assert kinds(marked("[Paris|LOC|Q90]"), predicted) == [kind]


def test_rare_entities_are_those_training_hardly_saw():
    gold, predicted = marked("[Paris|LOC|Q90]"), marked("[Paris|LOC|Q1]")
    assert kinds(gold, predicted, seen={"Q90": 1}) == ["rare entity"]
    assert kinds(gold, predicted, seen={"Q90": 2}) == ["other confusion"]


def test_names_may_come_from_elsewhere():
    gold, predicted = marked("[Ada|PER|Q7]"), marked("[Ada|PER|Q1]")
    assert kinds(gold, predicted, names={"Q7": "Ada Lovelace", "Q1": "Ada"}.get) == ["partial name"]


def test_people_are_not_metonyms():
    gold = marked("[Jordan|PER|Jordan_Smith], not [Jordan|LOC|Jordan]")
    predicted = marked("[Jordan|PER|Jordan], not [Jordan|LOC|Jordan_Smith]")
    assert kinds(gold, predicted) == ["partial name", "other confusion"]


def test_one_mention_can_have_a_wrong_label_and_a_wrong_link():
    found = kinds(marked("[Paris|LOC|Q90]"), marked("[Paris|PER|Q1]"))
    assert found == ["other confusion", "wrong label"]


def test_links_are_left_aside_where_none_are_predicted():
    assert kinds(marked("[Paris|LOC|Q90]"), marked("[Paris|LOC]")) == []


def test_mistake_is_shown_in_context():
    (mistake,) = find_mistakes(
        [marked("They saw [Rome|LOC] burn.")], [marked("They saw Rome burn.")]
    )
    assert mistake.document == "document 1"
    assert mistake.context(4) == ("…saw ", "Rome", " …")
    assert mistake.context(5) == ("… saw ", "Rome", " …")
    assert mistake.context(6) == ("… saw ", "Rome", " burn.")
    assert mistake.context(20) == ("They saw ", "Rome", " burn.")
    assert mistake.predicted is None


def test_table_counts_kinds_the_most_frequent_first():
    gold = marked("[Rome|LOC|Q220], [Turin|LOC], [Pisa|LOC]")
    table = mistakes_table(find_mistakes([gold], [marked("[Rome|LOC|Q1], Turin, Pisa")]))
    assert table.rows == (
        ("missed mention", 2, 2 / 3, "Turin; Pisa"),
        ("other confusion", 1, 1 / 3, "Rome (Q220, not Q1)"),
    )


@given(corpora)
def test_every_gold_mention_is_found_or_a_mistake(pairs):
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    mistakes = find_mistakes(gold, predicted)
    lost = sum(m.kind in (MistakeKind.MISSED, MistakeKind.BORDER) for m in mistakes)
    extra = sum(m.kind in (MistakeKind.SPURIOUS, MistakeKind.BORDER) for m in mistakes)
    spans = [
        ({(m.start, m.end) for m in g.mentions}, {(m.start, m.end) for m in p.mentions})
        for g, p in pairs
    ]
    assert lost == sum(len(g - p) for g, p in spans)
    assert extra == sum(len(p - g) for g, p in spans)
    assert find_mistakes(gold, gold) == []


@pytest.mark.parametrize(
    ("surface", "name", "is_part"),
    [
        ("Lovelace", "Ada Lovelace", True),
        ("lovelace", "Ada Lovelace (mathematician)", True),
        ("Ada Lovelace", "Ada Lovelace", False),
        ("Love", "Ada Lovelace", False),
        ("Ada King", "Ada Byron King", False),
        ("mathematician", "Ada Lovelace (mathematician)", False),
        ("...", "Ada Lovelace", False),
    ],
)
def test_part_of_a_name(surface, name, is_part):
    assert is_partial_name(surface, name) is is_part


@pytest.mark.parametrize(
    ("first", "second", "are_alike"),
    [
        ("Japan", "Japan national football team", True),
        ("Germany", "German language", True),
        ("Italy", "Italian people", True),
        ("Austria", "Australia", False),
        ("Paris", "Paris, Texas", False),
        ("Paris", "Paris (mythology)", False),
        ("York", "New York", False),
        ("Q1234", "Q123", False),
        ("", "Japan", False),
    ],
)
def test_named_after_one_another(first, second, are_alike):
    assert are_named_alike(first, second) is are_alike
    assert are_named_alike(second, first) is are_alike
