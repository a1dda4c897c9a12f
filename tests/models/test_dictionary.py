import pytest

from nerlink.config import DictionaryConfig
from nerlink.data import Document, Entity, Mention
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.models.dictionary import Dictionary
from nerlink.sources.keys import MENTION_COLUMNS
from tests.world import ENTITIES

TEXT = "Mike Jordan flew from Jordan to Acme in Paris."


@pytest.fixture
def base(tmp_path):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        yield kb


def found(dictionary, text=TEXT):
    (doc,) = dictionary.find([Document(text=text)])
    return [(doc.surface(m), m.label) for m in doc.mentions]


def test_longest_names_are_mentions_with_the_label_of_all_that_they_may_mean(base):
    assert found(Dictionary(base, DictionaryConfig())) == [
        ("Mike Jordan", "PER"),
        ("Jordan", None),  # the country, or the player
        ("Acme", "ORG"),
        ("Paris", "LOC"),
    ]


def test_earlier_mentions_and_what_described_them_go(base):
    doc = Document(
        text=TEXT,
        mentions=(Mention(start=0, end=4),),
        meta={"source": "wire", MENTION_COLUMNS: {"note": ["first name"]}},
    )
    (answer,) = Dictionary(base, DictionaryConfig()).find([doc])
    assert dict(answer.meta) == {"source": "wire"}
    assert (len(answer.mentions), answer.complete) == (4, False)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"min_length": 6}, ["Mike Jordan", "Jordan"]),
        ({"min_length": 6, "keep": ["acme"]}, ["Mike Jordan", "Jordan", "Acme"]),
        ({"stop": ["acme", "paris"]}, ["Mike Jordan", "Jordan"]),
    ],
    ids=str,
)
def test_options_say_which_names_are_looked_for(base, options, expected):
    assert [name for name, _ in found(Dictionary(base, DictionaryConfig(**options)))] == expected


def test_types_become_labels_as_the_options_say(base):
    labels = {"PER": "PERSON", "LOC": ""}
    dictionary = Dictionary(base, DictionaryConfig(labels=labels))
    assert found(dictionary, "Ada Byron saw Texas, and Acme.") == [
        ("Ada Byron", "PERSON"),
        ("Texas", None),
        ("Acme", "ORG"),
    ]


def test_what_is_added_to_the_base_is_found_by_the_next_call(base):
    dictionary = Dictionary(base, DictionaryConfig())
    assert found(dictionary, "Lyon and Texas.") == [("Texas", "LOC")]
    base.add(Entity(id="lyon", name="Lyon", type="LOC"))
    base.remove("texas")
    assert found(dictionary, "Lyon and Texas.") == [("Lyon", "LOC")]


def test_names_are_read_once_while_the_base_stays_as_it_is(base):
    dictionary = Dictionary(base, DictionaryConfig())
    first = dictionary.read()
    found(dictionary)
    assert dictionary.read() is first


def test_a_link_gives_the_label_of_its_entity_where_the_name_has_none(base):
    dictionary = Dictionary(base, DictionaryConfig(labels={"PER": "PERSON"}))
    mentions = [
        Mention(start=0, end=4, entity="player"),
        Mention(start=5, end=11, entity="NIL"),
        Mention(start=12, end=16, label="CAR", entity="acme"),
        Mention(start=17, end=21, entity="gone"),
    ]
    doc = dictionary.label(Document(text=TEXT, mentions=tuple(mentions)))
    assert [m.label for m in doc.mentions] == ["PERSON", None, "CAR", None]


def test_a_base_without_a_name_that_may_be_looked_for_is_refused(base):
    with pytest.raises(KnowledgeBaseError, match="no name or alias to look for"):
        Dictionary(base, DictionaryConfig(min_length=40)).read()
