from nerlink.data import Document, Mention
from nerlink.kb import InDocument, candidate_recall, report_candidates
from tests.kb.candidates.mentions import FromMentions

GENERATOR = FromMentions([("Jordan", "country"), ("Jordan", "country"), ("Jordan", "river")])


def test_recall_grows_with_the_limit() -> None:
    pairs = [("Jordan", "country"), ("Jordan", "river"), ("Jordan", "player"), ("Nile", "Nile")]
    report = candidate_recall(GENERATOR, pairs, limits=(1, 2, None))
    assert report.recall == {1: 0.25, 2: 0.5, None: 0.5}
    assert (report.n_mentions, report.n_covered, report.n_candidates) == (4, 3, 6)


def test_no_mentions_have_no_recall() -> None:
    assert candidate_recall(GENERATOR, []).recall == {1: 0, 5: 0, 10: 0, 30: 0, None: 0}


def document(text: str, *links: tuple[str, str | None]) -> Document:
    mentions = [
        Mention(start=text.index(surface), end=text.index(surface) + len(surface), entity=entity)
        for surface, entity in links
    ]
    return Document(text=text, mentions=tuple(mentions))


def test_mentions_outside_the_base_and_those_without_annotation_are_apart() -> None:
    doc = document(
        "Jordan, Nile, Oder, Jor", ("Jordan", "country"), ("Nile", "NIL"), ("Oder", None)
    )
    report = report_candidates(GENERATOR, [doc, document("Jordan", ("Jordan", "NIL"))])
    assert (report.linked.n_mentions, report.n_nil, report.n_nil_covered) == (1, 2, 1)
    assert report.linked.recall[1] == 1


def test_fuller_names_of_a_document_are_reported_like_a_generator() -> None:
    doc = document("River Jordan, River", ("River Jordan", "river"), ("River", "river"))
    generator = FromMentions([("River Jordan", "river")])
    assert report_candidates(generator, [doc]).linked.recall[None] == 0.5
    report = report_candidates(InDocument(generator), [doc])
    assert report.linked.recall[None] == 1
    assert report.microseconds > 0
