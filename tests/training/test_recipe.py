"""The classic recipe from one TOML: stacked frozen embeddings kept in memory, BiLSTM, CRF."""

# ruff: noqa: RUF001 (Chinese has its own punctuation)

import pytest
import torch

from nerlink import Pipeline, evaluate
from nerlink.config import load_config
from nerlink.data import Document
from nerlink.errors import ConfigError
from nerlink.models.annotate import annotate_documents
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.storage.model import load_model, save_model
from nerlink.sources import write
from nerlink.training import train
from tests.encoders import write_encoder
from tests.world import marked

MESSAGES = tuple(
    marked(text, f"message-{number}")
    for number, text in enumerate(
        (
            "今天[小云|PER|]去[青山|LOC|]看花，天很蓝。",
            "[老石|PER|]说[白河|LOC|]的鱼大！我不信。",
            "[小云|PER|]和[老石|PER|]在[白河|LOC|]边吃面。",
            "面好吃，花也好看。",
            "[大牛厂|ORG|]的车坏了，[老石|PER|]走回家。",
            "我爱[青山|LOC|]，也爱[白河|LOC|]。",
            "[小云|PER|]在[大牛厂|ORG|]看车，车很大。",
            "今天天好，不看车。",
        )
    )
)
RECIPE = """
tasks = ["ner"]

[[data]]
train = "train.jsonl"
dev = "train.jsonl"

[encoder]
model = "./encoder"
freeze = true
store = "memory"
layers = [-1, -2]
static = "STATIC"

[tagger]
rnn = 256
hidden = 0
crf = true
dropout = 0.0
locked_dropout = 0.2

[training]
epochs = 20
batch_tokens = 40
head_learning_rate = 5e-3
device = "cpu"
"""


@pytest.fixture(params=["encoder", "./characters.vec"])
def recipe(request, tmp_path):
    """A folder with a configuration, messages, an encoder and vectors of their characters."""
    characters = sorted(set("".join(doc.text for doc in MESSAGES)))
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]))
    write_encoder(tmp_path / "encoder", str(vocabulary))
    rows = torch.randn(len(characters), 8, generator=torch.Generator().manual_seed(0))
    lines = [
        " ".join([character, *(f"{number:.4f}" for number in row)])
        for character, row in zip(characters, rows.tolist(), strict=True)
    ]
    (tmp_path / "characters.vec").write_text("\n".join(lines), "utf-8")
    write(MESSAGES, tmp_path / "train.jsonl")
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace("STATIC", request.param), "utf-8")
    return path


def test_the_recipe_runs_from_its_configuration_to_raw_text(recipe, tmp_path):
    result = train(load_config(recipe), tmp_path / "model")
    for name in ("train.jsonl", "characters.vec"):
        (tmp_path / name).unlink()
    pipeline = Pipeline.load(tmp_path / "model", device="cpu")
    found = pipeline([Document(text=doc.text, id=doc.id) for doc in MESSAGES])
    assert evaluate(MESSAGES, found).scores["ner.f1"] == result.scores["ner.f1"] == 1
    doc = pipeline("今天老石去青山看花。")
    assert [(doc.surface(m), m.label) for m in doc.mentions] == [("老石", "PER"), ("青山", "LOC")]
    assert all(0 < mention.score <= 1 for mention in doc.mentions)


def test_a_saved_recipe_predicts_bit_by_bit_the_same(recipe, tmp_path):
    folder = train(load_config(recipe, {"training.epochs": "2"}), tmp_path / "model").folder
    model = load_model(folder)
    again = load_model(save_model(model, tmp_path / "again"))
    texts = [Document(text=doc.text) for doc in MESSAGES]
    found = list(annotate_documents(model, texts))
    assert list(annotate_documents(again, texts)) == found
    assert any(doc.mentions for doc in found)


def test_each_document_is_encoded_once_in_a_run(recipe, tmp_path, monkeypatch):
    encoded, encoders = [], set()
    transform = WindowEmbeddings._transform

    def note(self, documents, *rest):
        encoded.extend("".join(doc.words) for doc in documents)
        encoders.add(self)
        return transform(self, documents, *rest)

    monkeypatch.setattr(WindowEmbeddings, "_transform", note)
    train(load_config(recipe, {"training.epochs": "3"}), tmp_path / "model")
    assert sorted(encoded) == sorted(doc.text for doc in MESSAGES)
    (encoder,) = encoders
    assert encoder.kept is None


def test_vectors_of_an_encoder_that_learns_are_not_kept(recipe):
    with pytest.raises(
        ConfigError, match=r"encoder\.store = 'memory' would keep .*set encoder\.freeze"
    ):
        load_config(recipe, {"encoder.freeze": "false"})
