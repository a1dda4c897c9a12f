import pytest
import torch
from flair.data import Sentence
from transformers import AutoTokenizer, ElectraConfig, ElectraModel

from nerlink.config import EncoderConfig
from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.encoder.shapes import SHAPES, ShapeEmbeddings, shape_of


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


def test_a_shape_is_as_wide_as_the_word_embeddings_it_is_added_to(encoder_dir, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(encoder_dir)
    tokenizer.save_pretrained(tmp_path)
    config = ElectraConfig(
        vocab_size=len(tokenizer),
        embedding_size=8,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=24,
    )
    ElectraModel(config).save_pretrained(tmp_path)
    encoder = WindowEmbeddings(EncoderConfig(model=str(tmp_path), shape="on")).eval()
    (vectors,) = encoder.encode([tokenize(Document(text="Ada met BOB."))]).split(4)
    assert vectors.shape == (4, encoder.embedding_length)
