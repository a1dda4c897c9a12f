import pytest

from nerlink.evaluation.surfaces import are_named_alike, is_partial_name


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
