from random import Random

import pytest
import torch
from flair.data import Sentence
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel, AutoTokenizer

from nerlink.config import EncoderConfig
from nerlink.converters import to_sentences, tokenize
from nerlink.data import Document
from nerlink.errors import EncoderError
from nerlink.models.encoder import embeddings as memory
from nerlink.models.encoder.embeddings import KeptVectors, WindowEmbeddings
from nerlink.models.encoder.windows import plan_windows
from tests.models.counting import count_rows
from tests.world import DOCUMENTS


def encode_with(text: str):
    return tokenize(Document(text=text))


class Encoder:
    """Gives each token the number of the document, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, doc) -> torch.Tensor:
        self.asked.append(" ".join(doc.words))
        return torch.full((len(doc.words), 2), float(len(self.asked)))


def test_a_document_is_encoded_once_whatever_object_it_is():
    encoder = Encoder()
    remembered = KeptVectors(encoder)
    first = remembered([encode_with("an ox"), encode_with("a cow"), encode_with("an ox")])
    again = remembered([encode_with("a cow")])
    assert encoder.asked == ["an ox", "a cow"]
    assert [rows[0, 0] for rows in (*first, *again)] == [1, 2, 1, 2]


def test_the_same_words_in_other_sentences_are_another_document():
    encoder = Encoder()
    KeptVectors(encoder)(
        [encode_with("Ox. Cow."), encode_with("Ox.\n\nCow."), encode_with("Ox . Cow .")]
    )
    assert encoder.asked == ["Ox . Cow ."]
    KeptVectors(encoder)([encode_with("ox cow"), encode_with("ox\n\ncow")])
    assert encoder.asked[1:] == ["ox cow", "ox cow"]


def test_what_does_not_fit_is_encoded_anew(monkeypatch):
    monkeypatch.setattr(memory, "MOST_NUMBERS", 5)
    encoder = Encoder()
    remembered = KeptVectors(encoder)
    for _ in range(2):
        remembered([encode_with("an ox"), encode_with("a cow")])
    assert encoder.asked == ["an ox", "a cow", "a cow"]


def test_what_is_forgotten_is_encoded_anew():
    encoder = Encoder()
    remembered = KeptVectors(encoder)
    remembered([encode_with("an ox")])
    remembered.forget()
    assert remembered.n_numbers == 0
    remembered([encode_with("an ox")])
    assert encoder.asked == ["an ox", "an ox"]


def test_what_is_kept_in_inference_mode_can_be_learnt_from():
    weight = torch.ones(2, 1, requires_grad=True)
    remembered = KeptVectors(lambda doc: torch.ones(len(doc.words), 2))
    with torch.inference_mode():
        remembered([encode_with("an ox")])
    (vectors,) = remembered([encode_with("an ox")])
    (vectors @ weight).sum().backward()
    assert weight.grad.tolist() == [[2], [2]]


SENTENCES = st.lists(
    st.sampled_from(["the", "ox", "of", "was", "X1", "ada.", "is,"]), min_size=1, max_size=30
).map(lambda words: " ".join(words) + ".")
TEXTS = st.lists(st.lists(SENTENCES, max_size=4).map(" ".join), min_size=1, max_size=4)

LONG = tokenize(Document(text="The ox was at the sea. " * 9 + "word " * 30))


def read(*texts: str) -> list:
    return [tokenize(Document(text=text)) for text in texts]


def slow_vectors(folder, words: list[str], sentences, **options) -> torch.Tensor:
    """One window at a time, with transformers alone: the vector of each word's first subtoken."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    pieces = [tokenizer.encode(word, add_special_tokens=False) for word in words]
    firsts = [sum(map(len, pieces[:i])) for i in range(len(pieces) + 1)]
    ids = [piece for word in pieces for piece in word]
    ranges = [(firsts[a], firsts[b]) for a, b in sentences]
    rows = {}
    for window in plan_windows(ranges, **options):
        shown = [tokenizer.cls_token_id, *ids[window.start : window.stop], tokenizer.sep_token_id]
        with torch.no_grad():
            hidden = model(torch.tensor([shown])).last_hidden_state[0]
        for word, first in enumerate(firsts[:-1]):
            if window.first <= first < window.last:
                rows[word] = hidden[1 + first - window.start]
    return torch.stack([rows[word] for word in range(len(words))])


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"context": "window"}, id="window"),
        pytest.param({"context": "window", "overlap": 5}, id="overlap"),
        pytest.param({"context": "flert"}, id="flert"),
        pytest.param({"context": "none"}, id="none"),
    ],
)
def test_vectors_are_those_of_a_slow_and_obvious_encoder(encoder_dir, options):
    config = EncoderConfig(model=str(encoder_dir), window=24, shape="off", **options)
    encoder = WindowEmbeddings(config).eval()
    expected = slow_vectors(encoder_dir, LONG.words, LONG.sentences, size=24, **options)
    with torch.no_grad():
        torch.testing.assert_close(encoder.encode([LONG]), expected, atol=1e-5, rtol=0)


