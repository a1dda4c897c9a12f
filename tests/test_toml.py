import pytest

from nerlink.toml import flatten, parse_value, set_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("3", 3, id="number"),
        pytest.param("2e-4", 2e-4, id="fraction"),
        pytest.param('"3"', "3", id="quoted"),
        pytest.param("true", True, id="truth"),
        pytest.param('["ner", "nel"]', ["ner", "nel"], id="array"),
        pytest.param("cuda:1", "cuda:1", id="bare string"),
        pytest.param("", "", id="nothing"),
        pytest.param("1\nother = 2", "1\nother = 2", id="more than a value"),
    ],
)
def test_value_is_read_as_toml_or_else_as_a_string(text, value):
    assert parse_value(text) == value


def test_value_is_put_at_a_dotted_key_and_tables_are_made_on_the_way():
    table = {"seed": 1}
    set_value(table, "training.epochs", 3)
    set_value(table, "data.0.train", "a")
    set_value(table, "data.1.train", "b")
    set_value(table, "data.0.train", "c")
    assert table == {
        "seed": 1,
        "training": {"epochs": 3},
        "data": [{"train": "c"}, {"train": "b"}],
    }


def test_a_table_is_flattened_to_dotted_keys():
    table = {"seed": 1, "kb": {"fill": ["a", "b"]}, "data": [{"train": "x"}, {"read": {"n": 1}}]}
    assert dict(flatten(table)) == {
        "seed": 1,
        "kb.fill": ["a", "b"],
        "data.0.train": "x",
        "data.1.read.n": 1,
    }
