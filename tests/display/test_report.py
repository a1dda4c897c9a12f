from nerlink.display.report import report_html
from nerlink.evaluation import Report, Table
from tests.display.parsing import parse

TABLE = Table(
    title="Reliability <of> links",
    columns=("probability", "mean probability", "accuracy", "predictions"),
    rows=(("0.5-0.6", 0.55, 0.5, 10), ("0.9-1.0", 0.95, 1.0, 20)),
)


def test_tables_are_shown_in_per_cent():
    root = parse(report_html(Report(scores={}, tables={"other": TABLE})))
    assert [cell.text for cell in root.all("td")][:4] == ["0.5-0.6", "55.00", "50.00", "10"]
    assert next(root.all("h2")).text == "Reliability <of> links"
    assert not list(root.all("svg"))


def test_reliability_is_plotted():
    root = parse(report_html(Report(scores={}, tables={"linking.reliability": TABLE})))
    bars = [bar.attributes for bar in root.all("rect") if "class" not in bar.attributes]
    assert [(bar["x"], bar["height"], bar["opacity"]) for bar in bars] == [
        ("50", "50.00", "0.62"),
        ("90", "100.00", "1.00"),
    ]


def test_empty_report_says_so():
    assert "Nothing was measured." in report_html(Report(scores={}))
