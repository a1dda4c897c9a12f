"""Each line of advice where it holds, and where it does not."""

import re
import tomllib
from dataclasses import replace

import pytest

from nerlink.config import Config, KnowledgeBaseConfig, LinkerConfig
from nerlink.converters import AlignmentReport
from nerlink.data import NIL, Candidate, Document, Entity
from nerlink.evaluation import evaluate
from nerlink.kb import KnowledgeBase
from nerlink.models.build import candidate_generator
from nerlink.models.linker.lookup import Lookup
from nerlink.training.advice import (
    Trained,
    advise,
    another_threshold,
    missing_candidates,
    too_few_steps,
    unlearnt_nil,
)
from nerlink.training.data import Summary
from tests.world import marked

SUMMARY = Summary(n_documents=9, n_tokens=90, labels={}, alignment=AlignmentReport.total([]))


def trained(gold=(), found=(), *, config=None, **values) -> Trained:
    """A run of 500 steps that learnt well, or as values say."""
    gold, found = (
        [replace(doc, id=str(n)) for n, doc in enumerate(docs)] for docs in (gold, found)
    )
    facts = {"scores": [0.8, 0.9, 0.9], "losses": [2.0, 0.5, 0.1], "n_steps": 500}
    report = evaluate(gold, found) if gold and found else None
    return Trained(
        config=config or Config(),
        summary=values.pop("summary", SUMMARY),
        gold=gold,
        found=found,
        report=report,
        **facts | values,
    )


def answer(doc: Document, links: list[tuple[str, str, float]]) -> Document:
    """A document as a model answers: an entity, the best candidate and its score, a mention."""
    mentions = tuple(
        replace(
            mention,
            entity=entity,
            link_score=score if entity == best else 1 - score,
            candidates=(Candidate(entity=best, score=score), Candidate(entity="z", score=0.01)),
        )
        for mention, (entity, best, score) in zip(doc.mentions, links, strict=True)
    )
    return replace(doc, mentions=mentions)


def remedy(line: str) -> Config:
    """The configuration that a line says to try."""
    section, value = re.search(r"\[(\w+)\] (\w+ = (?:\[.*\]|\"\w+\"|[\d.]+))", line).groups()
    return Config(**tomllib.loads(f"[{section}]\n{value}"))


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"n_steps": 32, "scores": [0.0, 0.1], "losses": [2.0, 1.0]},
            "32 steps in 2 epochs are few, and the best score on dev is 10.0%. "
            "Try [training] epochs = 7",
        ),
        (
            {"n_steps": 4, "scores": [], "losses": [2.0, 1.34]},
            "4 steps in 2 epochs are few, and the loss is still 1.34. Try [training] epochs = 50",
        ),
        (
            {"n_steps": 9, "scores": [], "losses": [2.0]},
            "9 steps in 1 epoch are few, and the loss is still 2.00. Try [training] epochs = 12",
        ),
        (
            {"n_steps": 900, "scores": [0.3, 0.5, 0.532], "losses": [2.0, 1.0, 0.9]},
            "900 steps in 3 epochs may be few: the score on dev rose by 3.2 points in the last of "
            "them. Try [training] epochs = 6",
        ),
    ],
    ids=["few with dev", "few without", "one epoch", "rising"],
)
def test_too_few_steps_are_told_with_the_epochs_that_are_enough(facts, line):
    hint = too_few_steps(trained(**facts))
    assert hint and hint.line == line
    assert remedy(line).training.epochs == int(line.rpartition(" ")[2])


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({}, id="many"),
        pytest.param({"n_steps": 60, "scores": [0.8, 0.95, 0.95]}, id="few are enough"),
        pytest.param({"n_steps": 60, "scores": [], "losses": [2.0, 0.1]}, id="learnt by heart"),
        pytest.param({"scores": [0.2, 0.4, 0.4]}, id="low, but not for want of steps"),
        pytest.param({"scores": [0.6, 0.8, 0.7]}, id="falling"),
    ],
)
def test_nothing_is_said_of_steps_that_are_enough(facts):
    assert too_few_steps(trained(**facts)) is None


@pytest.fixture
def lookup(tmp_path):
    """The candidates of a base with two names, by the generators of a configuration."""

    def make(config: KnowledgeBaseConfig) -> Lookup:
        names = {"oslo": "Oslofjord", "bergen": "Bergenhus"}
        entities = [Entity(id=id_, name=name) for id_, name in names.items()]
        base = KnowledgeBase.create(tmp_path / "kb.sqlite", entities)
        if "fuzzy" in config.generators:
            base.index_fuzzy()
        bases.append(base)
        return Lookup(base, candidate_generator(base, config), limit=30)

    bases: list[KnowledgeBase] = []
    yield make
    for base in bases:
        base.close()


def lines(gold: list[Document], lookup, folder, **kb) -> list[str]:
    config = Config(kb=KnowledgeBaseConfig(**kb))
    run = trained(gold, config=config)
    return [hint.line for hint in missing_candidates(run, lookup(config.kb), folder)]


MISSPELT = [marked("[Oslofjord|LOC|oslo], [Osl0fjord|LOC|oslo], [Bergenhvs|LOC|bergen]")]


def test_what_fuzzy_would_find_is_told(lookup, tmp_path):
    (line,) = lines(MISSPELT, lookup, tmp_path)
    assert line == (
        "candidates: 33.3% of dev links to the base have their entity among them, 100.0% with "
        'fuzzy. Try [kb] candidates = ["normalised", "fuzzy"]'
    )
    assert remedy(line).kb.candidates == ("normalised", "fuzzy")
    with KnowledgeBase.open(tmp_path / "kb.sqlite") as base:
        assert base.search("Osl0fjord") == []  # the index is in a copy


