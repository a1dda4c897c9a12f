from dataclasses import replace

import pytest

from nerlink.data import Candidate, Document, Mention, NilKind
from nerlink.evaluation import count_entities, evaluate
from nerlink.evaluation.breakdown import SEEN_BUCKETS, bucket_of
from tests.evaluation.marked import marked


@pytest.mark.parametrize(
    ("count", "bucket"),
    [(0, "0"), (1, "1"), (2, "2-10"), (10, "2-10"), (11, "11-100"), (100, "11-100"), (101, "more")],
)
def test_counts_fall_into_buckets(count, bucket):
    assert bucket_of(count, SEEN_BUCKETS) == bucket


def test_links_of_training_documents_are_counted():
    documents = [marked("[Rome|LOC|Q220] [Bo|PER|NIL]"), marked("[Rome|LOC|Q220] [Ada|PER|Q7]")]
    assert count_entities(documents) == {"Q220": 2, "Q7": 1}
    assert count_entities(iter([])) == {}


def test_accuracy_by_label_and_by_training_frequency():
    gold = [marked("[Rome|LOC|Q220] [Turin|LOC|Q495] [Ada|PER|Q7]")]
    predicted = [marked("[Rome|LOC|Q220] [Turin|LOC|Q1] [Ada|PER|Q7]")]
    tables = evaluate(gold, predicted, seen={"Q220": 50, "Q7": 1}).tables
    assert tables["linking.labels"].rows == (("LOC", 0.5, 2), ("PER", 1.0, 1))
    assert tables["linking.seen"].rows == (("0", 0.0, 1), ("1", 1.0, 1), ("11-100", 1.0, 1))


def test_accuracy_by_number_of_candidates():
    gold = marked("[Rome|LOC|Q220] [Turin|LOC|Q495]")
    mentions = tuple(
        Mention(
            start=m.start,
            end=m.end,
            entity="Q220",
            candidates=tuple(Candidate(entity=f"Q{n}") for n in range(size)),
        )
        for m, size in zip(gold.mentions, (1, 5), strict=True)
    )
    tables = evaluate([gold], [Document(text=gold.text, mentions=mentions)]).tables
    assert tables["linking.candidates"].rows == (("1", 1.0, 1), ("4-10", 0.0, 1))


def test_tables_that_cannot_be_filled_are_absent():
    tables = evaluate([marked("[Rome||Q220]")], [marked("[Rome||Q220]")]).tables
    assert not {"linking.labels", "linking.seen", "linking.candidates"} & tables.keys()


def test_nil_is_told_apart_by_its_reason():
    gold = [marked("[Rome|LOC|Q220] [Rossi|PER|NIL] [Acme|ORG] and Oslo")]
    kinds = (NilKind.NO_CANDIDATE, NilKind.PREDICTED, NilKind.PREDICTED, NilKind.PREDICTED)
    found = marked("[Rome|LOC|NIL] [Rossi|PER|NIL] [Acme|ORG|NIL] and [Oslo|LOC|NIL]")
    mentions = tuple(replace(m, nil=n) for m, n in zip(found.mentions, kinds, strict=True))
    table = evaluate(gold, [replace(found, mentions=mentions)]).tables["linking.nil.kinds"]
    assert table.columns[2:] == (
        *("gold is NIL", "gold is an entity", "gold is not linked", "gold is no mention"),
    )
    assert table.rows == (("no candidate", 1, 0, 1, 0, 0), ("predicted", 3, 1, 0, 1, 1))
