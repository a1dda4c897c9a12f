from dataclasses import replace

from nerlink.data import Candidate
from nerlink.display.mistakes import mistakes_html
from nerlink.evaluation import find_mistakes
from tests.display.parsing import parse
from tests.evaluation.marked import marked


def page(gold, predicted, **options):
    return parse(mistakes_html(find_mistakes([marked(gold)], [predicted]), **options))


def test_kinds_are_listed_with_count_and_share():
    root = page(
        "[Rome|LOC] and [Turin|LOC] and [Pisa|LOC]", marked("Rome and Turin and [Pisa|PER]")
    )
    assert [key.text for key in root.all("button", "key")] == [
        "missed mention2 · 66.7%",
        "wrong label1 · 33.3%",
    ]
    kinds = [article.attributes["data-kind"] for article in root.all("article")]
    assert kinds == ["missed mention", "missed mention", "wrong label"]


def test_mistake_stands_in_context_with_both_sides():
    root = page(
        "in [Paris|LOC|Q83] now",
        marked("in [Paris|LOC|Q90] now"),
        names={"Q83": "Paris, Texas", "Q90": "Paris"}.get,
    )
    (context,) = root.all(class_name="context")
    assert context.text == "in Paris now"
    gold, predicted = root.all("dd")
    assert "→ Paris, Texas" in gold.text
    assert "→ Paris" in predicted.text


def test_candidates_show_which_was_chosen_and_which_is_gold():
    predicted = marked("[Paris|LOC|Q90]")
    listed = (Candidate(entity="Q90", score=0.8, prior=0.9), Candidate(entity="Q83", score=0.2))
    predicted = replace(predicted, mentions=(replace(predicted.mentions[0], candidates=listed),))
    (table,) = page("[Paris|LOC|Q83]", predicted).all("table")
    rows = [row.text for row in table.all("tr")][1:]
    assert rows == ["Q90 chosen0.800.90", "Q83 ✓ gold0.20"]


def test_scores_are_taken_apart_where_their_parts_are_known():
    listed = (Candidate(entity="Q90", score=0.8), Candidate(entity="Q83", score=0.2))
    predicted = marked("[Paris|LOC|Q90]")
    predicted = replace(predicted, mentions=(replace(predicted.mentions[0], candidates=listed),))
    parts = {"Q90": {"prior": -0.5, "closeness": 2.0}, "NIL": {"NIL": -1.0}}
    (table,) = page("[Paris|LOC|Q83]", predicted, parts=[parts]).all("table")
    rows = [row.text for row in table.all("tr")][1:]
    assert rows == [
        "Q90 chosen0.80",
        "+1.50 = closeness +2.00 · prior -0.50",
        "Q83 ✓ gold0.20",
        "NIL",
        "-1.00 = NIL -1.00",
    ]


def test_the_best_candidates_are_shown_and_the_right_one():
    listed = tuple(Candidate(entity=f"Q{n}", score=1 / (n + 2)) for n in range(20))
    predicted = marked("[Paris|LOC|Q0]")
    predicted = replace(predicted, mentions=(replace(predicted.mentions[0], candidates=listed),))
    (table,) = page("[Paris|LOC|Q13]", predicted).all("table")
    rows = [row.text.split(" ")[0] for row in table.all("tr")][1:]
    assert [row[:3].rstrip("0.") for row in rows] == ["Q", "Q1", "Q2", "Q3", "Q4", "Q13"]


def test_mistakes_are_escaped():
    attack = "<img src=x onerror=alert(1)>"
    root = page(f"[{attack}|PER]", marked(f"[{attack}|{attack}]"))
    assert not list(root.all("img"))
    assert attack in next(root.all(class_name="context")).text


def test_page_without_mistakes_says_so():
    assert "No mistakes." in mistakes_html([])
