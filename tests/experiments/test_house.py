import re
from pathlib import Path

import pytest

from experiments.house.measure import House, write_path

ROOT = Path(__file__).parents[2]

FILES = {
    "__init__.py": "",
    "data.py": "class Mention:\n    label: str\n",
    "reader.py": "from nerlink import writer\n\n\ndef _rows():\n    # Why.\n    return 1\n",
    "writer.py": "from nerlink.reader import _rows\n\nKEYS = ('label', 'entity', 'score')\n",
    "kb/__init__.py": "",
    "kb/store.py": "from nerlink.data import Mention\n\n\ndef _rows():\n    return Mention\n",
    "pipeline.py": "from nerlink.kb.store import Mention\n",
}


@pytest.fixture
def house(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "nerlink" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return House(tmp_path)


def test_modules_that_import_each_other_are_a_circle(house):
    assert house.circles() == [["nerlink.reader", "nerlink.writer"]]


def test_names_of_several_modules_and_lists_of_fields_are_found(house):
    assert house.repeated_names() == ["_rows"]
    assert house.lists_of_fields() == ["nerlink.writer"]


def test_what_a_module_reaches_and_how_large_it_is(house):
    measures = house.measures()
    assert house.reach("nerlink.pipeline") == {"nerlink.kb.store", "nerlink.data"}
    assert measures["files within reach of Pipeline"] == 3
    assert (measures["files"], measures["functions"]) == (7, 2)
    assert measures["lines"] - measures["lines without comments"] == 1


def test_lines_are_written_into_the_reading_path(house, tmp_path):
    row = "| 1 | data | `data.py` `kb/store.py` | 0 | entities |\n"
    (tmp_path / "README.md").write_text(f"before\n<!-- path: x -->\n{row}<!-- end of path -->\n")
    write_path(house, tmp_path / "README.md")
    assert row.replace("| 0 |", "| 7 |") in (tmp_path / "README.md").read_text()


def test_the_reading_path_leads_through_files_that_exist():
    text = (ROOT / "README.md").read_text("utf-8")
    path = text.partition("<!-- path:")[2].partition("<!-- end of path -->")[0]
    names = re.findall(r"`([\w/]+\.py)`", path)
    assert len(names) > 10
    assert [name for name in names if not (ROOT / "nerlink" / name).is_file()] == []
