from dataclasses import replace

import pytest

from nerlink.models.storage import load_model
from nerlink.training.scores import score_documents
from tests.world import DOCUMENTS


@pytest.fixture(scope="module")
def model(joint_folder):
    return load_model(joint_folder)


def test_documents_may_share_an_id(model):
    once = score_documents(model, DOCUMENTS)
    shared = score_documents(model, [replace(doc, id="1") for doc in DOCUMENTS])
    assert shared.scores == once.scores


def test_recall_is_that_of_all_candidates(model):
    config = model.linker.config
    recall = score_documents(model, DOCUMENTS).scores["candidates.recall"]
    assert recall > 0
    model.linker.config = few = config.model_copy(update={"top_k": 0})
    assert score_documents(model, DOCUMENTS).scores["candidates.recall"] == recall
    assert model.linker.config is few
