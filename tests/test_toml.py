import pytest
from pydantic import BaseModel

from nerlink.errors import ConfigError
from nerlink.toml import flatten, parse_value, read_json, read_table, set_value


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


@pytest.mark.parametrize("text", ["a = " + "[" * 9999, "a = " + "1" * 9999], ids=["deep", "long"])
def test_toml_beyond_what_python_reads_is_refused(tmp_path, text):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"a\.toml: not valid TOML"):
        read_table(tmp_path / "a.toml")
    assert parse_value(text.removeprefix("a = ")) == text.removeprefix("a = ")


class Counts(BaseModel):
    seen: dict[str, int]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"seen": {"a": "x"}}', r"seen\.a = 'x' should be a whole number"),
        (b'{"seen": [' + b"1, " * 999 + b"1]}", r"seen = \[1, .{190,220}\.\.\. should be a table"),
        (b"{}", "seen is missing"),
        (b"[]", r"the content = \[\] should be a table"),
        (b"\xff", "the file is invalid JSON: expected value"),
        (b"[" * 9999, "the file is invalid JSON: recursion limit exceeded"),
    ],
)
def test_json_that_does_not_fit_is_refused_with_file_key_and_value(tmp_path, content, message):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"a\.json: {message}"):
        read_json(Counts, tmp_path / "a.json")


def test_json_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.json: cannot be read \(No such file"):
        read_json(Counts, tmp_path / "a.json")
