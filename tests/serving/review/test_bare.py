from nerlink.data import Document, Mention
from nerlink.pipeline import Pipeline
from nerlink.serving.review.bare import BaseService
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.session import ReviewOptions, Session
from nerlink.serving.settings import ServingSettings
from tests.serving.review.conftest import reviewing
from tests.world import DOCUMENTS


def test_a_model_that_only_finds_has_a_base_beside_it(trained, base, tmp_path):
    finder = Pipeline.load(trained("ner"), device="cpu")
    doc = Document(id="a", text=DOCUMENTS[1].text)
    service = BaseService(base, ServingSettings(), finder)
    with reviewing(service, tmp_path / "gold.jsonl", [doc]) as review:
        found = review.next()["mentions"]
        assert [(m["label"], m.get("entity")) for m in found] == [("LOC", None), ("LOC", "texas")]
        assert [one["entity"] for one in found[0]["candidates"]] == ["paris", "paris-texas"]
        assert all(one["known"] for one in review.ask("session")["labels"] if one["label"] == "LOC")


def test_a_base_alone_finds_nothing(base, tmp_path):
    with Journal(tmp_path / "gold.jsonl", say=print) as journal:
        service = BaseService(base, ServingSettings())
        session = Session(service, DOCUMENTS, journal, ReviewOptions())
        assert (service.finds, service.links, session.of_model) == (False, True, [])


def test_a_link_that_is_there_stays(base, tmp_path):
    mention = Mention(start=0, end=5, entity="texas")
    doc = Document(id="a", text="Texas", mentions=(mention,), complete=False)
    with reviewing(base, tmp_path / "gold.jsonl", [doc]) as review:
        assert review.next()["mentions"][0]["entity"] == "texas"
