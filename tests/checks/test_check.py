import json
from dataclasses import replace

import pytest

from nerlink import KnowledgeBase
from nerlink.checks import FindingKind, check
from nerlink.data import Document, Entity, Mention
from nerlink.errors import DataError
from tests.evaluation.marked import marked
from tests.world import DOCUMENTS, SILVER

SOUND = [marked("[Paris|LOC|paris] is on the river."), marked("[Ada|PER|ada] met [Otto|PER|NIL].")]


def findings(documents, **options):
    """Each kind that was found, with its count."""
    return {one.kind: one.count for one in check(documents, **options).findings}


def examples(kind, documents, **options):
    """The surface and the note of each example of a kind, and where it stands."""
    (found,) = [one for one in check(documents, **options).findings if one.kind is kind]
    return [(one.document, one.surface, one.note) for one in found.examples]


def test_nothing_is_fishy_about_sound_documents():
    report = check(SOUND)
    assert report.findings == ()
    assert str(report).endswith("Nothing fishy was found.")


def test_mentions_are_counted_by_split_label_and_link():
    more = marked("[Rome|LOC] and [Pisa||pisa]")
    one, other = check([*SOUND, Document(text="Nobody.")], dev=[more]).splits
    assert (one.name, one.documents, one.mentions, one.bare) == ("train", 3, 3, 1)
    assert (one.linked, one.nil, one.unlinked, one.entities) == (2, 1, 0, 2)
    assert (other.name, other.linked, other.unlinked, other.unlabelled) == ("dev", 1, 1, 1)
    assert (one.labels, other.labels) == ({"PER": 2, "LOC": 1}, {"LOC": 1})


def test_what_is_not_known_is_counted_apart():
    bare = Document(text="Nobody.", complete=False)
    report = check([*SILVER, bare])
    (one,) = report.splits
    assert (one.documents, one.incomplete, one.ambiguous, one.unlinked) == (11, 11, 10, 0)
    assert "What is not known" in str(report)
    assert "What is not known" not in str(check(SOUND))
    assert FindingKind.BARE not in {found.kind for found in report.findings}


def test_documents_may_be_a_stream_and_must_be_sound():
    assert check(iter(SOUND)).splits[0].documents == 2
    with pytest.raises(DataError, match="document 1: mention 0: start 0, end 9 reaches outside"):
        check([Document(text="Ada", mentions=(Mention(start=0, end=9),))])


def test_a_document_of_two_splits_is_a_leak_whatever_its_white_space():
    again = marked(" [Paris|LOC|paris]  is on\nthe river.", id="again")
    assert findings(SOUND, dev=[again]) == {FindingKind.LEAK: 1, FindingKind.ONE_SPLIT: 1}
    assert examples(FindingKind.LEAK, SOUND, test=[again]) == [
        ("again", again.text, "as document 1 of train")
    ]


def test_a_document_twice_in_a_split_says_whether_its_mentions_agree():
    other = marked("[Paris|PER|paris] is on the river.", id="other")
    assert examples(FindingKind.DUPLICATE, [*SOUND, SOUND[0], other]) == [
        ("document 3", SOUND[0].text, "as document 1 of documents"),
        ("other", other.text, "as document 1 of documents, with other mentions"),
    ]


def test_documents_without_a_mention_are_named_and_blank_ones_are_no_copies():
    bare = [Document(text="", id="a"), Document(text=" ", id="b")]
    assert examples(FindingKind.BARE, [*SOUND, *bare]) == [("a", "", ""), ("b", " ", "")]


@pytest.mark.parametrize(
    ("text", "kind", "example"),
    [
        ("met[ Ada|PER] there", FindingKind.SPACE, (" Ada", "")),
        ("met[ |PER]there", FindingKind.SPACE, (" ", "nothing else")),
        ("a [Paris|LOC]ian day", FindingKind.HALF_WORD, ("Paris", "inside 'Parisian'")),
        ("a [pro|LOC]-Paris man", FindingKind.HALF_WORD, ("pro", "inside 'pro-Paris'")),
        ("[He came. Ada|PER] left.", FindingKind.ACROSS, ("He came. Ada", "")),
    ],
)
def test_a_border_in_the_wrong_place_is_found(text, kind, example):
    assert examples(kind, [marked(text)]) == [("document 1", *example)]


def test_a_mention_inside_another_is_found_with_the_other():
    both = (Mention(start=0, end=13, label="ORG"), Mention(start=8, end=13, label="LOC"))
    doc = Document(text="Bank of Paris", mentions=both)
    assert examples(FindingKind.OVERLAP, [doc]) == [
        ("document 1", "Paris", "beside 'Bank of Paris' (ORG)")
    ]


def test_a_mention_that_tokens_leave_out_is_found():
    doc = replace(marked("Ada [met|PER] Bob"), tokens=((0, 3), (8, 11)))
    assert findings([doc]) == {FindingKind.UNCOVERED: 1}


