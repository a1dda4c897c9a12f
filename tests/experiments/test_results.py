import json

import pytest

from tests.experiments.conftest import EXPERIMENTS
from tests.experiments.shape import check_results

PATHS = sorted(EXPERIMENTS.glob("*/results.json"))
FOLDERS = sorted(path.parent for path in EXPERIMENTS.glob("*/config.toml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_results_have_the_shape_they_all_share(path):
    check_results(json.loads(path.read_text(encoding="utf8")))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_experiment_is_a_question_with_an_answer(folder):
    text = (folder / "README.md").read_text(encoding="utf8")
    assert text.splitlines()[0].endswith("?")
    assert "## Setup" in text
    assert "## Result" in text
    assert "## What it means" in text
