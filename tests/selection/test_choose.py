from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nerlink import Pipeline
from nerlink.data import Candidate, Document, Mention
from nerlink.errors import ConfigError, DataError
from nerlink.models.doubts import Doubts
from nerlink.selection import choose_documents
from tests.world import DOCUMENTS


class Unsure:
    """A pipeline that reads its doubts from the texts: `mentions links tokens x y`."""

    def __init__(self, *, finds=True, top_k=1):
        linker = SimpleNamespace(config=SimpleNamespace(top_k=top_k))
        self.model = SimpleNamespace(finds=finds, linker=linker)
        self.n_read = 0

    def doubts(self, documents):
        for doc in documents:
            self.n_read += 1
            mentions, links, tokens, *vector = map(float, doc.text.split())
            yield Doubts(doc, int(tokens), mentions, links, np.array(vector, dtype=np.float32))


def docs(*texts):
    return [Document(text=text, id=f"doc-{n}") for n, text in enumerate(texts)]


def ids(selection):
    return [doc.id for doc in selection.documents]


def test_expected_mistakes_decide_neither_by_their_number_nor_by_their_share():
    pool = docs("1 0 100 1 0", "0 3 100 0 1", "2 3 900 -1 0", "0 0 100 0 -1")
    assert ids(choose_documents(Unsure(), pool, n=3)) == ["doc-1", "doc-2", "doc-0"]


def test_texts_of_a_few_tokens_are_not_the_best_by_being_short():
    assert ids(choose_documents(Unsure(), docs("1 0 2 1 0", "1.5 0 100 0 1"), n=1)) == ["doc-1"]


def test_a_document_like_one_taken_before_waits():
    pool = docs("5 0 100 1 0.1", "4.9 0 100 1 0", "3 0 100 -1 0", "2 0 100 -1 -0.1")
    chosen = choose_documents(Unsure(), pool, n=3)
    assert ids(chosen)[:2] == ["doc-0", "doc-2"]
    assert [doc.meta["selection"]["likeness"] for doc in chosen.documents][:2] == [0.0, 0.0]


def test_parts_of_the_score_say_why():
    (doc,) = choose_documents(Unsure(), docs("1 0.5 100 1 0"), n=1).documents
    assert doc.meta["selection"] == {
        "strategy": "uncertain",
        "rank": 1,
        "score": 0.15,
        "mentions": 1.0,
        "links": 0.5,
        "tokens": 100,
        "likeness": 0.0,
    }


def test_what_is_marked_is_a_proposal_and_other_meta_stays():
    candidates = (Candidate(entity="a", score=0.6), Candidate(entity="b", score=0.4))
    mention = Mention(start=0, end=1, candidates=candidates)
    doc = Document(text="1 0 100 1 0", mentions=(mention,), meta={"source": "mail"})
    (chosen,) = choose_documents(Unsure(), [doc], n=1).documents
    assert not chosen.complete
    assert chosen.mentions == (replace(mention, candidates=candidates[:1]),)
    assert chosen.meta["source"] == "mail"


def test_random_reads_no_more_than_it_chooses_and_keeps_to_its_seed():
    pool = docs(*(f"{n} 0 100 1 0" for n in range(200)))
    pipeline = Unsure()
    chosen = ids(choose_documents(pipeline, pool, n=7, strategy="random", seed=1))
    assert (len(set(chosen)), pipeline.n_read) == (7, 7)
    assert chosen == ids(choose_documents(Unsure(), pool, n=7, strategy="random", seed=1))
    assert chosen != ids(choose_documents(Unsure(), pool, n=7, strategy="random", seed=2))


@pytest.mark.parametrize("strategy", ["uncertain", "random"])
def test_all_are_chosen_where_few_are_left_and_what_was_left_out_is_said(strategy):
    pool = docs("1 0 100 1 0", "1 0 100 1 0", "2 0 100 0 1", "")
    annotated = [Document(text="other", id="doc-2")]
    chosen = choose_documents(Unsure(), pool, n=9, strategy=strategy, exclude=annotated)
    assert ids(chosen) == ["doc-0"]
    first, second = chosen.notes()
    assert first == (
        "left out of 4 documents: 1 document annotated before, "
        "1 document nearly the same as another or an annotated one, 1 document without text."
    )
    assert "the same id and another text" in second


def test_nothing_to_choose_from_is_no_error():
    assert choose_documents(Unsure(), [], n=3).documents == ()


def test_wrong_options_are_refused():
    with pytest.raises(ConfigError, match=r"'unsure' is no strategy; these are: uncertain, random"):
        choose_documents(Unsure(), [], strategy="unsure")
    with pytest.raises(ConfigError, match=r"n is 0; choose at least 1"):
        choose_documents(Unsure(), [], n=0)


def test_documents_without_mentions_are_nothing_for_a_model_that_only_links():
    with pytest.raises(DataError, match=r"links given mentions only.*nerlink annotate"):
        choose_documents(Unsure(finds=False), docs("0 0 100 1 0"))


@pytest.mark.parametrize("tasks", [("ner", "nel"), ("ner",), ("nel",)])
def test_models_of_all_tasks_choose_the_same_each_time(trained, tasks):
    pipeline = Pipeline.load(trained(*tasks), device="cpu")
    first, second = (choose_documents(pipeline, DOCUMENTS, n=4).documents for _ in range(2))
    assert first == second
    assert len({doc.text for doc in first}) == 4
    parts = [doc.meta["selection"] for doc in first]
    assert any(part["mentions"] for part in parts) == ("ner" in tasks)
    assert any(part["links"] for part in parts) == ("nel" in tasks)


def test_a_pipeline_of_a_base_is_unsure_of_the_names_it_finds(kb_path, encoder_dir):
    pipeline = Pipeline.from_kb(kb_path, encoder=encoder_dir, device="cpu")
    texts = [replace(doc, mentions=()) for doc in DOCUMENTS]
    chosen = choose_documents(pipeline, texts, n=3).documents
    assert all(doc.mentions and doc.meta["selection"]["links"] > 0 for doc in chosen)
