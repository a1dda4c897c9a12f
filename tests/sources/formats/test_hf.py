import json

from nerlink.data import Document, Mention
from nerlink.sources import write
from nerlink.sources.formats.hf import groups_of

DOC = Document(
    id="a",
    text="Ada Lovelace met Bea.",
    mentions=(
        Mention(start=0, end=12, label="PER", score=0.9, entity="Q7259"),
        Mention(start=17, end=20, entity="Q1"),
    ),
)


def test_mentions_are_groups_of_words_with_offsets():
    assert groups_of(DOC) == [
        {"entity_group": "PER", "score": 0.9, "word": "Ada Lovelace", "start": 0, "end": 12}
    ]


def test_each_document_is_a_line_and_losses_are_counted(tmp_path):
    report = write([DOC, Document(text="Nobody.")], tmp_path / "a.jsonl", format="hf")
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [groups_of(DOC), []]
    assert report.lost == {"ids": 1, "links": 2, "mentions without label": 1}
