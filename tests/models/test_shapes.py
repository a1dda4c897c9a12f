import pytest
import torch
from flair.data import Sentence

from nerlink.models.shapes import SHAPES, ShapeEmbeddings, shape_of


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("fair", "lower"),
        ("Paris", "Title"),
        ("UNESCO", "UPPER"),
        ("A", "A"),
        ("McDuff", "miXed"),
        ("1,900", "digits"),
        ("B2", "a1"),
        ("...", "symbol"),
        ("été", "lower"),
        ("東京", "lower"),
        ("😀", "symbol"),
    ],
)
def test_words_have_a_shape(word, shape):
    assert SHAPES[shape_of(word)] == shape


def test_a_token_sees_the_shapes_of_its_neighbours():
    shapes = ShapeEmbeddings(2)
    vectors = shapes(torch.tensor([0, 1, 2, 0]))
    expected = shapes.table(torch.tensor([[0, 1, 2], [1, 2, 0]])).flatten(1)
    assert torch.equal(vectors, expected)


def test_flair_embeds_sentences_with_shapes_alone():
    shapes = ShapeEmbeddings(2)
    sentence = Sentence("Ada won 5")
    shapes.embed(sentence)
    expected = shapes(torch.tensor([0, *map(shape_of, ["Ada", "won", "5"]), 0]))
    assert torch.equal(torch.stack([token.embedding for token in sentence]), expected)
