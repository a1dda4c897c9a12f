"""Training whose short lists are filled up by the entities with the nearest texts."""

import pytest

from nerlink import Pipeline, train
from tests.world import DOCUMENTS, ENTITIES, tiny_config


@pytest.fixture
def folder(encoder_dir, tmp_path):
    tables = tmp_path / "entities.jsonl"
    records = [{"id": one.id, "name": one.name} for one in ENTITIES]
    tables.write_text("\n".join(map(str, records)).replace("'", '"'), encoding="utf8")
    kb = {"tables": (tables,), "fill": ("nearest",), "fill_to": 3}
    config = tiny_config(encoder_dir, kb=kb)
    config = config.model_copy(
        update={"training": config.training.model_copy(update={"epochs": 1})}
    )
    train(config, tmp_path / "model", train=DOCUMENTS, dev=DOCUMENTS)
    return tmp_path / "model"


def test_a_surface_that_no_list_knows_has_candidates(folder):
    pipeline = Pipeline.load(folder, device="cpu")
    (found,) = pipeline.link_only([DOCUMENTS[0]])
    assert all(len(mention.candidates) >= 3 for mention in found.mentions)
