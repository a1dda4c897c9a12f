"""A small random encoder, written as transformers reads it."""

from pathlib import Path

__all__ = ["write_encoder"]


def write_encoder(folder: Path, vocabulary: str) -> Path:
    """A two-layer BERT with random weights, 32 wide, uncased, and the tokenizer of a vocabulary."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    tokenizer = BertTokenizerFast(vocab_file=vocabulary, do_lower_case=True)
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    return folder
