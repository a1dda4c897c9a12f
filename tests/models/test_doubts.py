import numpy as np
import pytest
import torch

from nerlink import Pipeline
from nerlink.data import Candidate, Mention
from nerlink.models.doubts import doubt_of_link
from tests.world import DOCUMENTS

STRANGE = "Otto Byron sells Acme Paris gears to Jordan Nix, and Texas walks."


@pytest.mark.parametrize(
    ("shares", "doubt"),
    [((), 0.0), ((0.9, 0.1), 0.1), ((0.5, 0.5), 0.5), ((0.2,), 0.2), ((0.3, 0.3), 0.6)],
    ids=["no candidate", "sure", "two alike", "surely NIL", "NIL and two alike"],
)
def test_doubt_of_a_link_is_what_the_best_answer_leaves(shares, doubt):
    candidates = tuple(Candidate(entity=f"e{n}", score=share) for n, share in enumerate(shares))
    mention = Mention(start=0, end=1, candidates=candidates)
    assert doubt_of_link(mention) == pytest.approx(doubt)


def test_documents_are_annotated_as_by_the_pipeline(joint_folder):
    pipeline = Pipeline.load(joint_folder, device="cpu", top_k=30)
    doubts = list(pipeline.doubts(DOCUMENTS))
    assert [each.document for each in doubts] == pipeline(DOCUMENTS)
    assert all(len(each.vector) == pipeline.model.encoder.embedding_length for each in doubts)


def test_texts_unlike_those_learnt_are_doubted_more(joint_folder):
    pipeline = Pipeline.load(joint_folder, device="cpu")
    *learnt, strange = pipeline.doubts([*DOCUMENTS, STRANGE])
    per_token = [each.mentions / each.n_tokens for each in learnt]
    assert strange.mentions / strange.n_tokens > np.mean(per_token)


def test_doubts_do_not_depend_on_other_documents(joint_folder):
    pipeline = Pipeline.load(joint_folder, device="cpu")
    together = list(pipeline.doubts(DOCUMENTS))
    alone = [next(iter(pipeline.doubts([doc]))) for doc in DOCUMENTS]
    for one, other in zip(together, alone, strict=True):
        assert one.mentions == pytest.approx(other.mentions, abs=1e-4)
        assert one.links == pytest.approx(other.links, abs=1e-4)


def test_a_model_that_only_links_keeps_the_mentions(trained):
    pipeline = Pipeline.load(trained("nel"), device="cpu")
    doubts = next(iter(pipeline.doubts(DOCUMENTS[:1])))
    assert [m.start for m in doubts.document.mentions] == [m.start for m in DOCUMENTS[0].mentions]
    assert doubts.mentions == 0


def test_a_text_without_tokens_has_no_doubts(joint_folder):
    (doubts,) = Pipeline.load(joint_folder, device="cpu").doubts([" "])
    assert (doubts.n_tokens, doubts.mentions, doubts.links) == (0, 0.0, 0)
    assert not torch.from_numpy(doubts.vector).any()
