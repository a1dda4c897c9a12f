import pytest

from nerlink.lookalikes import did_you_mean, missing_column, nearest


def test_the_nearest_name_is_found_whatever_the_case():
    assert nearest("LABLE", ["entity", "label"]) == "label"
    assert nearest("lable", ["entity", "label"], alike=0.9) is None
    assert did_you_mean("id", ["name", "Id"]) == " Did you mean 'Id'?"
    assert did_you_mean("id", ["name"]) == ""


@pytest.mark.parametrize(
    ("name", "names", "meant"),
    [
        ("text", ["ticket", "body"], None),
        ("text", ["ticket", "Text"], "Text"),
        ("text", ["id", "text_body"], "text_body"),
        ("entity", ["label", "entityId"], "entityId"),
        ("start_offset", ["end", "start"], "start"),
        ("name", ["game", "id"], "game"),
        ("id", ["paid", "ideas"], None),
        ("id", ["__", "-"], None),
        ("begin", ["end", "stop"], None),
    ],
)
def test_a_name_is_suggested_where_it_is_close(name, names, meant):
    assert did_you_mean(name, names) == (f" Did you mean {meant!r}?" if meant else "")


def test_missing_column_names_the_nearest():
    error = missing_column("start", ["begin", "strat", "end"], where="a.csv:2")
    assert str(error).startswith("a.csv:2: column 'start' is missing; there are begin, strat, end.")
    assert str(error).endswith("Did you mean 'strat'?")


def test_columns_that_are_rows_of_text_are_shown_on_one_line():
    names = ["a\nb", "x" * 200, *map(str, range(99))]
    message = str(missing_column("text", names, where="a.csv"))
    assert "\n" not in message
    assert "71 more" in message
    assert len(message) < 400
