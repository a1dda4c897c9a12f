import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from nerlink.config import TaggerConfig
from nerlink.converters import to_sentences
from nerlink.models.passages import Example, TokenSpan
from nerlink.models.tagger.tagger import IGNORED, Tagger
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


def read(tagger, batch) -> torch.Tensor:
    """Logits of some examples."""
    passages = [example.passage for example in batch]
    return tagger.score(tagger.embeddings.encode([p.tokens for p in passages]), passages)


@pytest.fixture(
    params=[
        pytest.param({}, id="linear"),
        pytest.param({"rnn": 8}, id="rnn"),
        pytest.param({"crf": True}, id="crf"),
        pytest.param({"rnn": 8, "crf": True}, id="rnn crf"),
    ]
)
def any_tagger(request, encoder):
    """A tagger of each build, untrained."""
    torch.manual_seed(0)
    return Tagger(encoder, ["LOC", "ORG", "PER"], TaggerConfig(hidden=0, **request.param)).eval()


def test_flair_does_not_write_among_a_programs_own_output(encoder, caplog, monkeypatch):
    told: list[str] = []
    log = logging.getLogger("flair")
    caplog.set_level(logging.INFO, logger=log.name)
    monkeypatch.setattr(log, "handle", lambda record: told.append(record.getMessage()))
    log.info("told")
    Tagger(encoder, ["LOC"], TaggerConfig())
    log.info("told again")
    assert told == ["told", "told again"]


def test_the_loss_is_summed_over_tokens(any_tagger):
    batch = examples(*DOCUMENTS[:3])
    scores = read(any_tagger, batch)
    loss, n_tokens = any_tagger.loss(scores, batch)
    alone = [any_tagger.loss(read(any_tagger, [example]), [example])[0] for example in batch]
    torch.testing.assert_close(loss, sum(alone), atol=1e-4, rtol=1e-4)
    assert n_tokens == len(scores)


def test_an_untaught_example_is_left_out_of_the_sum(any_tagger):
    taught, other = examples(*DOCUMENTS[:2])
    untaught = Example(other.passage, other.spans, frozenset({"nel"}))
    loss, n_tokens = any_tagger.loss(read(any_tagger, [taught, untaught]), [taught, untaught])
    alone, n_alone = any_tagger.loss(read(any_tagger, [taught]), [taught])
    torch.testing.assert_close(loss, alone, atol=1e-4, rtol=1e-4)
    assert n_tokens == n_alone == len(taught.passage.tokens.words)


def test_a_label_that_is_not_the_taggers_is_left_out_of_the_sum(any_tagger):
    known = examples(marked("Nobody came. [Ada|PER|] won."))
    other = examples(marked("Nobody came. [Ada|GOD|] won."))
    scores = read(any_tagger, known)
    loss, n_tokens = any_tagger.loss(scores, other)
    assert n_tokens == 5
    assert 0 < loss < any_tagger.loss(scores, known)[0]


def test_no_examples_have_a_loss_of_zero(any_tagger):
    loss, n_tokens = any_tagger.loss(read(any_tagger, []), [])
    assert (loss.item(), n_tokens) == (0, 0)


def test_spans_do_not_depend_on_the_batch(any_tagger):
    batch = examples()
    passages = [example.passage for example in batch]
    with torch.inference_mode():
        together = any_tagger.find(read(any_tagger, batch), passages)
    begin = 0
    for example in batch:
        with torch.inference_mode():
            alone = any_tagger.find(read(any_tagger, [example]), [example.passage])
        end = begin + len(example.passage.tokens.words)
        found = any_tagger.spans_between(together, begin, end)
        expected = any_tagger.spans_between(alone, 0, end - begin)
        assert [span for span, _ in found] == [span for span, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-4)
        begin = end


def test_doubt_is_what_the_chosen_tags_leave(any_tagger):
    batch = examples(*DOCUMENTS[:3])
    passages = [example.passage for example in batch]
    with torch.inference_mode():
        untrained = any_tagger.doubt(read(any_tagger, batch), passages)
    assert ((untrained >= 0) & (untrained <= 1)).all()
    assert untrained.mean() > 0.3, "nothing is learnt yet"
    assert any_tagger.doubt(perfect_scores(any_tagger, batch), passages).max() < 1e-3


