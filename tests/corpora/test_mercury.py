"""The smallest bundled corpus: three readings of one name."""

from collections import Counter

import pytest

from nerlink.corpora import load_split

EACH = {"train": 6, "dev": 3, "test": 4}
LABELS = {"planet": "LOC", "metal": "MISC", "god": "PER"}


@pytest.mark.parametrize("split", EACH)
def test_each_sentence_has_one_mention_and_each_entity_as_many(split):
    documents = load_split("mercury", split)
    mentions = [mention for doc in documents for mention in doc.mentions]
    assert Counter(m.entity for m in mentions) == dict.fromkeys(LABELS, EACH[split])
    assert all(len(doc.mentions) == 1 for doc in documents)
    assert all(m.label == LABELS[m.entity] for m in mentions)
    surfaces = {doc.surface(m).lower() for doc in documents for m in doc.mentions}
    assert surfaces == {"mercury"}


def test_no_sentence_is_in_two_splits():
    texts = [doc.text for split in EACH for doc in load_split("mercury", split)]
    assert len(set(texts)) == len(texts) == 39
