import logging

import pytest
import torch

from nerlink.config import Config
from nerlink.data import Document, Entity
from nerlink.errors import KnowledgeBaseError
from nerlink.kb import KnowledgeBase
from nerlink.models.annotate import example_of
from nerlink.models.passages import locate
from nerlink.models.untrained import SPREAD, build_untrained
from tests.world import DOCUMENTS, ENTITIES


@pytest.fixture
def build(encoder_dir, tmp_path):
    """Models without training on the small encoder, each with a base of its own."""

    def build(entities=ENTITIES, **sections):
        kb = KnowledgeBase.create(tmp_path / "kb.sqlite", entities, overwrite=True)
        encoder = {"model": str(encoder_dir), "window": 64, **sections.pop("encoder", {})}
        return build_untrained(Config(tasks=("nel",), encoder=encoder, **sections), kb)

    return build


@torch.no_grad()
def test_a_mention_asks_the_mean_of_its_passage_alone(build):
    linker = build().linker
    passage = example_of(DOCUMENTS[0], ("nel",))[0].passage
    vectors = linker.embeddings.encode([passage.tokens])
    spans = example_of(DOCUMENTS[0], ("nel",))[0].spans
    queries = linker.mention_vectors(vectors, locate([passage], [spans], vectors.device), None)
    mean = vectors[:, : linker.prototypes.width].mean(0)
    for query in queries:
        assert float(torch.cosine_similarity(query, mean, dim=0)) == pytest.approx(1)


@torch.no_grad()
def test_closeness_of_texts_spreads_as_far_whatever_the_encoder(build):
    """A text as a passage: its scores of other entities deviate by `SPREAD`."""
    for encoder in ({}, {"layers": (-2,)}, {"layers": (0, -1)}):
        linker = build(encoder=encoder).linker
        linker.texts.complete()
        texts = linker.prototypes.text_of(torch.arange(len(ENTITIES)))
        passages = [
            example_of(Document(text=text), ("nel",))[0].passage.tokens
            for _, text in linker.lookup.kb.texts()
        ]
        width, about = linker.prototypes.width, 2 * linker.embeddings.embedding_length
        means = linker.embeddings.encode_texts(passages)
        closeness = means @ linker.query.weight[:, about : about + width].T @ texts.T
        others = closeness[~torch.eye(len(texts), dtype=torch.bool)]
        assert float(others.std()) == pytest.approx(SPREAD, rel=0.1)


def test_longer_names_are_candidates_where_texts_tell_them_apart(build):
    names = [Entity(id="b", name="Breast cancer"), Entity(id="o", name="Breast and ovarian cancer")]
    assert build(names).linker.lookup(["breast cancer"])[0].entities == ("b",)
    chosen = {"fill": ("partial",)}
    assert build(names, kb=chosen).linker.lookup(["breast cancer"])[0].entities == ("b", "o")
    told = [Entity(id=one.id, name=one.name, description="a disease") for one in names]
    assert build(told).linker.lookup(["breast cancer"])[0].entities == ("b", "o")


def test_the_same_base_makes_the_same_model(build):
    first, second = (build().linker.query.weight for _ in range(2))
    assert torch.equal(first, second)


def test_texts_are_read_when_their_entities_are_candidates(build):
    model = build()
    linker = model.linker
    assert not len(linker.prototypes.text)
    example = example_of(DOCUMENTS[1], ("nel",))[0]
    list(model.annotate([example.passage], given=[example.spans]))
    written = linker.prototypes.full_text(len(ENTITIES)).any(1).nonzero().flatten().tolist()
    candidates = ["paris", "paris-texas", "texas"]
    assert set(written) == set(linker.lookup.kb.rows(candidates))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_entities_is_enough(build, n):
    model = build(ENTITIES[:n])
    assert torch.isfinite(model.linker.query.weight).all()
    assert model.linker.query.weight.any()


def test_a_base_whose_sampled_rows_are_removed_is_sampled_elsewhere(build, monkeypatch):
    monkeypatch.setattr("nerlink.models.untrained.SAMPLE", 1)
    kb = build().linker.lookup.kb
    kb.remove(next(iter(kb)))
    assert build_untrained(build().config, kb).linker.query.weight.any()


def test_a_base_without_entities_is_refused(build):
    with pytest.raises(KnowledgeBaseError, match=r"no entity is in the base.*nerlink kb add"):
        build([])


@pytest.mark.parametrize(
    ("entity", "told"),
    [
        (Entity(id="Q1", name="Acme", description="anvils"), ["no entity has a type"]),
        (Entity(id="Q1", name="Acme", type="ORG"), ["no entity has a description"]),
        (Entity(id="Q1", name="Q1", type="ORG", description="anvils"), ["called by their ids"]),
        (Entity(id="Q1", name="Acme", type="ORG", description="anvils"), []),
    ],
    ids=["type", "description", "name", "nothing"],
)
def test_what_no_entity_has_is_told(build, caplog, entity, told):
    with caplog.at_level(logging.WARNING, "nerlink.models.untrained"):
        build([entity])
    assert len(caplog.messages) == len(told)
    for words, message in zip(told, caplog.messages, strict=True):
        assert words in message