def test_a_document_does_not_depend_on_its_batch(encoder):
    @settings(max_examples=25, deadline=None)
    @given(TEXTS)
    def check(texts):
        documents = read(*texts)
        with torch.no_grad():
            together = encoder.encode(documents)
            apart = torch.cat([encoder.encode([doc]) for doc in documents])
        torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)

    check()


def test_documents_without_words_give_no_rows(encoder):
    assert encoder.encode([]).shape == (0, 32)
    assert encoder.encode(read("", " \n")).shape == (0, 32)
    assert encoder.encode(read("", "an ox", "")).shape == (2, 32)


def test_shapes_follow_the_vectors_where_the_tokenizer_lower_cases(encoder_dir):
    encoder = WindowEmbeddings(EncoderConfig(model=str(encoder_dir), shape_dim=4)).eval()
    assert (encoder.embedding_length, encoder.text_length) == (32 + 3 * 4, 32)
    upper, lower = encoder.encode(read("Ox")), encoder.encode(read("ox"))
    torch.testing.assert_close(upper[:, :32], lower[:, :32])
    assert not torch.equal(upper[:, 32:], lower[:, 32:])
    assert encoder.encode([]).shape == (0, 44)


def test_every_window_is_encoded_once(encoder):
    with count_rows(encoder) as rows:
        encoder.encode([LONG, *read("The ox was at sea.")])
    assert sum(rows) == len(encoder._plan(encoder.subtokenizer([LONG]), None)) + 1


def test_a_window_never_has_more_subtokens_than_positions(encoder_dir):
    encoder = WindowEmbeddings(EncoderConfig(model=str(encoder_dir), window=4096))
    assert encoder.window == 512 - 2
    assert encoder.encode(read("ox " * 600)).shape == (600, encoder.embedding_length)


def test_chance_moves_windows_in_training(encoder):
    documents = read("An ox. " * 12)
    moved = [encoder.encode(documents, rng=Random(seed)) for seed in (1, 1, 5)]  # noqa: S311
    assert torch.equal(moved[0], moved[1])
    assert not torch.allclose(moved[0], moved[2], atol=1e-3)


def test_texts_get_the_mean_of_their_subtokens_and_special_ones(encoder, encoder_dir):
    inputs = AutoTokenizer.from_pretrained(encoder_dir)("the ox", return_tensors="pt")
    with torch.no_grad():
        expected = encoder.model(**inputs).last_hidden_state[0].mean(0)
        found = encoder.encode_texts(read("a longer text than this", "the ox", ""))
    torch.testing.assert_close(found[1], expected, atol=1e-5, rtol=0)


def test_flair_embeds_sentences_with_it(encoder):
    sentences = [Sentence("The ox was at sea."), Sentence("Ada won.")]
    encoder.embed(sentences)
    expected = encoder.encode(read("Ada won."))
    found = torch.stack([token.embedding for token in sentences[1]])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_flair_sentences_of_a_document_share_windows(encoder):
    doc = DOCUMENTS[0]
    sentences = to_sentences(doc)
    encoder.embed(sentences)
    found = torch.stack([token.embedding for sentence in sentences for token in sentence])
    torch.testing.assert_close(found, encoder.encode(read(doc.text)), atol=1e-5, rtol=0)


