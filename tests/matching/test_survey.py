import pytest

from nerlink.data import Document
from nerlink.kb import KnowledgeBase
from nerlink.matching import Matcher, MatchingOptions, Rule
from nerlink.matching.survey import opens_sentence


@pytest.fixture
def make(tmp_path):
    """Makes a matcher for names, and the documents that it was shown."""

    def make(names, texts, **options):
        rows = [{"id": name, "name": name} for name in names]
        kb = KnowledgeBase.create(tmp_path / "kb.sqlite", rows)
        matcher = Matcher(kb, MatchingOptions(**options))
        docs = matcher.survey(Document(text=text, id=str(n)) for n, text in enumerate(texts))
        return matcher, list(matcher.stream(docs))

    return make


def surfaces(docs):
    return [doc.surface(mention) for doc in docs for mention in doc.mentions]


def refused(matcher):
    return {one.surface: (one.rule, one.n) for one in matcher.report().left_out}


APPLES = [
    "She ate an apple. Apple pie is good.",
    "An apple a day.",
    "Green apple juice from Apple.",
]


def test_a_word_that_texts_write_small_is_left_out(make):
    matcher, docs = make(["Apple"], APPLES)
    assert surfaces(docs) == []
    assert refused(matcher) == {"apple": (Rule.COMMON, 3), "Apple": (Rule.COMMON, 2)}
    assert {one.share_small for one in matcher.report().left_out} == {0.75}
    assert "She ate an [apple]. Apple pie is good." in str(matcher.report())


@pytest.mark.parametrize("options", [{"keep": frozenset(["Apple"])}, {"common": 0.8}])
def test_a_common_word_can_be_kept(make, options):
    matcher, docs = make(["Apple"], APPLES, **options)
    assert surfaces(docs) == ["Apple", "Apple"]
    assert refused(matcher) == {"apple": (Rule.SMALL, 3)}


def test_a_few_small_letters_tell_nothing(make):
    _, docs = make(["Gold Rush"], ["The gold rush began. The Gold Rush, a film."])
    assert surfaces(docs) == ["gold rush", "Gold Rush"]


def test_some_small_letters_ask_for_capitals(make):
    texts = ["In the gold rush.", "See The Gold Rush by Gold Rush of Gold Rush."] * 3
    matcher, docs = make(["Gold Rush"], texts)
    assert surfaces(docs) == ["Gold Rush"] * 9
    assert refused(matcher) == {"gold rush": (Rule.SMALL, 3)}


def test_a_base_that_writes_everything_in_capitals_tells_nothing_by_them(make):
    texts = ["He has breast cancer and hypertension.", "No lung cancer."] * 10
    matcher, docs = make(["Breast Cancer", "Lung Cancer", "Hypertension"], texts)
    assert surfaces(docs) == ["breast cancer", "hypertension", "lung cancer"] * 10
    assert not matcher.report().has_case
    assert "Capitals tell nothing here: 100%" in str(matcher.report())


def test_a_small_word_that_is_everywhere_is_left_out(make):
    matcher, docs = make(["der", "Wien"], ["der Hund der Frau der Stadt Wien"] * 50)
    assert surfaces(docs) == ["Wien"] * 50
    assert refused(matcher) == {"der": (Rule.OFTEN, 150)}


def test_a_name_may_be_everywhere(make):
    _, docs = make(["Wien"], ["Wien, Wien, nur du allein"] * 100)
    assert len(surfaces(docs)) == 200


def test_only_the_first_documents_are_looked_at(make, tmp_path):
    with KnowledgeBase.create(tmp_path / "two.sqlite", [{"id": "1", "name": "Apple"}]) as kb:
        matcher = Matcher(kb)
        docs = [Document(text=text) for text in APPLES]
        assert list(matcher.survey(docs, n_characters=10)) == docs
        assert matcher.report().n_surveyed == 1
        assert surfaces(matcher.stream(docs)) == ["Apple", "Apple"]


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("^May", True),
        ("I ^May", False),
        ("Go. ^May", True),
        ("He said: “^May", True),
        ("Line\n^May", True),
        ("(^May", True),
        ("word (^May", False),
        ("今日。^May", True),
    ],
)
def test_words_that_open_a_sentence(text, opens):
    assert opens_sentence(text.replace("^", ""), text.index("^")) is opens
