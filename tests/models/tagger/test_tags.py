import re
import tracemalloc
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.models.tagger.tags import TagSet, decode_spans

GRAMMARS = {"bio": r"(O|B(\d)(I\2)*)*", "bioes": r"(O|S\d|B(\d)(I\2)*E\2)*"}
TAGSETS = (TagSet(["0", "1"], "bio"), TagSet(["0"], "bioes"))


def random_log_probs(seed: int, n_tokens: int, tagset: TagSet) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(n_tokens, len(tagset))) * 2
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


@cache
def valid_sequences(tagset: TagSet, n_tokens: int) -> list[tuple[int, ...]]:
    short = [tag.replace("-", "") for tag in tagset.tags]
    return [
        tags
        for tags in product(range(len(tagset)), repeat=n_tokens)
        if re.fullmatch(GRAMMARS[tagset.scheme], "".join(short[tag] for tag in tags))
    ]


def slow_spans(log_probs: np.ndarray, tagset: TagSet) -> list[tuple[int, int, int, float]]:
    """Tries every sequence of tags."""
    short = [tag.replace("-", "") for tag in tagset.tags]
    scores = log_probs.tolist()
    sequences = valid_sequences(tagset, len(log_probs))
    best = max(sequences, key=lambda tags: sum(scores[i][tag] for i, tag in enumerate(tags)))
    spans = []
    for first, tag in enumerate(best):
        if short[tag][0] in "BS":
            rest = [short[t][0] in "IE" for t in best[first + 1 :]] + [False]
            last = first + 1 + rest.index(False)
            score = np.exp(min(log_probs[i, best[i]] for i in range(first, last)))
            spans.append((first, last, int(short[tag][1]), score))
    return spans


def found_spans(log_probs, sentences, tagset) -> list[tuple[int, int, int, float]]:
    found = decode_spans(log_probs, sentences, tagset)
    return list(zip(found.firsts, found.lasts, found.labels, found.scores, strict=True))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from(TAGSETS))
def test_the_best_valid_sequence_is_found(seed, n_tokens, tagset):
    log_probs = random_log_probs(seed, n_tokens, tagset)
    found = found_spans(log_probs, [(0, n_tokens)], tagset)
    expected = slow_spans(log_probs, tagset)
    assert [span[:3] for span in found] == [span[:3] for span in expected]
    assert [span[3] for span in found] == pytest.approx([span[3] for span in expected], rel=1e-4)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 5), max_size=6))
@pytest.mark.parametrize("tagset", TAGSETS, ids=["bio", "bioes"])
def test_sentences_are_decoded_together_as_they_are_alone(tagset, seed, lengths):
    log_probs = random_log_probs(seed, sum(lengths), tagset)
    ends = np.cumsum(lengths, dtype=int)
    sentences = [(int(e - n), int(e)) for e, n in zip(ends, lengths, strict=True)]
    apart = [
        (first + begin, last + begin, label)
        for begin, end in sentences
        for first, last, label, _ in found_spans(
            log_probs[begin:end], [(0, end - begin)] * (end > begin), tagset
        )
    ]
    assert [span[:3] for span in found_spans(log_probs, sentences, tagset)] == apart


@st.composite
def span_lists(draw) -> list[tuple[int, int, int]]:
    borders = sorted(draw(st.sets(st.integers(0, 12), max_size=8)))
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return [(first, last, draw(st.integers(0, 2))) for first, last in pairs]


@given(span_lists())
@pytest.mark.parametrize("scheme", ["bio", "bioes"])
def test_what_is_encoded_is_decoded_again(scheme, spans):
    tagset = TagSet(["PER", "LOC", "ORG"], scheme)
    log_probs = np.full((12, len(tagset)), -20, dtype=np.float32)
    log_probs[np.arange(12), tagset.encode(spans, 12)] = 0
    assert found_spans(log_probs, [(0, 12)], tagset) == [(*span, 1.0) for span in spans]


def test_a_span_ends_with_its_sentence():
    tagset = TagSet(["PER"], "bio")
    log_probs = np.log(np.array([[0.1, 0.8, 0.1], [0.1, 0.2, 0.7]], dtype=np.float32))
    together = found_spans(log_probs, [(0, 2)], tagset)
    apart = found_spans(log_probs, [(0, 1), (1, 2)], tagset)
    assert [span[:2] for span in together] == [(0, 2)]
    assert [span[:2] for span in apart] == [(0, 1), (1, 2)]


def test_tags_are_named_in_the_order_of_the_scheme():
    assert TagSet(["PER"], "bioes").tags == ["O", "B-PER", "I-PER", "E-PER", "S-PER"]
    assert TagSet(["PER"], "bio").tags == ["O", "B-PER", "I-PER"]


def test_nothing_is_decoded_from_nothing():
    assert found_spans(np.zeros((0, 3), dtype=np.float32), [], TagSet(["PER"], "bio")) == []


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
def test_memory_grows_with_the_labels_and_not_with_their_square(scheme):
    """10,000 labels: a table of pairs alone would have at least 400 million cells."""
    tracemalloc.start()
    tagset = TagSet([str(n) for n in range(10_000)], scheme)
    log_probs = random_log_probs(0, 6, tagset)
    spans = found_spans(log_probs, [(0, 4), (4, 6)], tagset)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1000 * len(tagset)
    assert all(first < last for first, last, _, _ in spans)
