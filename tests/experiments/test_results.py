import json
import re

import pytest

from nerlink.config import load_config
from tests.experiments.conftest import EXPERIMENTS
from tests.experiments.shape import check_results

PATHS = sorted(EXPERIMENTS.glob("*/results.json"))
CONFIGS = sorted(EXPERIMENTS.glob("*/*.toml"))
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


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_configuration_is_read(path):
    assert load_config(path).data


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_configurations_in_its_text_are_read(folder, tmp_path):
    text = (folder / "README.md").read_text(encoding="utf8")
    for block in re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL):
        (tmp_path / "config.toml").write_text(block, encoding="utf8")
        assert load_config(tmp_path / "config.toml")
