from nerlink.config import Config
from nerlink.models.card import model_card


def test_the_card_shows_what_the_hub_reads_and_people_ask():
    card = model_card(Config(tasks=("ner",)), {"ner.f1": 0.91234}, ["LOC", "PER"])
    assert card.startswith("---\nlibrary_name: nerlink\n")
    assert "Tasks: ner. Labels: LOC, PER." in card
    assert "| ner.f1 | 0.9123 |" in card


def test_a_card_without_scores_has_no_table():
    card = model_card(Config(), {}, [])
    assert "|" not in card
    assert "Labels: none." in card
