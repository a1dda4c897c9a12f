import pytest

from nerlink.converters import tasks_of
from nerlink.data import NIL, Document, Mention


@pytest.mark.parametrize(
    ("annotations", "tasks"),
    [
        ([], {"ner"}),
        ([("PER", None)], {"ner"}),
        ([("PER", "Q1"), ("LOC", None)], {"ner", "nel"}),
        ([(None, NIL), ("LOC", None)], {"ner", "nel"}),
        ([(None, NIL), (None, None)], {"nel"}),
        ([(None, None)], set()),
    ],
    ids=["no mention", "types", "both", "one of each", "links", "neither"],
)
def test_annotation_says_what_a_document_teaches(
    annotations: list[tuple[str | None, str | None]], tasks: set[str]
) -> None:
    mentions = [Mention(start=0, end=1, label=label, entity=e) for label, e in annotations]
    assert tasks_of(Document(text="a", mentions=tuple(mentions))) == tasks
