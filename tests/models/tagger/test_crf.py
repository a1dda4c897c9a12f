from itertools import pairwise, product

import numpy as np
import pytest
import torch
from flair.models.sequence_tagger_utils.viterbi import ViterbiLoss

from nerlink.errors import ConfigError
from nerlink.models.tagger.crf import TagChain
from nerlink.models.tagger.tags import TagSet

SENTENCES = [(0, 2), (2, 5), (5, 6)]


@pytest.fixture(params=["bio", "bioes"])
def chain(request) -> TagChain:
    torch.manual_seed(0)
    return TagChain(TagSet(["X", "Y"], request.param))


def random_scores(chain, n_tokens: int = 6) -> torch.Tensor:
    return torch.randn(n_tokens, len(chain.tagset), generator=torch.Generator().manual_seed(1)) * 2


def sequences(chain, n_tokens: int) -> list[tuple[int, ...]]:
    """All valid sequences of tags."""
    tagset = chain.tagset
    return [
        tags
        for tags in product(range(len(tagset)), repeat=n_tokens)
        if tagset.opens[tags[0]]
        and tagset.closes[tags[-1]]
        and all(tagset.may_follow(a, b) for a, b in pairwise(tags))
    ]


def score_of(chain, scores: torch.Tensor, tags: tuple[int, ...]) -> float:
    moves = chain.crf.transitions
    path = [chain.start, *tags, chain.stop]
    between = sum(moves[b, a] for a, b in pairwise(path))
    return (between + sum(scores[i, tag] for i, tag in enumerate(tags))).item()


def test_the_loss_is_that_of_flair(chain):
    scores = random_scores(chain)
    tags = torch.tensor([0, 0, 1, 2, 0, 0]) if len(chain.tagset) == 5 else torch.tensor([0] * 6)
    order = [2, 3, 4, 0, 1, 5]
    padded = torch.zeros(3, 3, len(chain.tagset) + 2)
    for row, (first, last) in enumerate([(2, 5), (0, 2), (5, 6)]):
        padded[row, : last - first, :-2] = scores[first:last]
    features = (chain.crf(padded), torch.tensor([3, 2, 1]), chain.crf.transitions)
    expected = ViterbiLoss(chain.dictionary)(features, tags[order])
    torch.testing.assert_close(chain.loss(scores, tags, SENTENCES), expected)


def test_the_probabilities_of_all_sequences_sum_to_one(chain):
    scores = random_scores(chain, 3)
    losses = [chain.loss(scores, torch.tensor(s), [(0, 3)]) for s in sequences(chain, 3)]
    assert sum((-loss).exp().item() for loss in losses) == pytest.approx(1, abs=1e-4)


def test_the_best_valid_sequence_is_found(chain):
    scores = random_scores(chain)
    tags, _ = chain.decode(scores, SENTENCES)
    for first, last in SENTENCES:
        inside = scores[first:last]
        best = max(sequences(chain, last - first), key=lambda s: score_of(chain, inside, s))
        assert tags[first:last].tolist() == list(best)


def test_a_tag_has_the_probability_of_all_sequences_with_it(chain):
    scores = random_scores(chain, 3)
    tags, log_probs = chain.decode(scores, [(0, 3)])
    every = torch.tensor(sequences(chain, 3))
    weights = torch.tensor([score_of(chain, scores, s) for s in every.tolist()]).softmax(0)
    expected = [weights[every[:, i] == tag].sum() for i, tag in enumerate(tags)]
    torch.testing.assert_close(log_probs.exp(), torch.stack(expected), atol=1e-4, rtol=1e-4)


UNKNOWN = -100


@pytest.mark.parametrize("known", [(None, 1, None), (0, None, None), (None, None, 0)])
def test_the_loss_of_known_tags_is_that_of_all_sequences_that_have_them(chain, known):
    scores = random_scores(chain, 3)
    agreeing = [
        score_of(chain, scores, one)
        for one in sequences(chain, 3)
        if all(tag is None or tag == of for tag, of in zip(known, one, strict=True))
    ]
    every = torch.tensor([score_of(chain, scores, one) for one in sequences(chain, 3)])
    expected = every.logsumexp(0) - torch.tensor(agreeing).logsumexp(0)
    tags = torch.tensor([UNKNOWN if tag is None else tag for tag in known])
    found = chain.partial_loss(scores, tags, [(0, 3)], unknown=UNKNOWN)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_known_tags_throughout_have_the_loss_of_their_sequence(chain):
    scores = random_scores(chain).requires_grad_()
    tags = torch.tensor([0] * 6)
    partial = chain.partial_loss(scores, tags, SENTENCES, unknown=UNKNOWN)
    whole = chain.loss(scores, tags, SENTENCES)
    torch.testing.assert_close(partial, whole)
    gradients = [torch.autograd.grad(loss, scores)[0] for loss in (partial, whole)]
    torch.testing.assert_close(*gradients)


def test_unknown_tags_of_sentences_of_several_lengths_have_a_gradient(chain):
    scores = random_scores(chain).requires_grad_()
    tags = torch.tensor([UNKNOWN, 0, UNKNOWN, UNKNOWN, 1, 0])
    chain.partial_loss(scores, tags, SENTENCES, unknown=UNKNOWN).backward()
    assert scores.grad.isfinite().all()
    assert scores.grad.any()


def test_any_tag_has_the_probability_of_all_sequences_with_it(chain):
    scores = random_scores(chain, 3)
    every = torch.tensor(sequences(chain, 3))
    weights = torch.tensor([score_of(chain, scores, s) for s in every.tolist()]).softmax(0)
    found = chain.log_marginals(scores, torch.tensor([0, 0, 0]), [(0, 3)])
    expected = [weights[every[:, i] == 0].sum() for i in range(3)]
    torch.testing.assert_close(found.exp(), torch.stack(expected), atol=1e-4, rtol=1e-4)


def test_forbidden_steps_stay_forbidden_in_training(chain):
    scores = random_scores(chain)
    optimiser = torch.optim.AdamW(chain.parameters(), lr=0.1, weight_decay=0.01)
    for _ in range(20):
        optimiser.zero_grad()
        chain.loss(scores, torch.zeros(6, dtype=torch.long), SENTENCES).backward()
        optimiser.step()
    moves = chain.crf.transitions[:-2, :-2].detach().T
    every = np.arange(len(chain.tagset))
    may_follow = torch.from_numpy(chain.tagset.may_follow(every[:, None], every))
    assert moves[~may_follow].max() < -9000
    assert moves[may_follow].min() > -100


def test_probabilities_are_found_in_inference_mode_too(chain):
    scores = random_scores(chain)
    with torch.inference_mode():
        found = chain.decode(scores, SENTENCES)
    for one, other in zip(found, chain.decode(scores, SENTENCES), strict=True):
        assert torch.equal(one, other)


def test_no_tokens_have_no_tags(chain):
    tags, log_probs = chain.decode(random_scores(chain, 0), [])
    assert (tags.shape, log_probs.shape) == ((0,), (0,))
    assert chain.loss(random_scores(chain, 0), tags, []) == 0


def test_more_labels_than_a_table_of_pairs_can_hold_are_refused():
    with pytest.raises(ConfigError, match=r"600 labels make 2401 tags; .* Set crf = false"):
        TagChain(TagSet([str(n) for n in range(600)], "bioes"))
