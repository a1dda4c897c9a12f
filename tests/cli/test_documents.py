import pytest
import typer

from nerlink.cli.documents import parse_options


def test_options_are_keys_with_values_in_toml_notation():
    assert parse_options(["scheme=iob1", "n=3", 'columns=["text", "ner"]', "mark=a=b"]) == {
        "scheme": "iob1",
        "n": 3,
        "columns": ["text", "ner"],
        "mark": "a=b",
    }


@pytest.mark.parametrize(
    ("option", "message"),
    [
        pytest.param("scheme", "'scheme' is not of the form KEY=VALUE", id="no value"),
        pytest.param("on_error=skip", "'on_error' is not an option of a reader", id="reserved"),
    ],
)
def test_something_else_is_refused(option, message):
    with pytest.raises(typer.BadParameter, match=message):
        parse_options([option])


def test_a_tab_can_be_written_as_one_writes_it(run, tmp_path):
    (tmp_path / "a.conll").write_text("New York\tB-LOC\n")
    result = run("convert", tmp_path / "a.conll", "-", "--read", r"delimiter=\t")
    assert result.records[0]["text"] == "New York"
