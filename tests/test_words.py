import pytest

from nerlink.words import did_you_mean, missing_column, nearest, number_of


@pytest.mark.parametrize(
    ("number", "things", "expected"),
    [
        (0, "documents", "0 documents"),
        (1, "documents", "1 document"),
        (2000, "documents", "2,000 documents"),
        (1, "entities", "1 entity"),
        (1, "kinds of NIL", "1 kind of NIL"),
        (1, "overlapping mentions", "1 overlapping mention"),
        (1, "mentions without label and link", "1 mention without label and link"),
        (1, "linked", "1 linked"),
    ],
)
def test_a_number_and_its_noun_agree(number, things, expected):
    assert number_of(number, things) == expected


def test_the_nearest_name_is_found_whatever_the_case():
    assert nearest("LABLE", ["entity", "label"]) == "label"
    assert nearest("lable", ["entity", "label"], alike=0.9) is None
    assert did_you_mean("id", ["name", "Id"]) == " Did you mean 'Id'?"
    assert did_you_mean("id", ["name"]) == ""


def test_missing_column_names_the_nearest():
    error = missing_column("start", ["begin", "strat", "end"], where="a.csv:2")
    assert str(error).startswith("a.csv:2: column 'start' is missing; there are begin, strat, end.")
    assert str(error).endswith("Did you mean 'strat'?")
