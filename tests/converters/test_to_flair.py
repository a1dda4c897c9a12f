from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from flair.data import Sentence
from flair.models import MultitaskModel

from nerlink.converters import (
    AlignmentReport,
    AlignmentWarning,
    IncompleteWarning,
    to_corpus,
    to_sentences,
)
from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.errors import DataError

DOC = Document(
    text="Ada met Bob.\n\nHe left  Oslo.",
    mentions=(
        Mention(start=0, end=3, label="PER", entity="Q1", score=0.5),
        Mention(start=8, end=11, label="PER", entity=NIL),
        Mention(start=23, end=27, label="LOC"),
    ),
)

SHORT = Document(
    text="Ada won. Yes.", mentions=(Mention(start=0, end=3, label="PER", entity="Q1"),)
)


def labels(sentence: Sentence, label_type: str) -> list[tuple[str, str]]:
    return [(label.data_point.text, label.value) for label in sentence.get_labels(label_type)]


def test_offsets_are_those_of_the_document() -> None:
    for sentence in to_sentences(DOC):
        for token in sentence:
            start = sentence.start_position + token.start_position
            assert DOC.text[start : start + len(token.text)] == token.text
    assert [sentence.start_position for sentence in to_sentences(DOC)] == [0, 14]


def test_text_of_a_sentence_keeps_its_spaces() -> None:
    assert [sentence.text for sentence in to_sentences(DOC)] == ["Ada met Bob.", "He left  Oslo."]


def test_mentions_become_span_labels() -> None:
    first, second = to_sentences(DOC)
    assert labels(first, "ner") == [("Ada", "PER"), ("Bob", "PER")]
    assert labels(first, "nel") == [("Ada", "Q1"), ("Bob", "<unk>")]
    assert (labels(second, "ner"), labels(second, "nel")) == ([("Oslo", "LOC")], [])
    assert first.get_labels("ner")[0].score == 0.5


def test_only_the_asked_tasks_are_labelled() -> None:
    first, _ = to_sentences(DOC, tasks=["nel"])
    assert labels(first, "ner") == []
    assert [label.value for label in first.get_labels("multitask_id")] == ["nel"]


def test_multitask_ids_make_flair_train_on_what_is_annotated() -> None:
    links_only = Document(text="Ada.", mentions=(Mention(start=0, end=3, entity="Q1"),))
    sentences = to_sentences(DOC) + to_sentences(links_only) + to_sentences(Document(text="No."))
    split = MultitaskModel.split_batch_to_task_ids(sentences, all_tasks=True)
    assert split == {"nel": [0, 1, 2], "ner": [0, 1, 3]}


def test_flair_learns_no_labels_where_some_are_unknown() -> None:
    mentions = (Mention(start=0, end=3, label="PER"), Mention(start=8, end=11, entity="Q1"))
    (sentence,) = to_sentences(Document(text="Ada and Bob.", mentions=mentions))
    assert [label.value for label in sentence.get_labels("multitask_id")] == ["nel"]


def test_flair_learns_no_labels_where_unmarked_text_is_unknown() -> None:
    open_ = Mention(start=9, end=13, candidates=(Candidate(entity="Q2"), Candidate(entity="Q3")))
    (sentence, _) = to_sentences(replace(SHORT, complete=False))
    assert [label.value for label in sentence.get_labels("multitask_id")] == ["nel"]
    bare = Document(text="Ada won. Yes.", mentions=(open_,), complete=False)
    assert [one.get_labels("multitask_id") for one in to_sentences(bare)] == [[], []]


def test_a_corpus_warns_of_what_flair_takes_for_no_mention() -> None:
    with pytest.warns(IncompleteWarning, match=r"1 of 2 training documents incomplete, and Flair"):
        to_corpus([SHORT, replace(SHORT, complete=False)])


def test_context_stays_inside_the_document() -> None:
    one, two = to_sentences(DOC), to_sentences(DOC)
    assert one[0].next_sentence() is one[1]
    assert two[1].previous_sentence() is two[0]
    assert (one[1].next_sentence(), two[0].previous_sentence()) == (None, None)


def test_flair_does_not_chain_documents() -> None:
    one, single, two = to_sentences(DOC), to_sentences(Document(text="Hm.")), to_sentences(DOC)
    Sentence.set_context_for_sentences([*one, *single, *two])
    assert one[1].right_context(64) == []
    assert single[0].left_context(64) + single[0].right_context(64) == []
    assert [token.text for token in two[1].left_context(64)] == ["Ada", "met", "Bob", "."]


def test_a_lost_mention_gives_a_warning_unless_somebody_listens() -> None:
    twice = Document(text="Ada Lee", mentions=(Mention(start=0, end=3), Mention(start=0, end=7)))
    with pytest.warns(AlignmentWarning, match="1 dropped"):
        to_sentences(twice)
    reports: list[AlignmentReport] = []
    to_sentences(twice, on_report=reports.append)
    assert len(reports[0].dropped) == 1


def test_an_empty_document_has_no_sentences() -> None:
    assert to_sentences(Document(text=" \n ")) == []


def test_splits_become_flair_datasets() -> None:
    corpus = to_corpus([SHORT, SHORT], [SHORT])
    assert (len(corpus.train), len(corpus.dev), corpus.test) == (4, 2, None)


def test_flair_finds_the_labels() -> None:
    corpus = to_corpus([SHORT], test=[SHORT])
    assert corpus.make_label_dictionary("ner", add_unk=False).get_items() == ["PER"]
    assert corpus.make_label_dictionary("nel", add_unk=True).get_items() == ["<unk>", "Q1"]


def test_the_alignment_of_all_splits_is_reported() -> None:
    lost = Document(text="Ada Bo", id="lost", mentions=(Mention(start=3, end=4),))
    corpus = to_corpus([SHORT], [lost], [SHORT])
    assert corpus.alignment.n_mentions == 3
    assert [entry.document for entry in corpus.alignment.dropped] == ["lost"]


def test_a_table_is_refused() -> None:
    with pytest.raises(DataError, match=r"dev is a DataFrame, .*from_frame"):
        to_corpus([SHORT], pd.DataFrame({"text": ["Ada"]}))


def test_training_documents_without_text_are_refused() -> None:
    with pytest.raises(DataError, match="hold no text"):
        to_corpus([Document(text=" ")], [SHORT])


def test_document_with_numbers_of_numpy_becomes_sentences():
    mention = Mention(start=np.int64(0), end=np.int64(3), label="PER")
    (sentence,) = to_sentences(Document(text="Ada slept", mentions=[mention]))
    assert [span.text for span in sentence.get_spans("ner")] == ["Ada"]


@pytest.mark.parametrize(
    ("doc", "message"),
    [
        (Document(text=None), "text"),
        (
            Document(text="Ada", id="a", mentions=(Mention(start=0.5, end=1),)),
            "document 'a'.*start",
        ),
        (Document(text="Ada", mentions=None), "mentions is None"),
        ("Ada", "doc is a str; pass a Document"),
    ],
)
def test_document_with_values_of_other_types_is_refused(doc, message):
    with pytest.raises(DataError, match=message):
        to_sentences(doc)
