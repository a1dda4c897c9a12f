import pytest

from nerlink.data import Document, Mention
from nerlink.errors import ConfigError, DataError
from nerlink.serving.review.bare import BaseService
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.saves import Save
from nerlink.serving.review.session import ReviewOptions, Session
from nerlink.serving.settings import ServingSettings


def linked(*entities, name="a", label="LOC"):
    mentions = tuple(
        Mention(start=n, end=n + 1, label=label, entity=entity) for n, entity in enumerate(entities)
    )
    return Document(id=name, text="Paris, Texas", mentions=mentions)


@pytest.fixture
def begin(base, tmp_path):
    """A session over documents, and what it says."""
    journals = []

    def begin(*documents, saved=(), **options):
        journal = Journal(tmp_path / "gold.jsonl", say=print)
        journals.append(journal)
        for doc in saved:
            journal.add(Save(key=f"id:{doc.id}", doc=doc, reviewer="ada", time="t"))
        service = BaseService(base, ServingSettings())
        found = []
        Session(service, documents, journal, ReviewOptions(**options)).check(found.append)
        return found

    yield begin
    for journal in journals:
        journal.close()


def test_nothing_is_said_where_all_is_well(begin):
    assert begin(linked("paris", "NIL", None)) == []


def test_documents_of_another_base_are_refused(begin):
    with pytest.raises(ConfigError, match="such as 'Q90' in document 'a': they are of another"):
        begin(linked("Q90", "Q1439", "NIL"))


def test_one_may_begin_nevertheless(begin):
    (told,) = begin(linked("Q90"), any_base=True)
    assert told.startswith("1 link of the documents")


def test_entities_that_the_base_has_lost_are_told(begin):
    (told,) = begin(linked("paris", "gone", "gone"))
    assert told.startswith("2 links of the documents name 1 entity that")
    assert "such as 'gone' in document 'a'. They are kept" in told


def test_so_are_those_of_what_is_done(begin):
    (told,) = begin(Document(id="b", text="x"), saved=[linked("paris", "gone")])
    assert "1 link of gold.jsonl" in told


def test_other_documents_of_the_same_id_are_refused(begin):
    with pytest.raises(DataError, match="document 'a' has another text in"):
        begin(Document(id="a", text="other"), saved=[linked("paris")])


def test_no_labels_are_told(begin, base):
    for entity in list(base):
        base.remove(entity)
    (told,) = begin(Document(id="b", text="x"))
    assert "there are no labels" in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"overlap": -1}, "overlap is -1"),
        ({"overlap": 1.5}, r"overlap is 1\.5"),
        ({"lease": 0}, "lease is 0"),
        ({"labels": ("",)}, "'' is no label"),
        ({"labels": ("A\nB",)}, "is no label"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        ReviewOptions(**options)


def test_an_overlap_is_a_number_or_a_share():
    shares = [ReviewOptions(overlap=n).n_twice(10) for n in (0, 0.25, 0.99, 1, 3, 99)]
    assert shares == [0, 2, 10, 1, 3, 10]
