import pytest

from nerlink.config import Config
from nerlink.data import Candidate, Document, Entity, Mention
from nerlink.kb import KnowledgeBase
from nerlink.training.first_links import link_names
from tests.training.conftest import Listener
from tests.world import tiny_config

ENTITIES = (
    Entity(id="town", name="Paris", description="town", type="city", popularity=99),
    Entity(id="myth", name="Paris", description="prince", type="person"),
    Entity(id="troy", name="Troy", description="city", type="city"),
)
OPEN = tuple(Candidate(entity=entity) for entity in ("town", "myth"))


@pytest.fixture
def config(encoder_dir, tmp_path) -> Config:
    KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES).close()
    return tiny_config(encoder_dir, kb={"path": tmp_path / "kb.sqlite"})


def documents(**more) -> list[Document]:
    mentions = (
        Mention(start=0, end=5, candidates=OPEN),
        Mention(start=10, end=14, label="LOC", entity="troy"),
    )
    return [Document(text="Paris saw Troy.", mentions=mentions, complete=False, **more)]


def linked(config, some, confident):
    listener = Listener()
    found = link_names(config, some, [], confident=confident, reporter=listener)
    return found, listener.notes


def test_a_name_of_several_entities_is_linked_where_the_untrained_model_is_sure(config):
    (doc,), notes = linked(config, documents(), 0.01)
    assert doc.mentions[0].entity in ("town", "myth")
    assert doc.mentions[0].candidates == OPEN
    assert doc.mentions[1] == documents()[0].mentions[1]
    assert not doc.complete
    assert notes == [
        "1 of 1 name of several entities are linked before training, by the base and the encoder "
        "alone (sure by 0.01 or more)"
    ]


def test_its_label_is_that_of_its_type_among_the_other_mentions(config):
    (doc,), _ = linked(config, documents(), 0.01)
    assert doc.mentions[0].label == {"town": "LOC", "myth": None}[doc.mentions[0].entity]


def test_what_is_not_sure_stays_open(config):
    found, notes = linked(config, documents(), 0.9999999)
    assert found == documents()
    assert notes[0].startswith("0 of 1")


@pytest.mark.parametrize("is_linking", [True, False])
def test_complete_documents_and_models_that_do_not_link_have_nothing_to_link(config, is_linking):
    config = config if is_linking else config.model_copy(update={"tasks": ("ner",)})
    some = documents()
    if is_linking:
        some = [Document(text=doc.text, mentions=doc.mentions) for doc in some]
    assert linked(config, some, 0.01) == (some, [])
