import pytest
import torch
from torch import nn

from nerlink.config import TaggerConfig
from nerlink.models.tagger.recurrent import Recurrent

SENTENCES = [(0, 3), (3, 3), (3, 8), (8, 9)]
VECTORS = torch.randn(9, 6, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def recurrent() -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(6, TaggerConfig(rnn=4))


def test_each_sentence_is_read_as_by_an_lstm_alone(recurrent):
    recurrent.eval()
    found = recurrent(VECTORS, SENTENCES)
    expected = [
        recurrent.lstm(recurrent.standardise(VECTORS)[a:b])[0] for a, b in SENTENCES if b > a
    ]
    torch.testing.assert_close(found, torch.cat(expected))


def test_no_sentences_give_no_rows(recurrent):
    assert recurrent(VECTORS[:0], []).shape == (0, 8)
    assert recurrent.eval()(VECTORS[:0], []).shape == (0, 8)


def test_features_are_standardised_by_what_training_saw(recurrent):
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        recurrent(torch.randn(50, 6, generator=generator) * 0.1 + 7, [(0, 50)])
    recurrent.eval()
    found = recurrent.standardise(torch.randn(999, 6, generator=generator) * 0.1 + 7)
    torch.testing.assert_close(found.mean(0), torch.zeros(6), atol=0.2, rtol=0)
    torch.testing.assert_close(found.std(0), torch.ones(6), atol=0.2, rtol=0)


def test_a_batch_of_one_token_can_be_learnt_from(recurrent):
    assert recurrent(VECTORS[:1], [(0, 1)]).isfinite().all()
    assert recurrent.mean.eq(0).all()


def test_nothing_is_dropped_outside_training(recurrent):
    recurrent.eval()
    assert torch.equal(recurrent(VECTORS, SENTENCES), recurrent(VECTORS, SENTENCES))


@pytest.mark.parametrize(
    ("options", "n_dropped"),
    [
        pytest.param({"word_dropout": 0.5, "locked_dropout": 0.0}, "whole rows", id="words"),
        pytest.param({"word_dropout": 0.0, "locked_dropout": 0.5}, "columns", id="features"),
    ],
)
def test_words_and_features_are_dropped_whole_in_training(options, n_dropped):
    recurrent = Recurrent(6, TaggerConfig(rnn=6, **options))
    seen = []
    recurrent.lstm = nn.Identity()
    recurrent.lstm.hidden_size = 3
    recurrent.lstm.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].data))
    recurrent.lstm.forward = lambda packed: (packed, None)
    recurrent(torch.randn(400, 6), [(0, 400)])
    kept = seen[0] != 0
    whole = kept.all(1) | (~kept).all(1) if n_dropped == "whole rows" else kept[0] == kept
    assert whole.all()
    assert 0 < kept.float().mean() < 1
