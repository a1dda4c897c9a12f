from dataclasses import replace

import pytest

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.models import annotate as module
from nerlink.models.annotate import (
    annotate_documents,
    example_of,
    group_documents,
    passage_of,
    split_example,
)
from nerlink.models.passages import TokenSpan
from nerlink.models.storage.model import load_model
from tests.world import DOCUMENTS, marked


def test_an_example_holds_the_spans_of_a_document():
    example, report = example_of(marked("In [Paris|LOC|paris], Ada."), ("ner", "nel"))
    assert example.spans == (TokenSpan(1, 2, "LOC", "paris"),)
    assert example.passage.surface(example.spans[0]) == "Paris"
    assert (example.tasks, report.n_documents) == ({"ner", "nel"}, 1)


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        pytest.param("[Paris|LOC|]", {"ner"}, id="only types"),
        pytest.param("[Paris||paris]", {"nel"}, id="only links"),
        pytest.param("[Paris|LOC|paris] and [Ada||]", {"ner", "nel"}, id="one without a type"),
        pytest.param("[Paris||] and [Ada||]", set(), id="nothing known"),
        pytest.param("Nobody.", {"ner"}, id="no mention"),
    ],
)
def test_an_example_teaches_what_its_document_has(text, tasks):
    assert example_of(marked(text), ("ner", "nel"))[0].tasks == tasks
    assert example_of(marked(text), ("ner",))[0].tasks == tasks & {"ner"}


def test_candidates_say_what_is_meant_in_incomplete_documents_alone():
    doc = marked("[Paris||] and [Texas|LOC|texas] and [Rome||]")
    open_, *others = doc.mentions
    either = (Candidate(entity="paris"), Candidate(entity="paris-texas"))
    doc = replace(doc, mentions=(replace(open_, candidates=either), *others), complete=False)
    example, _ = example_of(doc, ("ner", "nel"))
    assert [span.answers for span in example.spans] == [("paris", "paris-texas"), ("texas",), ()]
    assert (example.is_complete, example.tasks) == (False, {"ner", "nel"})
    whole, _ = example_of(replace(doc, complete=True), ("ner", "nel"))
    assert [span.answers for span in whole.spans] == [(), ("texas",), ()]
    assert all(not piece.is_complete for piece in split_example(example, 2))


def test_a_mention_that_means_one_of_several_teaches_linking():
    doc = marked("[Paris||] won.")
    mention = replace(doc.mentions[0], candidates=(Candidate(entity="paris"),))
    doc = replace(doc, mentions=(mention,))
    assert example_of(doc, ("ner", "nel"))[0].tasks == set()
    assert example_of(replace(doc, complete=False), ("ner", "nel"))[0].tasks == {"nel"}


def test_long_examples_are_cut_between_sentences():
    doc = marked("[Ada|PER|ada] won. [Bob|PER|] lost it. [Cy|PER|] ran.")
    example, _ = example_of(doc, ("ner",))
    pieces = list(split_example(example, 5))
    assert [piece.passage.tokens.words for piece in pieces] == [
        ["Ada", "won", "."],
        ["Bob", "lost", "it", "."],
        ["Cy", "ran", "."],
    ]
    assert [piece.spans[0].first for piece in pieces] == [0, 0, 0]
    surfaces = [piece.passage.surface(piece.spans[0]) for piece in pieces]
    assert surfaces == ["Ada", "Bob", "Cy"]
    assert [piece.passage.tokens.sentences for piece in pieces] == [[(0, 3)], [(0, 4)], [(0, 3)]]


def test_neighbouring_sentences_share_a_piece_while_they_fit():
    example, _ = example_of(marked("A b. C d. E f."), ("ner",))
    assert [len(piece.passage.tokens.words) for piece in split_example(example, 6)] == [6, 3]
    assert len(list(split_example(example, 100))) == 1


def test_a_sentence_longer_than_a_piece_stays_whole():
    example, _ = example_of(Document(text="one two three four five"), ("ner",))
    assert len(list(split_example(example, 2))) == 1


def test_a_document_without_words_gives_no_piece():
    assert list(split_example(example_of(Document(text=" "), ("ner",))[0], 5)) == []


def test_groups_hold_a_bounded_number_of_tokens(monkeypatch):
    monkeypatch.setattr(module, "GROUP_TOKENS", 10)
    documents = [Document(text="one two three four")] * 7
    assert [len(group) for group in group_documents(documents)] == [3, 3, 1]


def test_groups_hold_a_bounded_number_of_empty_documents(monkeypatch):
    monkeypatch.setattr(module, "GROUP_TOKENS", 10)
    assert [len(group) for group in group_documents([Document(text="")] * 25)] == [10, 10, 5]


def test_nested_mentions_are_all_linked(trained):
    model = load_model(trained("nel"))
    text = "Mike Jordan won in Paris."
    places = [(0, 11, "PER"), (5, 11, "LOC"), (19, 24, "LOC"), (5, 11, "PER")]
    mentions = tuple(Mention(start=s, end=e, label=label) for s, e, label in places)
    (doc,) = annotate_documents(model, [Document(text=text, mentions=mentions)], link_only=True)
    assert [(m.start, m.end, m.label) for m in doc.mentions] == places
    assert doc.mentions[0].entity == "player"
    assert all(m.entity in ("jordan", "player", NIL) for m in doc.mentions[1::2])
    assert all(m.link_score is not None for m in doc.mentions)


def test_the_rest_of_a_document_comes_back_untouched(joint_folder):
    model = load_model(joint_folder)
    doc = Document(text=DOCUMENTS[0].text, id="x", meta={"page": 7}, sentences=((0, 25), (26, 53)))
    (found,) = annotate_documents(model, [doc])
    assert (found.id, found.meta, found.sentences) == ("x", {"page": 7}, doc.sentences)
    assert found.mentions


def test_a_passage_has_the_tokens_of_its_document():
    doc = Document(text="ab cd", tokens=((0, 1), (1, 5)))
    assert passage_of(doc).tokens.words == ["a", "b cd"]


def test_columns_of_replaced_mentions_go_with_them(model):
    doc = marked("[Paris|LOC|paris] is on the river.")
    doc = replace(doc, meta={"mention_columns": {"by": ["me"]}, "source": "here"})
    (found,) = annotate_documents(model, [doc])
    (linked,) = annotate_documents(model, [doc], link_only=True)
    assert found.meta == {"source": "here"}
    assert linked.meta == doc.meta
