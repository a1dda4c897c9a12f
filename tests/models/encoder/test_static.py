import gzip
import json

import numpy as np
import pyarrow
import pytest
import torch
from flair.data import Sentence
from flair.embeddings import StackedEmbeddings
from pyarrow import parquet
from torch import nn
from transformers import AutoTokenizer

from nerlink.errors import ConfigError, DataError
from nerlink.models.encoder.static import (
    InputEmbeddings,
    StaticEmbeddings,
    WordVectors,
    read_vectors,
    write_vectors,
)
from nerlink.models.encoder.subtokens import Subtokenizer

ROWS = np.array([[1, 2.5], [-3, 4e-2]], dtype=np.float32)


def write_array(folder, words=("ox", "the sea"), rows=ROWS):
    np.save(folder / "rows.npy", rows)
    parquet.write_table(pyarrow.table({"index": list(words)}), folder / "words.parquet")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("glove.txt", "ox 1 2.5\nthe sea -3 4e-2\n", id="glove"),
        pytest.param("fast.vec", "2 2\nox 1 2.5 \nthe sea -3 4e-2 \n", id="counts first"),
        pytest.param("glove.txt.gz", "ox 1 2.5\nthe sea -3 4e-2", id="packed"),
    ],
)
def test_vectors_are_read_from_text(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    found = read_vectors(path)
    assert found.words == ("ox", "the sea")
    assert np.array_equal(found.rows, ROWS)


def test_vectors_are_read_from_an_array_and_its_index(tmp_path):
    write_array(tmp_path)
    found = read_vectors(tmp_path)
    assert found.words == ("ox", "the sea")
    assert np.array_equal(found.rows, ROWS)
    assert found.rows.dtype == np.float32


def test_what_is_written_is_read_back(tmp_path):
    vectors = WordVectors(("ox", "海\n", ""), np.random.default_rng(0).random((3, 5), np.float32))
    write_vectors(vectors, tmp_path / "static")
    found = read_vectors(tmp_path / "static")
    assert found.words == vectors.words
    assert np.array_equal(found.rows, vectors.rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("ox 1 2\nsea 1 x\n", r"words.txt:2: could not convert.* word and 2", id="x"),
        pytest.param("ox 1 2\nsea 1\n", r":2: could not convert string", id="short"),
        pytest.param("ox 1 2\n1\n", r":2: 1 numbers, where the first line has 2", id="shorter"),
        pytest.param("", r"0 words, but vectors of the shape \(0, 0\)", id="empty"),
        pytest.param("ox\n", r"words.txt:1: there are no numbers after the word", id="no numbers"),
    ],
)
def test_text_that_is_no_table_of_vectors_is_refused(tmp_path, text, message):
    path = tmp_path / "words.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_vectors(path)


@pytest.mark.parametrize(
    ("words", "rows", "message"),
    [
        pytest.param(("ox",), ROWS, r"1 words, but .* shape \(2, 2\)\. There must be", id="words"),
        pytest.param(("ox", "sea"), ROWS[0], r"2 words, but .* shape \(2,\)", id="no matrix"),
    ],
)
def test_an_array_without_a_row_a_word_is_refused(tmp_path, words, rows, message):
    write_array(tmp_path, words, rows)
    with pytest.raises(DataError, match=message):
        read_vectors(tmp_path)


def test_an_array_of_objects_is_refused(tmp_path):
    write_array(tmp_path, rows=np.array([[{}], [{}]]))
    with pytest.raises(DataError, match=r"no readable word vectors: .*allow_pickle=False"):
        read_vectors(tmp_path)


def test_an_array_alone_is_refused(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(DataError, match=r"has no \.parquet table of its words beside it"):
        read_vectors(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", ""], ids=["missing", "empty folder"])
def test_a_place_without_vectors_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r'holds no word vectors\. Name a text file .*"encoder"'):
        read_vectors(tmp_path / name)


def test_saved_vectors_without_their_words_are_refused(tmp_path):
    write_vectors(WordVectors(("ox", "sea"), ROWS), tmp_path)
    (tmp_path / "words.json").write_text(json.dumps(["ox"]))
    with pytest.raises(DataError, match="1 words, but"):
        read_vectors(tmp_path)
    (tmp_path / "words.json").unlink()
    with pytest.raises(DataError, match=r"no readable word vectors: FileNotFoundError"):
        read_vectors(tmp_path)


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
