"""Attacks of the campaign, a few inputs each, in this process."""

from pathlib import Path

import pytest

from experiments.robustness import people
from experiments.robustness.__main__ import main
from experiments.robustness.attacks import World, chance, mutated
from experiments.robustness.worker import AREAS
from nerlink import read
from nerlink.errors import NerlinkError

SLOW = ("killed trainings", "killed bases", "killed saves")


@pytest.fixture(scope="module")
def world(joint_folder, kb_path, encoder_dir, tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("world")
    (folder / "model").symlink_to(joint_folder)
    (folder / "kb.sqlite").symlink_to(kb_path)
    (folder / "encoder").symlink_to(encoder_dir)
    return World(folder)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("area", [area for area in AREAS if area not in SLOW])
def test_an_attack_finds_nothing(area, world, tmp_path):
    for number in range(4):
        place = tmp_path / str(number)
        place.mkdir()
        try:
            AREAS[area](world, chance(0, area, number), place)
        except NerlinkError as error:
            assert "\n" not in str(error).strip()


@pytest.mark.parametrize("name", people.INPUTS)
def test_a_file_of_people_is_read_right(name, tmp_path):
    one = people.INPUTS[name]
    path = people.VARIANTS["as it is"](one, chance(0, name, 0), tmp_path)
    assert people.right_values(read(path, **one.options)) == one.right


def test_an_input_follows_from_its_number():
    once, again = (mutated(b"abc" * 99, chance(0, "x", 7)) for _ in range(2))
    assert once == again


def test_the_campaign_counts_and_writes(world, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.robustness.__main__._make_world", lambda _: world)
    output = tmp_path / "results.json"
    with pytest.raises(SystemExit) as exit_:
        main(["--only", "files of people", "--inputs", "5", "--output", str(output)])
    assert not exit_.value.code
    text = Path(output).read_text("utf8")
    assert '"inputs": {\n        "mean": 5' in text
