import pytest

RESULT = {
    "encoder": "somebody/a-model",
    "seeds": [1, 2],
    "scores": {
        "dev": {
            "ner.f1": {"mean": 0.9251, "sd": 0.003, "n": 2},
            "linking.inkb.f1": {"mean": 0.874, "sd": 0.0, "n": 1},
        }
    },
    "seconds": {"epoch": 90.0, "tag": 3.21},
    "versions": {"torch": "2"},
    "commit": "0123456789abcdef",
    "hardware": "a laptop",
}


def test_tables_in_the_readmes_are_those_of_the_results(program):
    for path, text in program("table").pages().items():
        written = path.read_text(encoding="utf8")
        assert written == text, f"{path}: run python experiments/table.py"


def test_overview_has_a_row_a_split(program, tmp_path):
    rows = program("table").overview({tmp_path / "news": RESULT}).splitlines()
    assert rows[-1] == (
        "| [news](experiments/news/README.md) | a-model | dev | 92.5 ± 0.3 | 87.4 |  |  |  | 2 |"
    )
    assert len(rows) == 3


def test_overview_shows_times_beside_scores(program, tmp_path):
    ratios = {"speed.vs_flair": {"mean": 9.25, "sd": 0.5, "n": 5}}
    timed = RESULT | {"scores": {"tagging": ratios}}
    text = program("table").overview({tmp_path / "news": RESULT, tmp_path / "speed": timed})
    assert "| [speed](experiments/speed/README.md) | median |" in text
    assert "| tagging, times as fast as Flair, 10,000 entities | 9.25 ± 0.5 |" in text
    assert "Measured with somebody/a-model on a laptop." in text


def test_measures_of_several_machines_name_their_machine(program, tmp_path):
    ratios = {"speed.int8": {"mean": 1.9, "sd": 0.1, "n": 5}}
    machines = {"precision": "a server", "tagging": "a laptop"}
    timed = RESULT | {"scores": {"precision": ratios}, "machines": machines}
    text = program("table").overview({tmp_path / "speed": timed})
    assert "on a server (precision); a laptop (tagging)." in text


def test_overview_says_what_was_published_and_what_is_a_part_of_a_corpus(program, tmp_path):
    part = RESULT | {"corpus": "aida (100 documents)"}
    text = program("table").overview({tmp_path / "aida-joint": part})
    assert "| [aida-joint](experiments/aida-joint/README.md) (100 documents) |" in text
    assert "| InKB 79.7 to 92.7 | 2 |" in text


def test_overview_of_nothing_says_so(program):
    assert program("table").overview({}) == "None yet."


def test_details_have_every_measure_and_how_it_came_about(program):
    text = program("table").details(RESULT)
    assert "| `ner.f1` | 92.5 ± 0.3 |" in text
    assert "- seconds: epoch 90.0, tag 3.2" in text
    assert "- commit: 0123456789ab\n" in text + "\n"
    dirty = program("table").details(RESULT | {"commit": "0123456789abcdef-dirty"})
    assert dirty.endswith("- commit: 0123456789ab-dirty")


def test_text_around_the_marks_stays(program):
    table = program("table")
    text = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    assert table.filled(text, "new") == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"


def test_mark_without_its_end_is_refused(program):
    table = program("table")
    with pytest.raises(SystemExit, match="end of results"):
        table.filled(f"{table.BEGIN}\n", "new")
