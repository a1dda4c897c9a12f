from collections import Counter
from dataclasses import replace
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.config import Config, DataConfig
from nerlink.data import NIL, Candidate, Document
from nerlink.errors import ConfigError, DataError
from nerlink.kb import KnowledgeBase
from nerlink.sources import write
from nerlink.training.data import (
    TrainingSet,
    candidates_outside,
    check_reach,
    count_links,
    dev_documents,
    links_in,
    links_outside,
    make_batches,
    summarise,
    training_parts,
    training_set,
    within,
    without_links,
)
from tests.world import DOCUMENTS, SILVER, marked

BARE = Document(text="Nothing to find here.", id="bare")


@pytest.fixture
def entry(tmp_path):
    """Two documents with mentions and one without, to learn from and as dev split."""
    path = tmp_path / "some.jsonl"
    write([*DOCUMENTS[:2], BARE], path)
    return DataConfig(train=path, dev=path)


def test_a_configuration_without_documents_is_refused():
    with pytest.raises(ConfigError, match=r"nothing to train on\. Add .*data.* with corpus"):
        training_parts(Config())


def test_given_documents_stand_in_place_of_the_configurations(entry):
    config = Config(data=[entry])
    [(documents, of)] = training_parts(config)
    assert [doc.id for doc in documents] == [DOCUMENTS[0].id, DOCUMENTS[1].id, "bare"]
    assert of == entry
    assert training_parts(config, iter([BARE])) == [([BARE], DataConfig())]
    assert dev_documents(config, iter([BARE])) == [BARE]


def test_a_bare_document_is_scored_only_where_its_entry_teaches_all_tasks(entry):
    assert [doc.id for doc in dev_documents(Config(data=[entry]))][-1] == "bare"
    of_links = entry.model_copy(update={"tasks": ("nel",)})
    assert "bare" not in [doc.id for doc in dev_documents(Config(data=[of_links]))]
    assert "bare" in [doc.id for doc in dev_documents(Config(data=[of_links], tasks=("nel",)))]


@pytest.mark.parametrize("chosen", [training_parts, dev_documents])
def test_a_table_is_refused(chosen):
    split = "train" if chosen is training_parts else "dev"
    with pytest.raises(DataError, match=rf"{split} is a DataFrame, .*from_frame"):
        chosen(Config(), pd.DataFrame({"text": ["Ada"]}))


MIXED = [
    marked("[Paris|LOC|paris] and [PARIS|LOC|paris] and [Paris|LOC|paris-texas].", "a"),
    marked("[Otto Nix|PER|NIL] met [Ada Byron|PER|] of [Atlantis|LOC|sunken].", "b"),
    marked("Nobody came.", "c"),
]


def read(*documents: Document, tasks=("ner", "nel"), piece_tokens=100, **entry) -> TrainingSet:
    parts = [(documents or MIXED, DataConfig(**entry))]
    return training_set(parts, tasks=tasks, piece_tokens=piece_tokens)


@pytest.fixture
def kb(kb_path):
    with KnowledgeBase.open(kb_path) as kb:
        yield kb


def test_what_is_to_be_learnt_is_counted(kb):
    summary = summarise(read(), kb)
    assert (summary.n_documents, summary.n_tokens) == (3, 6 + 8 + 3)
    assert summary.labels == {"LOC": 4, "PER": 2}
    assert (summary.n_linked, summary.n_nil, summary.n_unlinked) == (3, 1, 1)
    assert (summary.outside, summary.n_entities) == ({"sunken": 1}, 2)


def test_labels_are_counted_where_they_are_learnt():
    texts = ["[Paris|LOC|] and [Ada||]", "[Bonn|LOC|bonn]"]
    data = read(*map(marked, texts), tasks=("ner",))
    summary = summarise(data, None)
    assert (summary.labels, summary.n_unlabelled) == ({"LOC": 2}, 1)
    parts = [
        ([marked(text) for text in texts], DataConfig()),
        ([marked("[Ada|PER|ada]")], DataConfig(tasks=("nel",))),
    ]
    both = training_set(parts, tasks=("ner", "nel"), piece_tokens=100)
    assert summarise(both, None).labels == {"LOC": 2}


def test_without_a_base_there_are_no_links_outside():
    summary = summarise(read(tasks=("ner",)), None)
    assert summary.outside == {}


@pytest.mark.parametrize(
    ("entity", "hint"),
    [
        ("Parris", r"have 'Parris', the base has 'paris', .* \('Parris' may be 'paris'\)\. Make"),
        (
            "Q90",
            r"have 'Q90', the base has 'paris', 'paris-texas', 'jordan'\. Make .*from_training",
        ),
    ],
)
def test_documents_whose_links_all_lead_out_of_the_base_are_refused(kb, entity, hint):
    documents = [marked(f"[Otto|PER|NIL] saw [Paris|LOC|{entity}] and [Paris|LOC|{entity}].")]
    with pytest.raises(DataError, match=rf"none of the 2 links .*{hint}"):
        check_reach(read(*documents).examples, kb)


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        pytest.param("[Paris|LOC|paris] and [Rome|LOC|Q220]", ("ner", "nel"), id="one of two"),
        pytest.param("[Otto|PER|NIL] came.", ("ner", "nel"), id="NIL alone"),
        pytest.param("[Rome|LOC|Q220]", ("ner",), id="links that nobody learns"),
    ],
)
def test_documents_with_a_link_into_the_base_are_not_refused(kb, text, tasks):
    check_reach(read(marked(text), tasks=tasks).examples, kb)


