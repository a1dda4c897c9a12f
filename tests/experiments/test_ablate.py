from collections import Counter
from dataclasses import replace

import pytest

from nerlink import Config, Pipeline, evaluate
from tests.world import DOCUMENTS


@pytest.fixture
def ablate(program, monkeypatch):
    """The program, scoring a model as it was trained."""
    ablate = program("ablate")
    monkeypatch.setattr(ablate, "calibrate", lambda *_: None)
    return ablate


def first_only(doc):
    """The document with its first mention, so that the model finds more than there are."""
    return replace(doc, mentions=doc.mentions[:1])


def test_links_that_were_found_and_links_of_given_mentions_are_not_mixed_up(ablate, joint_folder):
    gold = [first_only(doc) for doc in DOCUMENTS]
    scores = ablate.score(joint_folder, Config(), gold, Counter(), lambda _: None)
    expected = evaluate(gold, Pipeline.load(joint_folder)(gold)).scores
    for name in ablate.FOUND:
        assert scores[name] == pytest.approx(expected[name], abs=1e-4)
    assert scores["linking.inkb.f1"] < scores["linking.disambiguation"] == 1
    assert scores.keys() == {*ablate.FOUND, *ablate.GIVEN}


def test_every_part_can_be_taken_out(ablate, joint_folder):
    for change in ablate.PARTS.values():
        scores = ablate.score(joint_folder, Config(), DOCUMENTS, Counter(), change)
        assert 0 <= scores["linking.disambiguation"] <= 1


@pytest.mark.parametrize(
    ("part", "column"),
    [
        ("without priors and counts", "counts"),
        ("without popularity", "popularity"),
        ("without names", "names"),
    ],
)
def test_what_is_taken_out_is_known_to_no_feature(ablate, joint_folder, part, column):
    linker = Pipeline.load(joint_folder).model.linker
    linker.lookup.of_mentions = lambda _: linker.lookup(["Paris"])
    assert getattr(linker.lookup.of_mentions(())[0], column).any()
    ablate.PARTS[part](linker)
    assert not getattr(linker.lookup.of_mentions(())[0], column).any()
