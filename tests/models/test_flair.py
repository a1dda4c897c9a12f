from dataclasses import replace

from nerlink.converters import to_sentences
from nerlink.data import NIL
from nerlink.models.flair import examples_from, gold_spans, write_links, write_spans
from nerlink.models.passages import Link, TokenSpan, runs_of
from tests.world import marked

DOC = marked("It is [Ada Byron|PER|ada]. At [Acme|ORG|], [Otto||NIL] ran.")
SPANS = (
    TokenSpan(2, 4, "PER", "ada"),
    TokenSpan(6, 7, "ORG", None),
    TokenSpan(8, 9, None, NIL),
)


def test_labels_of_sentences_become_gold_spans():
    (run,) = runs_of(to_sentences(DOC))
    assert gold_spans(run) == SPANS


def test_examples_teach_the_tasks_that_sentences_name():
    tasks = ("ner", "nel")
    typed, linked = marked("[Ada|PER|] won."), marked("[Ada||ada] won.")
    runs = runs_of([*to_sentences(typed), *to_sentences(linked)])
    assert [example.tasks for example in examples_from(runs, tasks)] == [{"ner"}, {"nel"}]


def test_sentences_without_named_tasks_teach_all():
    (run,) = runs_of(to_sentences(DOC))
    for sentence in run.sentences:
        sentence.remove_labels("multitask_id")
    assert examples_from([run], ("ner", "nel"))[0].tasks == {"ner", "nel"}


def test_sentences_of_incomplete_documents_do_not_teach_what_is_no_mention():
    (run,) = runs_of(to_sentences(replace(DOC, complete=False), tasks=()))
    assert examples_from([run], ("ner", "nel"))[0].tasks == {"nel"}


def test_found_spans_become_labels_of_their_sentence():
    (run,) = runs_of(to_sentences(DOC, tasks=()))
    write_spans(run, [(SPANS[0], 0.9), (SPANS[1], 0.8)], "found")
    labels = [[label.value for label in s.get_labels("found")] for s in run.sentences]
    assert labels == [["PER"], ["ORG"]]
    assert run.sentences[1].get_labels("found")[0].data_point.text == "Acme"


def test_links_become_labels_and_nil_becomes_unknown():
    (run,) = runs_of(to_sentences(DOC, tasks=()))
    write_links(run, [(SPANS[0], Link("ada", 0.9, ())), (SPANS[2], Link(NIL, 0.7, ()))], "nel")
    labels = [label for sentence in run.sentences for label in sentence.get_labels("nel")]
    assert [(label.value, label.score) for label in labels] == [("ada", 0.9), ("<unk>", 0.7)]


def test_earlier_labels_of_the_name_go():
    (run,) = runs_of(to_sentences(DOC))
    write_spans(run, [(SPANS[1], 0.8)], "ner")
    assert [label.value for s in run.sentences for label in s.get_labels("ner")] == ["ORG"]
