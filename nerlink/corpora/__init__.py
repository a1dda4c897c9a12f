"""Corpora: their cards, how they are downloaded and built, and the documents of a configuration."""

from nerlink.corpora.building import build_corpus
from nerlink.corpora.cards import Card, find_corpus, list_cards, load_split, read_card
from nerlink.corpora.entries import read_entries

__all__ = [
    "Card",
    "build_corpus",
    "find_corpus",
    "list_cards",
    "load_split",
    "read_card",
    "read_entries",
]
