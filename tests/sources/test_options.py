from typing import Literal

import pytest

from nerlink import sources
from nerlink.errors import DataError
from nerlink.sources.options import check_options


def write(path: str, *, shape: Literal["a", "b"] = "a", n: int = 1) -> None:
    pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shap": "a"}, "it has no option 'shap'; it has shape, n"),
        ({"shape": "c"}, "it: shape is 'c'; it should be 'a' or 'b'"),
        ({"n": "1"}, "it: n is '1'; it should be a valid integer"),
    ],
)
def test_wrong_option_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        check_options(write, options, ["shape", "n"], what="it")


def test_fitting_options_are_let_through():
    check_options(write, {"shape": "b", "n": 2}, ["shape", "n"], what="it")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.csv", {"separator": 5}, "separator is 5; it should be a valid string"),
        ("a.tsv", {"columns": 5}, "columns is 5; it should be"),
        ("a.conll", {"columns": 5}, "columns is 5; it should be"),
        ("a.conll", {"remove": "("}, r"remove is '\('; no regular expression: missing \)"),
    ],
)
def test_readers_refuse_options_of_another_kind(tmp_path, name, options, message):
    (tmp_path / name).write_text("token\n")
    with pytest.raises(DataError, match=message):
        sources.read(tmp_path / name, **options)