def test_a_surface_with_several_labels_is_shown_by_the_rarest():
    often = [marked("[Paris|LOC] rose.", id=f"a{n}") for n in range(3)]
    often = [replace(doc, text=doc.text + str(n)) for n, doc in enumerate(often)]
    rare = marked("[Paris|PER] drew his bow.", id="rare")
    for documents in ([*often, rare], [rare, *often]):
        ((_, surface, note),) = examples(FindingKind.SURFACE, documents)
        assert (surface, note) == ("Paris", "LOC 3, PER 1 in all")
    assert examples(FindingKind.SURFACE, [*often, rare])[0][0] == "rare"


def test_labels_that_differ_in_case_and_labels_of_one_split_are_found():
    dev = [marked("[Rome|loc] and [Ada|PER]")]
    assert examples(FindingKind.CASE, SOUND, dev=dev) == [("document 1", "Rome", "also LOC")]
    assert examples(FindingKind.ONE_SPLIT, SOUND, dev=dev) == [
        ("document 1", "Paris", "only in train"),
        ("document 1", "Rome", "only in dev"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Q90", "http://www.wikidata.org/entity/Q90", True),
        ("wd:Q90", "<http://www.wikidata.org/entity/Q90>", True),
        ("Q90", "q90", True),
        ("New York", "New_York", True),
        ("AC/DC", "DC", False),
        ("GO:0005737", "CL:0005737", False),
        ("Q90", "Q91", False),
    ],
)
def test_an_entity_under_two_ids_is_found(one, other, is_same):
    documents = [
        Document(text="Paris", id=id_, mentions=(Mention(start=0, end=5, entity=id_),))
        for id_ in (one, other)
    ]
    documents[1] = replace(documents[1], text="Paris!")
    found = findings(documents)
    assert found == ({FindingKind.TWO_IDS: 1} if is_same else {})


def test_what_the_base_has_under_two_ids_are_two_entities(tmp_path):
    documents = [marked("[It|WORK|it] and [IT|FIELD|IT]")]
    assert findings(documents) == {FindingKind.TWO_IDS: 1}
    entities = [Entity(id="it", name="It"), Entity(id="IT", name="IT")]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", entities) as kb:
        assert findings(documents, kb=kb) == {}


def test_links_that_the_base_lacks_are_counted_and_the_right_id_is_named(kb_path):
    texts = [marked("[Rome|LOC|rome] and [Rome|LOC|rome]"), marked("[Ada|PER|http://x.org/ada]")]
    assert findings(texts, kb=kb_path) == {FindingKind.OUTSIDE: 3}
    notes = [note for _, _, note in examples(FindingKind.OUTSIDE, texts, kb=kb_path)]
    assert notes == ["", "", "the base has ada"]


def test_reach_is_that_of_links_into_the_base_by_generator(kb_path):
    texts = [*DOCUMENTS, marked("[ada byron|PER|ada], [Rome|LOC|rome], [Otto|PER|NIL]")]
    report = check(texts, kb=kb_path)
    reach = {one.generator: one for one in report.reach}
    assert {one.mentions for one in report.reach} == {19}
    assert reach["exact"].recall["all"] == pytest.approx(18 / 19)
    assert reach["normalised"].recall["all"] == 1
    assert reach["all as a model"].recall["1"] < 1
    assert "all as a model" in str(report)
    assert check(texts).reach == ()


def test_examples_are_as_many_as_wanted_and_stand_in_their_text():
    docs = [
        marked(f"{'Long ago ' * 40}a [Paris|LOC]ian, {n} {'and so on ' * 40}") for n in range(9)
    ]
    (found,) = check(docs, n_examples=2).findings
    assert (found.count, len(found.examples)) == (9, 2)
    one = found.examples[0]
    assert docs[0].text[one.start : one.end] == one.surface == "Paris"
    assert len(one.text) < 300
    assert "a «Paris»ian, 0 and" in str(one)


def test_of_a_document_the_beginning_is_shown():
    long, short = Document(text="Nobody came. " * 30), Document(text="Nobody.")
    (found,) = check([long, short]).findings
    first, second = map(str, found.examples)
    assert first.endswith("came. Nob»…")
    assert second == "documents document 2, 0-7: «Nobody.»"


def test_the_report_is_plain_json():
    record = json.loads(check([*SOUND, SOUND[0]]).to_json())
    assert record["splits"][0]["labels"] == {"PER": 2, "LOC": 2}
    (found,) = record["findings"]
    assert (found["kind"], found["count"]) == ("document twice in a split", 1)
    assert found["examples"][0]["document"] == "document 3"
    assert found["advice"]
    assert not found["may_be_right"]


def test_many_labels_are_shown_as_one_row_and_all_are_in_the_report():
    report = check([marked(f"[Ada|L{n}] came, {n}.") for n in range(40)])
    assert "10 further labels" in str(report)
    assert len(report.splits[0].labels) == 40


def test_reach_is_measured_on_documents_drawn_where_there_are_many(kb_path, monkeypatch):
    monkeypatch.setattr("nerlink.checks.reach.MOST", 20)
    known = [marked(f"[Acme|ORG|acme] sold {n} anvils.") for n in range(100)]
    unknown = [marked(f"[Nobody|PER|ada] bought {n}.") for n in range(100)]
    (exact, *_) = check([*known, *unknown], kb=kb_path).reach
    assert exact.mentions == 20
    assert 0.2 < exact.recall["all"] < 0.8
