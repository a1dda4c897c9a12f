import copy

import pytest
import torch

from nerlink.kb import KnowledgeBase
from nerlink.models.annotate import example_of
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.storage.model import head_state
from nerlink.models.transfer import take_weights
from tests.world import DOCUMENTS, ENTITIES, tiny_config

LABELS = ("LOC", "ORG", "PER")


@pytest.fixture
def build(encoder_dir):
    """Joint models on the small encoder with weights drawn by chance."""

    def build(labels=LABELS, kb=None, links=(), *, seed=0, tasks=("ner", "nel"), **tagger):
        torch.manual_seed(seed)
        config = tiny_config(encoder_dir, tasks=tasks, tagger=tagger)
        model = build_model(
            config,
            WindowEmbeddings(config.encoder),
            labels=labels,
            kb=kb,
            counts=TrainingCounts(links=dict.fromkeys(kb.rows(links) if kb else (), 1)),
        )
        for name, tensor in head_state(model).items():
            if tensor.is_floating_point() and tensor.numel():
                model.state_dict()[name].copy_(torch.rand_like(tensor))  # a variance is positive
        return model.eval()

    return build


PASSAGES = [example_of(doc, ("ner", "nel"))[0].passage for doc in DOCUMENTS]


@pytest.mark.parametrize("tagger", [{}, {"hidden": 8}, {"rnn": 4}, {"crf": True}], ids=str)
def test_the_tags_of_shared_labels_score_as_they_did_wherever_they_stand(build, tagger):
    old = build(("LOC", "PER"), tasks=("ner",), seed=1, **tagger)
    new = build(("CAR", "LOC", "ORG", "PER"), tasks=("ner",), seed=2, **tagger)
    take_weights(new, old, {})
    places = [new.tagger.tagset.tags.index(tag) for tag in old.tagger.tagset.tags]
    torch.testing.assert_close(new.read(PASSAGES).scores[:, places], old.read(PASSAGES).scores)
    if old.tagger.chain:
        places += [len(new.tagger.tagset), len(new.tagger.tagset) + 1]  # start and stop
        moved = new.tagger.chain.crf.transitions[places][:, places]
        assert torch.equal(moved, old.tagger.chain.crf.transitions)
    assert torch.equal(new.tagger.confidence, old.tagger.confidence)


def test_the_same_labels_and_the_same_base_make_the_same_model(build, kb):
    old = build(kb=kb, links=["paris", "ada"], seed=1)
    new = build(kb=kb, links=["paris", "ada"], seed=2)
    take_weights(new, old, {row: row for row in kb.rows(["paris", "ada"])})
    state = head_state(new)
    # The padding row of memories is read by nothing but has been drawn by chance here, too.
    for name, tensor in head_state(old).items():
        rows = slice(1, None) if name.endswith("memory.weight") else slice(None)
        assert tensor.dim() == 0 or torch.equal(tensor[rows], state[name][rows]), name


def test_the_query_reads_each_label_where_it_stands_now(build, kb):
    old = build(("LOC", "PER"), kb, seed=1)
    new = build(("CAR", "LOC", "PER"), kb, seed=2)
    fresh = new.linker.query.weight.clone()
    take_weights(new, old, {})
    width = old.encoder.embedding_length * 3
    weight, learnt = new.linker.query.weight, old.linker.query.weight
    assert torch.equal(weight[:, : width + 1], learnt[:, : width + 1])  # vectors, and no label
    assert torch.equal(weight[:, width + 1], fresh[:, width + 1])  # CAR
    assert torch.equal(weight[:, width + 2 :], learnt[:, width + 1 :])  # LOC, PER


def test_entities_keep_their_memory_by_their_ids(build, kb, tmp_path):
    old = build(kb=kb, links=["paris", "jordan", "acme"], seed=1)
    entities = [e for e in reversed(ENTITIES) if e.id != "jordan"]
    with KnowledgeBase.create(tmp_path / "other.sqlite", entities) as other:
        new = build(kb=other, links=["acme", "paris", "texas"], seed=2)
        fresh = new.linker.prototypes.memory_of(torch.tensor([other.row("texas")]))
        take_weights(new, old, {kb.row(e): other.row(e) for e in ("acme", "paris")})
        for entity in ("acme", "paris"):
            assert torch.equal(
                new.linker.prototypes.memory_of(torch.tensor([other.row(entity)])),
                old.linker.prototypes.memory_of(torch.tensor([kb.row(entity)])),
            )
        after = new.linker.prototypes.memory_of(torch.tensor([other.row("texas")]))
        assert torch.equal(after, fresh)


@pytest.mark.parametrize(
    ("before", "after"),
    [(("ner",), ("ner", "nel")), (("nel",), ("ner", "nel")), (("ner", "nel"), ("nel",))],
)
def test_a_head_that_one_model_lacks_stays_as_it_is(build, kb, before, after):
    old = build(kb=kb, tasks=before, seed=1)
    new = build(kb=kb, tasks=after, seed=2)
    fresh = [
        head.state_dict() for head in (new.tagger, new.linker) if head and head.task not in before
    ]
    kept = copy.deepcopy(fresh)
    take_weights(new, old, {})
    for was, is_now in zip(kept, fresh, strict=True):
        for name in was:
            assert torch.equal(was[name], is_now[name]) or "embeddings" in name
    if "nel" in before:
        width = old.encoder.embedding_length * 3
        assert torch.equal(new.linker.query.weight[:, :width], old.linker.query.weight[:, :width])
    assert torch.equal(new.encoder.shapes.table.weight, old.encoder.shapes.table.weight)
