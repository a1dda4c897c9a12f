import numpy as np
import pytest
import torch
from flair.data import Sentence
from flair.embeddings import StackedEmbeddings
from torch import nn
from transformers import AutoTokenizer

from nerlink.models.static import InputEmbeddings, StaticEmbeddings
from nerlink.models.subtokens import Subtokenizer
from nerlink.models.vectors import WordVectors

STATIC_ROWS = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)


@pytest.fixture
def static() -> StaticEmbeddings:
    return StaticEmbeddings(WordVectors(("ox", "Sea", "ox"), STATIC_ROWS))


@pytest.fixture
def inputs(encoder_dir) -> InputEmbeddings:
    tokenizer = AutoTokenizer.from_pretrained(encoder_dir)
    return InputEmbeddings(nn.Embedding(len(tokenizer), 3), Subtokenizer(tokenizer))


def test_a_word_has_its_vector_or_that_of_its_lower_case_or_none(static):
    assert static(["ox", "OX", "Sea", "sea", "cow"]).tolist() == [
        [1, 2],
        [1, 2],
        [3, 4],
        [0, 0],
        [0, 0],
    ]


def test_vectors_come_out_as_they_went_in(static):
    assert static.vectors.words == ("ox", "Sea", "ox")
    assert np.array_equal(static.vectors.rows, STATIC_ROWS)


def test_static_vectors_are_no_weights(static):
    assert not list(static.parameters())
    assert not static.state_dict()


def test_a_word_has_the_mean_of_its_subtokens(inputs):
    ids = inputs.subtokenizer.tokenizer.convert_tokens_to_ids(["a", "##n", "the"])
    a, n, the = inputs.table.weight[ids]
    found = inputs(["an", "the", "an"])
    torch.testing.assert_close(found, torch.stack([(a + n) / 2, the, (a + n) / 2]))
    assert not found.requires_grad


@pytest.mark.parametrize("name", ["static", "inputs"])
def test_no_words_have_no_vectors(request, name):
    embeddings = request.getfixturevalue(name)
    assert embeddings([]).shape == (0, embeddings.embedding_length)


@pytest.mark.parametrize("name", ["static", "inputs"])
def test_flair_stacks_them(request, name):
    embeddings = request.getfixturevalue(name)
    sentence = Sentence("An ox sat")
    stack = StackedEmbeddings([embeddings])
    stack.embed(sentence)
    found = torch.stack([token.embedding for token in sentence])
    torch.testing.assert_close(found, embeddings([token.text for token in sentence]))
