import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nerlink.models.linker.second_look import (
    LOOK_FEATURES,
    SecondLook,
    best_elsewhere,
    names_together,
)
from nerlink.models.passages import locate
from tests.models.conftest import examples
from tests.world import marked

GROUPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-1, 4), st.floats(0, 1, width=32)), max_size=30
)


def look_at(linker, *texts: str):
    batch = examples(*map(marked, texts))
    passages = [example.passage for example in batch]
    vectors = linker.embeddings.encode([passage.tokens for passage in passages])
    mentions = locate(passages, [example.spans for example in batch], vectors.device)
    with torch.no_grad():
        return linker.look(vectors, None, mentions)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ada lovelace", "lovelace", "paris", "lovelace"], [0, 0, 1, 0]),
        (["a b c", "c a", "b", "d"], [0, 0, 0, 1]),
        (["lovelace", "ada lovelace", "annabella lovelace"], [0, 0, 0]),
        (["", "x", ""], [0, 1, 0]),
    ],
)
def test_names_and_their_parts_are_together(names, expected):
    assert names_together([0] * len(names), names).tolist() == expected


def test_names_of_two_documents_are_apart():
    assert names_together([0, 1, 1], ["paris", "paris", "paris"]).tolist() == [0, 1, 1]


@given(GROUPS)
def test_the_best_elsewhere_is_that_of_a_slow_search(items):
    groups, rows, probabilities = (
        (np.array(c) for c in zip(*items, strict=True))
        if items
        else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    )
    found = best_elsewhere(groups, rows, probabilities.astype(np.float32))
    expected = [
        max((p for j, (h, s, p) in enumerate(items) if (h, s) == (g, r) and i != j), default=0)
        for i, (g, r, _) in enumerate(items)
    ]
    assert found.tolist() == pytest.approx(expected)


def test_without_weights_the_first_look_stands(model):
    look = look_at(model.linker, "[Paris|LOC|paris] and [Texas|LOC|texas]")
    fresh = SecondLook(model.linker.prototypes.width)
    for is_on in (False, True):
        torch.testing.assert_close(fresh(look, is_on=is_on), look.scores)


def test_a_name_that_is_sure_elsewhere_helps_the_unsure(model):
    look = look_at(model.linker, "[Paris|LOC|paris] and [Paris|LOC|paris]", "[Paris|LOC|paris]")
    look.scores[:] = torch.tensor([[0, 9.0, 0], [0, 0, 0], [0, 0, 0]])
    second = SecondLook(model.linker.prototypes.width)
    second.weights[1, LOOK_FEATURES.index("same name elsewhere")] = 5
    best = second(look, is_on=True).softmax(-1)
    assert best[1, 1] > 0.9
    torch.testing.assert_close(best[2], torch.full((3,), 1 / 3))
    assert torch.equal(second(look, is_on=False), look.scores)


def test_closeness_is_the_cosine_with_what_the_other_names_mean(model):
    look = look_at(model.linker, "[Paris|LOC|paris], [Texas|LOC|texas] and [Acme|ORG|acme]")
    table = model.linker.second_look.features(look)
    probabilities = look.scores.softmax(-1)
    column = LOOK_FEATURES.index("close to the rest of the document")
    directions = torch.nn.functional.normalize(look.vectors.float(), dim=-1)
    owners = look.flat.mentions.tolist()
    positions = [owners[:i].count(owner) for i, owner in enumerate(owners)]
    for i, (owner, position) in enumerate(zip(owners, positions, strict=True)):
        rest = sum(
            probabilities[o, 1 + p] * directions[j]
            for j, (o, p) in enumerate(zip(owners, positions, strict=True))
            if o != owner
        )
        expected = torch.cosine_similarity(directions[i], rest, dim=0)
        torch.testing.assert_close(table[owner, 1 + position, column], expected)


def test_documents_do_not_look_at_each_other(model):
    linker = model.linker
    linker.second_look.weights[1] = torch.tensor([0.5, -0.2, 1.0, 0.5, 0.7, 2.0])
    linker.second_look.center.normal_()
    texts = ("[Paris|LOC|paris] and [Texas|LOC|texas]", "[Paris|LOC|paris] by [Jordan|LOC|jordan]")
    with torch.no_grad():
        together = linker.second_look(look_at(linker, *texts), is_on=True)
        apart = [linker.second_look(look_at(linker, text), is_on=True) for text in texts]
    torch.testing.assert_close(together, torch.cat(apart), atol=1e-4, rtol=0)
