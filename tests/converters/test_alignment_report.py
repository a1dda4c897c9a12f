from nerlink.converters import AlignmentEntry, AlignmentReason, AlignmentReport
from nerlink.data import Mention


def report(*reasons: AlignmentReason) -> AlignmentReport:
    mention = Mention(start=4, end=7, label="PER")
    entries = tuple(AlignmentEntry("doc-1", mention, "Ada", reason) for reason in reasons)
    return AlignmentReport(n_documents=1, n_mentions=5, entries=entries)


def test_reports_add_up() -> None:
    both = AlignmentReport.total(
        [report(AlignmentReason.SPLIT), report(AlignmentReason.SPLIT, AlignmentReason.EMPTY)]
    )
    assert (both.n_documents, both.n_mentions) == (2, 10)
    assert both.counts == {AlignmentReason.SPLIT: 2, AlignmentReason.EMPTY: 1}
    assert AlignmentReport.total([]) == AlignmentReport()


def test_only_lost_mentions_count_as_dropped() -> None:
    found = report(*AlignmentReason)
    assert [entry.reason for entry in found.dropped] == [
        AlignmentReason.OVERLAP,
        AlignmentReason.EMPTY,
        AlignmentReason.BLANK,
        AlignmentReason.OUTSIDE,
        AlignmentReason.UNCOVERED,
    ]


def test_the_printed_report_names_examples() -> None:
    lines = str(report(*[AlignmentReason.OVERLAP] * 5)).splitlines()
    assert lines == [
        "5 mentions in 1 document, 5 dropped",
        "5: dropped: overlaps a mention that was kept",
        *["    'Ada' (PER) at 4-7 of document 'doc-1'"] * 3,
        "    and 2 more",
    ]