@pytest.mark.parametrize(
    ("gold", "kb"),
    [
        pytest.param([marked("[Oslofjord|LOC|oslo] is deep.")], {}, id="all are found"),
        pytest.param(MISSPELT, {"candidates": ["normalised", "fuzzy"]}, id="it is asked already"),
    ],
)
def test_fuzzy_is_not_named_where_it_finds_nothing_more(lookup, tmp_path, gold, kb):
    assert lines(gold, lookup, tmp_path, **kb) == []


def test_a_large_base_is_not_copied(lookup, tmp_path, monkeypatch):
    monkeypatch.setattr("nerlink.training.advice.CHEAP", 1)
    (line,) = lines(MISSPELT, lookup, tmp_path)
    assert line.startswith("names: of 3 dev links, 66.7% have no name")


def test_links_that_no_name_leads_to_and_entities_out_of_the_base_are_told(lookup, tmp_path):
    gold = [marked("[Oslofjord|LOC|oslo], [Tigerstaden|LOC|oslo], [Rome|LOC|rome], [X|LOC|y]")]
    assert lines(gold, lookup, tmp_path) == [
        "names: of 4 dev links, 25.0% have no name that leads to their entity, and the entities "
        'of 50.0% are not in the base. Add names and entities: [kb] tables = ["entities.csv"]'
    ]


GOLD = [marked(" ".join(f"[Paris|LOC|{entity}]" for entity in "aabb"))]
UNSURE = [answer(GOLD[0], [("a", "a", 0.9), (NIL, "a", 0.4), (NIL, "b", 0.38), (NIL, "a", 0.1)])]


def test_a_better_threshold_is_told():
    hint = another_threshold(trained(5 * GOLD, 5 * UNSURE))
    assert hint and hint.line == (
        "threshold: 0.38 gives InKB F1 85.7% on dev, in place of 40.0%. "
        'Try [linker] target = "f1", or now --threshold 0.38'
    )
    assert remedy(hint.line).linker.target == "f1"


@pytest.mark.parametrize(
    ("found", "config"),
    [
        pytest.param(UNSURE, Config(linker=LinkerConfig(target="f1")), id="it was fitted"),
        pytest.param(
            [answer(GOLD[0], [(e, e, 0.9) for e in "aabb"])], Config(), id="it is as good"
        ),
        pytest.param([replace(GOLD[0], mentions=())], Config(), id="nothing is found"),
    ],
)
def test_no_threshold_is_named_where_none_is_better(found, config):
    assert another_threshold(trained(5 * GOLD, 5 * found, config=config)) is None


def test_no_threshold_is_named_after_a_few_links():
    assert another_threshold(trained(GOLD, UNSURE)) is None


def test_links_taken_for_nil_are_told_where_training_has_no_nil():
    hint = unlearnt_nil(trained(GOLD, UNSURE))
    assert hint and hint.line == (
        "NIL: 2 of 4 dev links were taken for NIL although their entity is a candidate; training "
        "has no NIL. Try [linker] candidate_dropout = 0.1"
    )
    assert remedy(hint.line).linker.candidate_dropout == 0.1


@pytest.mark.parametrize(
    ("found", "summary"),
    [
        pytest.param(UNSURE, replace(SUMMARY, n_nil=3), id="training has NIL"),
        pytest.param(UNSURE, replace(SUMMARY, outside={"q": 1}), id="links out of the base"),
        pytest.param([answer(GOLD[0], [("a", "a", 0.9)] * 4)], SUMMARY, id="none is NIL"),
        pytest.param([answer(GOLD[0], [(NIL, "c", 0.2)] * 4)], SUMMARY, id="none has a candidate"),
    ],
)
def test_nothing_is_said_of_nil_otherwise(found, summary):
    assert unlearnt_nil(trained(GOLD, found, summary=summary)) is None


def test_the_weightiest_lines_come_first_and_no_more_than_four(lookup, tmp_path):
    gold = [*MISSPELT, marked("[Rome|LOC|rome] and [Paris|LOC|a]")]
    found = [*MISSPELT, answer(gold[1], [(NIL, "rome", 0.4), (NIL, "a", 0.3)])]
    run = trained(gold, found, n_steps=9, scores=[0.1])
    told = advise(run, lookup(Config().kb), tmp_path)
    assert [line.split()[0] for line in told] == ["9", "candidates:", "names:", "NIL:"]


def test_without_development_documents_only_steps_are_spoken_of(lookup, tmp_path):
    of_base = lookup(Config().kb)
    assert len(advise(trained(n_steps=9, scores=[], losses=[2.0]), of_base, tmp_path)) == 1
    assert advise(trained(scores=[]), of_base, tmp_path) == ()
    assert advise(trained(GOLD, UNSURE), None, tmp_path) == ()


def test_what_a_dictionary_marked_is_called_so_and_says_nothing_of_candidates(lookup, tmp_path):
    gold = [replace(marked("[Paris|LOC|paris] won."), complete=False)]
    found = [answer(gold[0], [(NIL, "paris", 0.4)])]
    run = trained(gold, found, scores=[0.1, 0.3], n_steps=20)
    asked, steps = advise(run, lookup(KnowledgeBaseConfig()), tmp_path)
    assert "the best agreement with the dictionary is 30.0%" in steps
    assert asked.endswith("--dev gold.jsonl")
