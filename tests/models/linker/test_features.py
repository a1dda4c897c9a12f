import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nerlink.kb import KnowledgeBase, Normalised
from nerlink.models.linker.candidates import CandidateSet, lent_to
from nerlink.models.linker.counts import NO_ROW, TrainingCounts
from nerlink.models.linker.features import (
    FEATURES,
    NAME_FEATURES,
    NIL_FEATURES,
    Curves,
    compare_names,
    with_labels,
)
from nerlink.models.linker.features import flatten as flatten_each
from nerlink.models.linker.lookup import Lookup
from tests.world import ENTITIES


@pytest.mark.parametrize(
    ("surface", "name", "expected"),
    [
        pytest.param("paris", "Paris", (1, 1, 1, 1, 0, 1), id="the name"),
        pytest.param("Paris", "Paris, Texas", (0, 1, 1 / 2, 1, 0, 1), id="without its qualifier"),
        pytest.param("Mercury", "Mercury (planet)", (0, 1, 1 / 2, 1, 0, 1), id="in brackets"),
        pytest.param(
            "Mike Jordan Jr", "Jordan", (0, 0, 1, 1 / 3, 0, 12 / 20), id="more than the name"
        ),
        pytest.param("AMU", "Anvil Makers Union", (0, 0, 0, 0, 1, 0), id="acronym"),
        pytest.param("Byrne", "Byron", (0, 0, 0, 0, 0, 4 / 10), id="misspelt"),
        pytest.param("...", "Acme", (0, 0, 0, 0, 0, 0), id="nothing in common"),
    ],
)
def test_a_surface_is_compared_to_a_name(surface, name, expected):
    assert compare_names(surface, name) == pytest.approx(expected)


def test_every_comparison_has_a_name():
    assert len(NAME_FEATURES) == len(compare_names("a", "b"))


@pytest.fixture
def sets(tmp_path):
    """Candidates of Paris (seen twice as the city, once as the town), of nothing, of Texas."""
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        kb.count_mentions([("Paris", "paris")] * 2 + [("Paris", "paris-texas")])
        return Lookup(kb, Normalised(kb), limit=5)(["Paris", "Nowhere", "Texas"])


def flatten(sets, **counts):
    """Candidates of mentions that all see the same counts."""
    return flatten_without([], sets, **counts)


def flatten_without(own, sets, **counts):
    """The same, without links of a document: pairs of a key and a row."""
    training = TrainingCounts(**counts)
    return flatten_each(sets, [training.without(own) if own else training] * len(sets))


def column(flat, name: str) -> list[float]:
    return flat.features[:, FEATURES.index(name)].tolist()


def nil_column(flat, name: str) -> list[float]:
    return flat.nil_features[:, NIL_FEATURES.index(name)].tolist()


def test_candidates_of_all_mentions_stand_in_one_list(sets):
    flat = flatten(sets)
    assert flat.mentions.tolist() == [0, 0, 2]
    assert flat.sizes.tolist() == [2, 0, 1]
    assert flat.rows.tolist() == [*sets[0].rows, *sets[2].rows]
    assert flat.features.shape == (3, len(FEATURES))
    assert flat.nil_features.shape == (3, len(NIL_FEATURES))


def test_priors_are_those_of_the_knowledge_base(sets):
    priors = np.concatenate([found.priors for found in sets])
    assert column(flatten(sets), "prior") == pytest.approx(priors.tolist())


def test_values_are_about_0_to_1(sets):
    flat = flatten(sets, links={int(sets[0].rows[0]): 10_000})
    for table in (flat.features, flat.nil_features):
        assert table.min() >= 0
        assert table.max() <= 1.5


def test_counts_and_links_seen_in_training_count(sets):
    flat = flatten(sets, links={int(sets[0].rows[1]): 6})
    assert column(flat, "share of counts") == pytest.approx([2 / 4, 1 / 4, 0])
    expected = [0, math.log(7) / 5, 0]
    assert column(flat, "seen in training") == pytest.approx(expected)


def test_a_document_is_left_out_of_the_counts_it_added_to(sets):
    rows = [int(row) for row in sets[0].rows]
    own = [("paris", rows[0]), ("paris", rows[0]), ("paris", NO_ROW)]
    left_out = flatten_without(own, sets[:1], links={rows[0]: 2}, nil={"paris": 1})
    without = flatten([replace(sets[0], counts=np.array([0, 1], dtype=np.float32))])
    torch.testing.assert_close(left_out.features, without.features)
    torch.testing.assert_close(left_out.nil_features, without.nil_features)


def test_counts_never_fall_below_zero(sets):
    row = int(sets[2].rows[0])
    own = [("texas", row)] * 9 + [("texas", NO_ROW)] * 9
    flat = flatten_without(own, sets[2:], links={row: 1})
    assert column(flat, "share of counts") == [0]
    assert nil_column(flat, "share of counts") == [0]


