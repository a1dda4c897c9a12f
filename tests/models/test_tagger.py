import numpy as np
import pytest
import torch

from nerlink.converters import to_sentences
from nerlink.models.passages import Example, TokenSpan
from tests.models.conftest import examples
from tests.world import DOCUMENTS, marked


@pytest.fixture
def tagger(model):
    return model.tagger


def perfect_scores(tagger, batch) -> torch.Tensor:
    """Logits that leave no doubt about the gold tags."""
    tags = np.concatenate([tagger.gold_tags(example) for example in batch])
    scores = torch.full((len(tags), len(tagger.tagset)), -20.0)
    scores[torch.arange(len(tags)), torch.from_numpy(tags)] = 20
    return scores


def test_the_loss_is_summed_over_tokens(tagger):
    batch = examples(*DOCUMENTS[:3])
    vectors = tagger.embeddings.encode([e.passage.tokens for e in batch])
    loss, n_tokens = tagger.loss(tagger.score(vectors), batch)
    alone = [
        tagger.loss(tagger.score(tagger.embeddings.encode([e.passage.tokens])), [e])[0]
        for e in batch
    ]
    torch.testing.assert_close(loss, sum(alone), atol=1e-4, rtol=1e-4)
    assert n_tokens == len(vectors)


def test_an_untaught_example_is_left_out_of_the_sum(tagger):
    taught, other = examples(*DOCUMENTS[:2])
    untaught = Example(other.passage, other.spans, frozenset({"nel"}))
    vectors = tagger.embeddings.encode([taught.passage.tokens, untaught.passage.tokens])
    assert tagger.loss(tagger.score(vectors), [taught, untaught])[1] == len(
        taught.passage.tokens.words
    )


def test_no_examples_have_a_loss_of_zero(tagger):
    loss, n_tokens = tagger.loss(tagger.score(tagger.embeddings.encode([])), [])
    assert (loss.item(), n_tokens) == (0, 0)


def test_gold_spans_are_found_in_perfect_scores(tagger):
    batch = examples()
    found = tagger.find(perfect_scores(tagger, batch), [e.passage for e in batch])
    base = 0
    for example in batch:
        end = base + len(example.passage.tokens.words)
        spans = [span for span, _ in tagger.spans_between(found, base, end)]
        assert spans == [TokenSpan(s.first, s.last, s.label) for s in example.spans]
        base = end


def test_label_probabilities_are_those_of_the_tags_together(tagger):
    scores = torch.randn(4, len(tagger.tagset))
    found = tagger.label_distribution(scores)
    tags = scores.softmax(-1)
    assert found.shape == (4, 1 + 3)
    torch.testing.assert_close(found.sum(-1), torch.ones(4))
    torch.testing.assert_close(found[:, 1], tags[:, 1:5].sum(-1))


def test_flair_trains_the_tagger_alone(tagger):
    sentences = to_sentences(DOCUMENTS[0])
    loss, n_tokens = tagger.forward_loss(sentences)
    assert n_tokens == sum(map(len, sentences))
    loss.backward()
    assert tagger.linear[-1].weight.grad.any()


def test_flair_predicts_with_the_tagger_alone(tagger, monkeypatch):
    doc = marked("[Ada Byron|PER|ada] wrote to [Acme|ORG|acme]. Nobody came.")
    monkeypatch.setattr(tagger, "score", lambda _: perfect_scores(tagger, examples(doc)))
    sentences = to_sentences(doc, tasks=())
    tagger.predict(sentences, label_name="found")
    labels = [label for sentence in sentences for label in sentence.get_labels("found")]
    assert [(label.data_point.text, label.value) for label in labels] == [
        ("Ada Byron", "PER"),
        ("Acme", "ORG"),
    ]
    assert min(label.score for label in labels) > 0.99
