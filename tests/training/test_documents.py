import pandas as pd
import pytest

from nerlink.config import Config, DataConfig
from nerlink.data import Document
from nerlink.errors import ConfigError, DataError
from nerlink.sources import write
from nerlink.training.documents import dev_documents, training_parts
from tests.world import DOCUMENTS

BARE = Document(text="Nothing to find here.", id="bare")


@pytest.fixture
def entry(tmp_path):
    """Two documents with mentions and one without, to learn from and as dev split."""
    path = tmp_path / "some.jsonl"
    write([*DOCUMENTS[:2], BARE], path)
    return DataConfig(train=path, dev=path)


def test_a_configuration_without_documents_is_refused():
    with pytest.raises(ConfigError, match=r"nothing to train on\. Add .*data.* with corpus"):
        training_parts(Config())


def test_given_documents_stand_in_place_of_the_configurations(entry):
    config = Config(data=[entry])
    [(documents, of)] = training_parts(config)
    assert [doc.id for doc in documents] == [DOCUMENTS[0].id, DOCUMENTS[1].id, "bare"]
    assert of == entry
    assert training_parts(config, iter([BARE])) == [([BARE], DataConfig())]
    assert dev_documents(config, iter([BARE])) == [BARE]


def test_a_bare_document_is_scored_only_where_its_entry_teaches_all_tasks(entry):
    assert [doc.id for doc in dev_documents(Config(data=[entry]))][-1] == "bare"
    of_links = entry.model_copy(update={"tasks": ("nel",)})
    assert "bare" not in [doc.id for doc in dev_documents(Config(data=[of_links]))]
    assert "bare" in [doc.id for doc in dev_documents(Config(data=[of_links], tasks=("nel",)))]


@pytest.mark.parametrize("chosen", [training_parts, dev_documents])
def test_a_table_is_refused(chosen):
    split = "train" if chosen is training_parts else "dev"
    with pytest.raises(DataError, match=rf"{split} is a DataFrame, .*from_frame"):
        chosen(Config(), pd.DataFrame({"text": ["Ada"]}))
