"""The measurements of serving that need no process of their own."""

import re

import pytest

from experiments.serving.__main__ import _alike
from experiments.serving.clients import percentile
from experiments.serving.fuzz import check_description, requests


@pytest.mark.filterwarnings("ignore")
def test_answers_are_as_they_are_described(joint_folder, tmp_path):
    import shutil

    found = check_description(shutil.copytree(joint_folder, tmp_path / "model"), 3)
    assert found["requests"] > 25
    assert (found["server_errors"], found["not_as_described"]) == (0, 0)


def test_what_nobody_should_send_is_the_same_each_time():
    first, second = list(requests(60)), list(requests(60))
    assert first == second
    assert all(
        re.match(rb"(POST|PUT) /(v1|gerbil|reconcile|predict|setup)\S* HTTP/1.1\r\n", one)
        for one in first
    )


def test_answers_are_alike_but_for_rounding():
    one = {"mentions": [{"entity": "a", "score": 0.5}], "meta": None}
    assert _alike(one, {"mentions": [{"entity": "a", "score": 0.50001}], "meta": None})
    assert not _alike(one, {"mentions": [{"entity": "b", "score": 0.5}], "meta": None})
    assert not _alike(one, {"mentions": [{"entity": "a", "score": 0.51}], "meta": None})
    assert not _alike(one, {"mentions": []})


def test_percentiles_lie_between_values():
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
    assert percentile([4.0], 99) == 4.0