def test_documents_lose_links_out_of_the_base_and_keep_their_mentions(kb):
    assert links_outside(MIXED, kb) == {"sunken": 1}
    kept = without_links(MIXED, kb)
    assert [m.entity for m in kept[1].mentions] == ["NIL", None, None]
    assert (kept[0], kept[2]) == (MIXED[0], MIXED[2])


def test_links_of_training_are_counted_for_the_base(kb):
    links, nil = count_links(read().examples, kb)
    assert links == {("Paris", "paris"): 1, ("PARIS", "paris"): 1, ("Paris", "paris-texas"): 1}
    assert nil == {"otto nix": 1, "atlantis": 1}


def test_links_of_documents_that_do_not_teach_linking_are_not_counted(kb):
    assert count_links(read(tasks=("ner",)).examples, kb) == (Counter(), Counter())


def test_labels_are_sorted_and_come_from_documents_that_teach_types():
    assert read().labels == ("LOC", "PER")
    parts = [(MIXED[:1], DataConfig()), (MIXED[1:], DataConfig(tasks=("nel",)))]
    assert training_set(parts, tasks=("ner", "nel"), piece_tokens=9).labels == ("LOC",)


def test_a_mention_lost_on_the_way_is_reported():
    doc = marked("[Paris|LOC|paris] won.")
    twice = Document(text=doc.text, mentions=(*doc.mentions, doc.mentions[0]))
    assert read(twice).report.n_mentions == 2
    assert len(read(twice).report.dropped) == 1


def test_long_documents_are_cut_into_pieces():
    data = read(marked("[Ada|PER|ada] won. Bob ran. Cy sat."), piece_tokens=6)
    assert [len(e.passage.tokens.words) for e in data.examples] == [6, 3]
    assert data.weights == [1, 1]


@pytest.mark.parametrize(
    ("text", "tasks", "message"),
    [
        pytest.param("Nobody.", ("ner",), "no labelled mention.*Give mentions a 'label'", id="ner"),
        pytest.param("[Ada|PER|].", ("nel",), "no linked mention.*an 'entity'", id="nel"),
    ],
)
def test_nothing_to_learn_is_refused(text, tasks, message):
    with pytest.raises(DataError, match=message):
        read(marked(text), tasks=tasks)


def test_nil_alone_can_be_learnt_from():
    assert read(marked("[Otto|PER|NIL] won.")).examples[0].spans[0].entity == NIL


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311


def test_what_is_known_of_incomplete_documents_is_counted(kb):
    summary = summarise(read(*SILVER), kb)
    assert (summary.n_documents, summary.n_incomplete) == (10, 10)
    assert (summary.n_ambiguous, summary.n_linked, summary.n_unlinked) == (10, 8, 0)
    assert summary.n_entities == 4
    assert summarise(read(*DOCUMENTS), kb).n_incomplete == 0


def test_ambiguous_mentions_are_not_counted_as_links(kb):
    links, _ = count_links(read(*SILVER).examples, kb)
    assert {surface for surface, _ in links} == {"Texas", "Mike Jordan", "Ada Byron", "Acme"}


def test_ambiguous_mentions_alone_are_enough_to_learn_linking(kb):
    data = read(SILVER[2], tasks=("nel",))
    check_reach(data.examples, kb)
    assert links_in(data.examples) == 2


def test_candidates_that_the_base_lacks_are_left_out_and_counted(kb):
    doc = SILVER[0]
    gone = tuple(
        replace(m, candidates=(Candidate(entity="sunken"), Candidate(entity=NIL), *m.candidates))
        for m in doc.mentions
    )
    data = read(replace(doc, mentions=gone), SILVER[1])
    assert candidates_outside(data, kb) == {"sunken": 2}
    inside = within(data, kb)
    assert inside.examples[0].spans[0].candidates == (NIL, "paris", "paris-texas")
    assert inside.examples[1] == data.examples[1]
    only = read(replace(doc, mentions=(replace(gone[0], candidates=gone[0].candidates[:1]),)))
    with pytest.raises(DataError, match=r"none of the 1 link .*have 'sunken'"):
        check_reach(only.examples, kb)


def test_each_epoch_draws_anew_what_is_no_mention():
    data = read(*SILVER)
    draws = [
        [e.draw for b in make_batches(data, batch_tokens=50, rng=chance(s)) for e in b]
        for s in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]
    assert len(set(draws[0])) == len(data.examples)


@given(seed=st.integers(0, 999), batch_tokens=st.integers(1, 60))
def test_every_example_is_in_one_batch_of_an_epoch(seed, batch_tokens):
    data = read(*DOCUMENTS)
    batches = list(make_batches(data, batch_tokens=batch_tokens, rng=chance(seed)))
    assert Counter(id(e) for b in batches for e in b) == Counter(map(id, data.examples))
    for batch in batches:
        assert len(batch) == 1 or sum(len(e.passage.tokens.words) for e in batch) <= batch_tokens


def test_order_varies_by_chance_alone():
    data = read(*DOCUMENTS)
    orders = [
        [id(e) for b in make_batches(data, batch_tokens=50, rng=chance(s)) for e in b]
        for s in (1, 1, 2)
    ]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(("weight", "least", "most"), [(2.0, 2, 2), (2.5, 2, 3), (0.25, 0, 1)])
def test_weights_say_how_often_an_example_is_drawn(weight, least, most):
    data = read(MIXED[0], weight=weight)
    counts = [
        sum(map(len, make_batches(data, batch_tokens=9, rng=chance(seed)))) for seed in range(400)
    ]
    assert (min(counts), max(counts)) == (least, most)
    assert sum(counts) / 400 == pytest.approx(weight, abs=0.1)
