"""The comparison of vector indexes runs to its end with few vectors, and adds to its results."""

import json

import numpy as np
import pytest

from experiments.vectors.measure import main
from experiments.vectors.probe import COLUMNS, invented_vectors
from tests.experiments.shape import check_results


@pytest.mark.filterwarnings("ignore")
def test_rows_are_added_to_what_was_measured_before(tmp_path):
    path = tmp_path / "results.json"
    for spread in ("random", "grouped"):
        options = ["--count", "200", "--queries", "5", "--index", "numpy, exact"]
        main([*options, "--spread", spread, "--output", str(path)])
    results = json.loads(path.read_text("utf8"))
    check_results(results)
    assert tuple(results["scores"]) == COLUMNS
    rows = {"200 random: numpy, exact", "200 grouped: numpy, exact"}
    assert all(set(found) == rows for found in results["scores"].values())
    assert {found["mean"] for found in results["scores"]["recall at 10"].values()} == {1.0}


@pytest.mark.parametrize("spread", ["random", "grouped"])
def test_invented_vectors_have_length_one_and_queries_are_near_some(spread):
    vectors, queries = invented_vectors(spread, 300, 4)
    assert np.allclose(np.linalg.norm(vectors.astype(float), axis=1), 1, atol=1e-2)
    assert ((queries.astype(float) @ vectors.T.astype(float)).max(axis=1) > 0.5).all()
