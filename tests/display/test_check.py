from nerlink.checks import check
from nerlink.display.check import check_html
from tests.display.parsing import parse
from tests.evaluation.marked import marked

DOCS = [marked("In [Paris|LOC|Q90]ian <days>, [Paris|PER]."), marked("[Ada|PER] came.")]


def test_each_finding_is_a_card_that_a_key_shows_and_hides():
    root = parse(check_html(check(DOCS)))
    kinds = ["border inside a word", "surface with several labels"]
    assert [one.attributes["data-kind"] for one in root.all("article")] == kinds
    assert [one.attributes["data-kind"] for one in root.all("button", "key")] == kinds
    assert [one.text for one in root.all("button", "key")] == [f"{kind}1" for kind in kinds]


def test_an_example_is_marked_in_its_text_and_says_where_it_stands():
    root = parse(check_html(check(DOCS), names={"Q90": "Paris, France"}.get))
    card = next(root.all("article"))
    (mark,) = card.all("mark")
    assert (mark.text, mark.attributes["data-link"]) == ("Paris", "Paris, France")
    (text,) = card.all(class_name="text")
    assert text.text == "In Parisian <days>, Paris."
    (small,) = next(card.all(class_name="example")).all("small")
    assert small.text == "documents document 1, 3-8 · inside 'Parisian'"


def test_tables_stand_above_the_findings_and_a_document_is_shown_without_a_mark():
    root = parse(check_html(check([DOCS[1]], dev=[DOCS[1]])))
    heads = [section.text for section in root.all("section")]
    assert heads[0].startswith("What there is")
    assert heads[1].startswith("Mentions by label")
    (card,) = root.all("article")
    assert list(card.all("mark")) == []
    assert "Ada came.dev document 1, 0-9 · as document 1 of train" in card.text


def test_sound_documents_make_a_page_that_says_so():
    root = parse(check_html(check([DOCS[1]])))
    assert [one.text for one in root.all("p", "empty")] == ["Nothing fishy was found."]