def test_gold_spans_are_found_in_perfect_scores(any_tagger):
    tagger = any_tagger
    batch = examples()
    found = tagger.find(perfect_scores(tagger, batch), [e.passage for e in batch])
    base = 0
    for example in batch:
        end = base + len(example.passage.tokens.words)
        spans = [span for span, _ in tagger.spans_between(found, base, end)]
        assert spans == [TokenSpan(s.first, s.last, s.label) for s in example.spans]
        base = end


def test_tokens_outside_of_mentions_are_likely_to_be_in_none(any_tagger):
    batch = examples(*DOCUMENTS[:3])
    passages = [example.passage for example in batch]
    found = any_tagger.no_mention(perfect_scores(any_tagger, batch), passages)
    gold = np.concatenate([any_tagger.gold_tags(example) for example in batch])
    assert (found[gold == 0] > 0.99).all()
    assert (found[gold != 0] < 0.01).all()


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
    monkeypatch.setattr(tagger, "score", lambda *_: perfect_scores(tagger, examples(doc)))
    sentences = to_sentences(doc, tasks=())
    tagger.predict(sentences, label_name="found")
    labels = [label for sentence in sentences for label in sentence.get_labels("found")]
    assert [(label.data_point.text, label.value) for label in labels] == [
        ("Ada Byron", "PER"),
        ("Acme", "ORG"),
    ]
    assert min(label.score for label in labels) > 0.99


def test_labels_that_were_never_learnt_are_ignored(tagger):
    (example,) = examples(marked("[Ada|PER|] saw [Q1|GENE|] in [Paris|LOC|]."))
    tags = tagger.gold_tags(example)
    assert [tag == IGNORED for tag in tags.tolist()] == [False, False, True, False, False, False]


def ignored(tagger, example) -> list[bool]:
    return [tag == IGNORED for tag in tagger.gold_tags(example).tolist()]


LONG = replace(marked("[Ada|PER|] saw [Bo||] " + "and walked on " * 300), complete=False)


def test_a_share_of_what_an_incomplete_document_leaves_unmarked_is_no_mention(tagger):
    (example,) = examples(LONG)
    found = ignored(tagger, example)
    assert found[0] is False, "a mention is known"
    assert found[2] is True, "a mention without a label is no negative"
    assert sum(found) / len(found) == pytest.approx(1 - tagger.negatives, abs=0.03)
    assert set(tagger.gold_tags(example)[3:].tolist()) == {0, IGNORED}


@pytest.mark.parametrize(("share", "n_ignored"), [(0.0, 3), (1.0, 0)])
def test_all_or_nothing_unmarked_may_be_no_mention(encoder, share, n_ignored):
    tagger = Tagger(encoder, ["PER"], TaggerConfig(negatives=share))
    (example,) = examples(replace(marked("[Ada|PER|] walked on ."), complete=False))
    assert sum(ignored(tagger, example)) == n_ignored


def test_the_seed_alone_draws_what_is_no_mention(tagger):
    (example,) = examples(LONG)
    draws = [ignored(tagger, replace(example, draw=seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_unknown_tokens_of_a_sentence_do_not_keep_the_others_from_teaching(any_tagger):
    known = examples(marked("Ada saw [Bo|PER|] ."))
    (partly,) = examples(replace(marked("Ada saw [Bo|PER|] ."), complete=False))
    any_tagger.negatives = 0.0
    scores = read(any_tagger, known)
    loss, n_tokens = any_tagger.loss(scores, [partly])
    assert n_tokens == 1
    assert 0 < loss < any_tagger.loss(scores, known)[0]


def test_nothing_known_teaches_nothing(any_tagger):
    (example,) = examples(replace(marked("Ada saw Bo ."), complete=False))
    any_tagger.negatives = 0.0
    loss, n_tokens = any_tagger.loss(read(any_tagger, [example]), [example])
    assert (loss.item(), n_tokens) == (0, 0)


def test_a_mention_without_a_label_teaches_nothing(tagger):
    (example,) = examples(marked("[Paris|LOC|] met [Ada||]."))
    tags = tagger.gold_tags(example)
    assert [tag == IGNORED for tag in tags.tolist()] == [False, False, True, False]
