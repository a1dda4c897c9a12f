"""What the curves of cold starts compare, and the walk through the commands, by their parts."""

import importlib
import shlex

from nerlink import NIL, Candidate, Document, KnowledgeBase, Mention, evaluate
from tests.cli.test_app import LEAVES

curves = importlib.import_module("experiments.cold-start.curves")
walk = importlib.import_module("experiments.cold-start.walk")

OPEN = Mention(
    start=0, end=3, candidates=(Candidate(entity="ada"), Candidate(entity="ada-2", prior=0.1))
)
NOTHING = Mention(start=4, end=7, label="PER", entity=NIL)


def test_borders_are_those_of_linked_mentions_alone():
    gold = [Document(text="Ada Bob", id="a", mentions=(Mention(start=0, end=3, entity="x"),))]
    found = [Document(text="Ada Bob", id="a", mentions=(Mention(start=0, end=3, entity="y"),))]
    assert evaluate(gold, found).scores["linking.inkb.f1"] == 0
    same = evaluate(curves.borders(gold), curves.borders(found))
    assert same.scores["linking.inkb.f1"] == 1
    (bare,) = curves.borders([Document(text="Ada Bob", mentions=(OPEN, NOTHING))])
    assert bare.mentions == ()


def test_a_plain_match_means_the_first_candidate():
    (doc,) = curves.linked_by_prior([Document(text="Ada Bob", mentions=(OPEN, NOTHING))])
    assert [mention.entity for mention in doc.mentions] == ["ada", NIL]


def test_a_base_of_training_mentions_has_names_without_counts(tmp_path):
    texts = ("flu", "flu", "influenza")
    pool = [
        Document(text=text, mentions=(Mention(start=0, end=len(text), entity="D1"),))
        for text in texts
    ]
    for names, expected in ((1, {"flu"}), (0, {"flu", "influenza"})):
        path = tmp_path / f"{names}.sqlite"
        corpus = curves.Corpus(name="any", names=names)
        curves.make_base(corpus, curves.Config(), pool, path)
        with KnowledgeBase.open(path) as kb:
            assert set(kb["D1"].aliases) | {kb["D1"].name} == expected
            assert sum(kb["D1"].aliases.values()) == 0


def test_a_base_that_the_corpus_brings_has_names_alone(tmp_path):
    table = tmp_path / "towns.csv"
    table.write_text('id,name,aliases\nTX,"Paris, Texas",Paree\nFR,Paris,City of Light\n')
    config = curves.Config(kb={"tables": [str(table)]})
    for aliases, expected in (
        (False, {"Paris, Texas", "Paris"}),
        (True, {"Paris, Texas", "Paree"}),
    ):
        path = tmp_path / f"{aliases}.sqlite"
        curves.make_base(curves.Corpus(name="any", aliases=aliases), config, [], path)
        with KnowledgeBase.open(path) as kb:
            assert set(kb["TX"].aliases) | {kb["TX"].name} == expected
            assert len(kb) == 2


def test_the_borders_of_mentions_without_a_link_count_where_all_do():
    (doc,) = curves.borders([Document(text="Ada Bob", mentions=(OPEN, NOTHING))], all_=True)
    assert [(one.start, one.end) for one in doc.mentions] == [(0, 3), (4, 7)]


def test_each_step_of_the_walk_is_a_command():
    for step, command in walk.STEPS.items():
        words = shlex.split(command)
        assert not words or " ".join(words[:2]) in LEAVES or words[0] in LEAVES, step
