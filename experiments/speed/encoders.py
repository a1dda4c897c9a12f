"""The encoder that is measured: real weights where they are, else random ones of the same size."""

from itertools import islice
from pathlib import Path
from typing import Final

import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from experiments.speed.words import syllable_words
from nerlink.errors import EncoderError
from nerlink.models.encoder.find import find_encoder

__all__ = ["encoder_folder"]

VOCABULARY: Final = 30_522
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789.,-"


def encoder_folder(model: str, spare: Path) -> tuple[Path, str]:
    """The folder of an encoder and what to call it.

    Args:
        model: Hub id or folder.
        spare: Where to write a random encoder if there is none.
    """
    try:
        return find_encoder(model), model
    except EncoderError:
        return _write_random(spare), "random BERT, 6 layers x 384, vocabulary 30,522"


def _write_random(folder: Path) -> Path:
    """A BERT of MiniLM's size with random weights, and a tokenizer that knows invented words."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]
    pieces += ["##" + letter for letter in LETTERS]
    pieces += ["##" + word for word in islice(syllable_words(), 5000)]
    pieces += list(islice(syllable_words(), VOCABULARY - len(pieces)))
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(pieces), encoding="utf8")
    BertTokenizerFast(  # type: ignore[no-untyped-call]
        vocab_file=str(vocabulary)
    ).save_pretrained(folder)
    config = BertConfig(  # type: ignore[no-untyped-call]
        vocab_size=VOCABULARY,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
    return folder