def test_the_best_candidate_speaks_against_nil(sets):
    flat = flatten(sets)
    assert nil_column(flat, "best prior") == pytest.approx(
        [float(sets[0].priors.max()), 0, float(sets[2].priors.max())]
    )
    assert nil_column(flat, "log candidates")[1] == 0


def test_nothing_is_flattened_from_nothing():
    flat = flatten([])
    assert (flat.features.shape, flat.nil_features.shape) == (
        (0, len(FEATURES)),
        (0, len(NIL_FEATURES)),
    )


def test_each_feature_has_its_own_curve():
    curves = Curves([1.0, 2.0, 0.0])
    torch.nn.init.normal_(curves.height)
    first, second = torch.rand(2, 3), torch.rand(2, 3)
    second[:, 1] = first[:, 1]
    same = curves(first) == curves(second)
    assert same.tolist() == [[False, True, False]] * 2


def test_labels_are_held_against_types(sets):
    types = [np.array([2, 0]), np.zeros(0, dtype=np.int64), np.array([1])]
    flat = flatten([replace(s, types=t) for s, t in zip(sets, types, strict=True)])
    labels = torch.tensor([[0.1, 0.2, 0.7], [1, 0, 0], [0.1, 0.3, 0.6]])
    found = with_labels(flat, labels)
    assert column(found, "type is known") == [1, 0, 1]
    assert column(found, "label agrees with type") == pytest.approx([0.7, 0, 0.3])
    others = [i for i, name in enumerate(FEATURES) if "type" not in name]
    assert torch.equal(found.features[:, others], flat.features[:, others])


def test_types_are_known_by_their_place_among_the_labels(tmp_path):
    with KnowledgeBase.create(tmp_path / "kb.sqlite", ENTITIES) as kb:
        (jordan,) = Lookup(kb, Normalised(kb), limit=5, labels=["ORG", "LOC"])(["Jordan"])
    assert dict(zip(jordan.entities, jordan.types.tolist(), strict=True)) == {
        "jordan": 2,
        "player": 0,
    }


def lender(key: str, counts: list[float]) -> CandidateSet:
    rows, ones = np.array([7, 8][: len(counts)]), np.ones(len(counts), dtype=np.float32)
    known = np.array(counts, dtype=np.float32)
    names = np.zeros((len(counts), len(NAME_FEATURES)), dtype=np.float32)
    return CandidateSet(key, key, ("a", "b"), rows, ones, known, ones, names, rows)


NOBODY = lender("paris nowhere", [])


def test_fuller_names_lend_priors_and_doubts(sets):
    lent = replace(sets[0], rows=np.array([7, 8]), lenders=(lender("paris texas", [3, 0]), NOBODY))
    flat = flatten([lent, *sets[1:]])
    assert column(flat, "prior of a fuller name") == [0.875, 0.125, 0]
    assert nil_column(flat, "fuller name is unknown") == [0.5, 0, 0]


def test_a_document_does_not_learn_from_what_it_lends_itself(sets):
    short = replace(sets[0], rows=np.array([7, 8]), lenders=(lender("paris texas", [3, 0]),))
    assert column(flatten([short]), "prior of a fuller name") == [0.875, 0.125]
    without = flatten_without([("paris texas", 7)] * 3, [short])
    assert column(without, "prior of a fuller name") == [0.5, 0.5]


def test_a_name_that_one_document_alone_knows_lends_it_nothing(sets):
    lenders = (lender("paris texas", [3, 0]), lender("paris france", [0, 2]))
    short = replace(sets[0], rows=np.array([7, 8]), lenders=lenders)
    new = {("paris texas", 7): 1, ("paris texas", 8): 1}
    one = [("paris texas", 7)]
    every = [*one, ("paris texas", 8), ("paris france", 8)]
    for own, lent, unknown in (
        ([], [25 / 48, 23 / 48], 0),
        (one, [1 / 12, 11 / 12], 0),
        (every, [0.25, 0.75], 0.5),
    ):
        flat = flatten_without(own, [short], new_names=new)
        assert column(flat, "prior of a fuller name") == pytest.approx(lent)
        assert nil_column(flat, "fuller name is unknown") == [unknown]


def test_several_lenders_have_an_equal_say():
    both = [lender("a", [3, 0]), lender("b", [0, 0])]
    lent, unknown = lent_to(np.array([8, 7, 9]), [*both, NOBODY, NOBODY], TrainingCounts())
    assert (lent.tolist(), unknown) == ([0.3125, 0.6875, 0], 0.5)
    lent, unknown = lent_to(np.array([7, 8]), [], TrainingCounts())
    assert (lent.tolist(), unknown) == ([0, 0], 0)


def test_a_qualifier_is_looked_for_once_in_a_passage() -> None:
    passage = "Paris" + " (" * 300_000
    assert compare_names(passage, "Paris")[2] == 1.0
    assert compare_names("Paris", passage + ")")[1] == 1.0