def test_static_vectors_are_stacked_on_the_others(encoder_dir, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("ox 1.5 -2\nsea 3 4\n")
    config = EncoderConfig(model=str(encoder_dir), shape="on", shape_dim=4, static=str(path))
    encoder = WindowEmbeddings(config).eval()
    assert encoder.embedding_length == 32 + 3 * 4 + 2
    found = encoder.encode(read("Ox, the sea"))
    assert found[:, 44:].tolist() == [[1.5, -2], [0, 0], [0, 0], [3, 4]]
    plain = WindowEmbeddings(config.model_copy(update={"static": None})).eval()
    torch.testing.assert_close(found[:, :32], plain.encode(read("Ox, the sea"))[:, :32])


def test_input_embeddings_can_be_stacked_on_the_output(encoder_dir):
    config = EncoderConfig(model=str(encoder_dir), shape="off", static="encoder")
    encoder = WindowEmbeddings(config).eval()
    table = encoder.model.get_input_embeddings().weight
    found = encoder.encode(read("the anvil"))[:, 32:]
    pieces = encoder.tokenizer.convert_tokens_to_ids(["a", "##n", "##v", "##i", "##l"])
    the = encoder.tokenizer.convert_tokens_to_ids("the")
    torch.testing.assert_close(found, torch.stack([table[the], table[pieces].mean(0)]))


@pytest.mark.parametrize("layers", [(-1,), (0,), (1,), (-1, -2), (0, 1, 2)], ids=str)
def test_a_vector_is_the_mean_of_the_chosen_layers(encoder_dir, layers):
    config = EncoderConfig(model=str(encoder_dir), shape="off", layers=layers)
    encoder = WindowEmbeddings(config).eval()
    inputs = encoder.tokenizer("the ox", return_tensors="pt")
    states = encoder.model(**inputs, output_hidden_states=True).hidden_states
    expected = torch.stack([states[layer][0, 1:3] for layer in layers]).mean(0)
    torch.testing.assert_close(encoder.encode(read("the ox"))[:, :32], expected, atol=1e-5, rtol=0)


def test_a_layer_that_is_not_there_is_refused(encoder_dir):
    with pytest.raises(EncoderError, match=r"no layer 3\. Its last is -1 or 2, its input"):
        WindowEmbeddings(EncoderConfig(model=str(encoder_dir), layers=(-1, 3)))


def test_a_remembered_document_is_encoded_once(encoder_dir):
    config = EncoderConfig(model=str(encoder_dir), window=16, freeze=True, shape_dim=4)
    encoder = WindowEmbeddings(config).eval()
    documents = read("An ox. " * 12, "", "The sea was wide.")
    expected = encoder.encode(documents)
    with count_rows(encoder) as rows:
        with encoder.keep_vectors():
            found = [encoder.encode(documents, rng=Random(seed)) for seed in range(3)]  # noqa: S311
            assert encoder.encode([]).shape == (0, encoder.embedding_length)
        n_inside = sum(rows)
        encoder.encode(documents)
    assert sum(rows) == 2 * n_inside
    for vectors in found:
        torch.testing.assert_close(vectors, expected, atol=1e-5, rtol=0)


def test_a_frozen_transformer_drops_nothing_in_training(encoder_dir):
    encoder = WindowEmbeddings(EncoderConfig(model=str(encoder_dir), freeze=True)).train()
    assert torch.equal(encoder.encode([LONG]), encoder.encode([LONG]))
    learning = WindowEmbeddings(EncoderConfig(model=str(encoder_dir))).train()
    assert not torch.equal(learning.encode([LONG]), learning.encode([LONG]))


@pytest.mark.parametrize(
    ("options", "is_learning"),
    [
        pytest.param({}, (True, True), id="all"),
        pytest.param({"freeze_embeddings": True}, (False, True), id="words frozen"),
        pytest.param({"freeze": True}, (False, False), id="frozen"),
    ],
)
def test_frozen_weights_do_not_learn(encoder_dir, options, is_learning):
    model = WindowEmbeddings(EncoderConfig(model=str(encoder_dir), **options)).model
    words = model.get_input_embeddings().weight
    layer = model.encoder.layer[0].output.dense.weight
    assert (words.requires_grad, layer.requires_grad) == is_learning


def test_half_precision_is_close(encoder_dir):
    encoder = WindowEmbeddings(EncoderConfig(model=str(encoder_dir))).eval()
    whole = encoder.encode([LONG])
    encoder.set_precision("bf16")
    half = encoder.encode([LONG])
    assert not torch.equal(whole, half)
    torch.testing.assert_close(half.float(), whole, atol=0.1, rtol=0.1)


def test_shapes_tell_cases_apart_inside_the_transformer(encoder_dir):
    encoder = WindowEmbeddings(EncoderConfig(model=str(encoder_dir), shape="on")).eval()
    plain, cased = read("the ox was here", "the OX was here")
    width = encoder.text_length
    before = encoder.encode([plain])[:, :width], encoder.encode([cased])[:, :width]
    torch.testing.assert_close(*before)
    torch.nn.init.normal_(encoder.shape_inputs.weight)
    after = encoder.encode([plain])[:, :width], encoder.encode([cased])[:, :width]
    assert not torch.allclose(after[0][3], after[1][3], atol=1e-3)


def test_a_frozen_transformer_is_not_shown_shapes(encoder_dir):
    options = EncoderConfig(model=str(encoder_dir), shape="on", freeze=True)
    assert WindowEmbeddings(options).shape_inputs is None
