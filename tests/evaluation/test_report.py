import json
import subprocess
import sys

from nerlink.evaluation import Report, Table

TABLE = Table(title="Tags [b]", columns=("tag", "f1", "gold"), rows=(("[red]PER", 0.5, 3),))


def test_fractions_are_shown_in_per_cent():
    text = str(Report(scores={"ner.f1": 0.5}, tables={"ner": TABLE}))
    assert "50.00" in text
    assert text.splitlines()[-1].split() == ["[red]PER", "50.00", "3"]


def test_names_are_never_read_as_markup():
    assert "[red]PER" in str(TABLE)
    assert "Tags [b]" in str(TABLE)


def test_report_becomes_plain_json_and_back():
    report = Report(scores={"ner.f1": 0.5}, tables={"ner": TABLE})
    record = json.loads(report.to_json())
    assert record["scores"] == {"ner.f1": 0.5}
    assert Report.from_dict(record) == report


def test_importing_evaluation_loads_nothing_heavy():
    code = "import sys, nerlink.evaluation; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"torch", "flair", "pandas", "sklearn", "seqeval", "transformers"}
    assert not heavy & set(loaded.stdout.split())
