import pandas as pd
import pytest

from nerlink.converters import to_corpus
from nerlink.data import Document, Mention
from nerlink.errors import DataError

CORPUS_DOC = Document(text="Ada won. Yes.", mentions=(Mention(start=0, end=3, label="PER", entity="Q1"),))


def test_splits_become_flair_datasets() -> None:
    corpus = to_corpus([CORPUS_DOC, CORPUS_DOC], [CORPUS_DOC], name="mine")
    assert (len(corpus.train), len(corpus.dev), corpus.test) == (4, 2, None)
    assert corpus.name == "mine"


def test_flair_finds_the_labels() -> None:
    corpus = to_corpus([CORPUS_DOC], test=[CORPUS_DOC])
    assert corpus.make_label_dictionary("ner", add_unk=False).get_items() == ["PER"]
    assert corpus.make_label_dictionary("nel", add_unk=True).get_items() == ["<unk>", "Q1"]


def test_the_alignment_of_all_splits_is_reported() -> None:
    lost = Document(text="Ada Bo", id="lost", mentions=(Mention(start=3, end=4),))
    corpus = to_corpus([CORPUS_DOC], [lost], [CORPUS_DOC])
    assert corpus.alignment.n_mentions == 3
    assert [entry.document for entry in corpus.alignment.dropped] == ["lost"]


def test_a_table_is_refused() -> None:
    with pytest.raises(DataError, match=r"dev is a DataFrame, .*from_frame"):
        to_corpus([CORPUS_DOC], pd.DataFrame({"text": ["Ada"]}))


def test_training_documents_without_text_are_refused() -> None:
    with pytest.raises(DataError, match="hold no text"):
        to_corpus([Document(text=" ")], [CORPUS_DOC])
