import torch

from nerlink.converters import tokenize
from nerlink.data import Document
from nerlink.models import memory
from nerlink.models.memory import VectorMemory


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
    remembered = VectorMemory(encoder)
    first = remembered([encode_with("an ox"), encode_with("a cow"), encode_with("an ox")])
    again = remembered([encode_with("a cow")])
    assert encoder.asked == ["an ox", "a cow"]
    assert [rows[0, 0] for rows in (*first, *again)] == [1, 2, 1, 2]


def test_the_same_words_in_other_sentences_are_another_document():
    encoder = Encoder()
    VectorMemory(encoder)([encode_with("Ox. Cow."), encode_with("Ox.\n\nCow."), encode_with("Ox . Cow .")])
    assert encoder.asked == ["Ox . Cow ."]
    VectorMemory(encoder)([encode_with("ox cow"), encode_with("ox\n\ncow")])
    assert encoder.asked[1:] == ["ox cow", "ox cow"]


def test_what_does_not_fit_is_encoded_anew(monkeypatch):
    monkeypatch.setattr(memory, "MOST_NUMBERS", 5)
    encoder = Encoder()
    remembered = VectorMemory(encoder)
    for _ in range(2):
        remembered([encode_with("an ox"), encode_with("a cow")])
    assert encoder.asked == ["an ox", "a cow", "a cow"]


def test_what_is_forgotten_is_encoded_anew():
    encoder = Encoder()
    remembered = VectorMemory(encoder)
    remembered([encode_with("an ox")])
    remembered.forget()
    assert remembered.n_numbers == 0
    remembered([encode_with("an ox")])
    assert encoder.asked == ["an ox", "an ox"]


def test_what_is_kept_in_inference_mode_can_be_learnt_from():
    weight = torch.ones(2, 1, requires_grad=True)
    remembered = VectorMemory(lambda doc: torch.ones(len(doc.words), 2))
    with torch.inference_mode():
        remembered([encode_with("an ox")])
    (vectors,) = remembered([encode_with("an ox")])
    (vectors @ weight).sum().backward()
    assert weight.grad.tolist() == [[2], [2]]
