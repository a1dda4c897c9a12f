import json

from nerlink.data import Document, Mention
from nerlink.kb import KnowledgeBase
from nerlink.matching import Matcher
from tests.world import ENTITIES


def test_a_report_counts_what_became_of_documents(tmp_path):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        matcher = Matcher(kb)
        before = (Mention(start=0, end=5, label="LOC"),)
        docs = [Document(text="Paris is in Texas.", mentions=before), Document(text="texas")]
        list(matcher.stream(docs))
        report = matcher.report()
    assert (report.n_documents, report.n_without, report.n_characters) == (2, 1, 23)
    assert (report.n_mentions, report.n_linked, report.n_labelled) == (2, 1, 2)
    assert report.n_replaced == 1
    assert [(one.surface, one.n, one.share) for one in report.frequent] == [
        ("Paris", 1, 0.5),
        ("Texas", 1, 0.5),
    ]
    assert [(one.surface, one.example) for one in report.left_out] == [("texas", "[texas]")]
    assert str(report).splitlines()[:2] == [
        "2 mentions in 2 documents (1 without any): 1 linked, 1 with several candidates and no "
        "link, 0 without label.",
        "Not in the output: 1 mention that the documents had before.",
    ]


def test_a_report_is_json(tmp_path):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        matcher = Matcher(kb)
        matcher(Document(text="texas, Texas"))
        record = json.loads(json.dumps(matcher.report().as_record()))
    assert record["left_out"][0]["rule"] in record["how_to_change"]
    assert record["frequent"][0]["surface"] == "Texas"
