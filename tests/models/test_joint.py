import pytest
import torch
from flair.trainers import ModelTrainer

from nerlink.config import DataConfig
from nerlink.converters import from_sentences, to_corpus, to_sentences, tokenize
from nerlink.data import Document
from nerlink.models import joint
from nerlink.models.annotate import annotate_documents, passage_of
from nerlink.models.passages import Example
from nerlink.models.storage.model import load_model
from nerlink.training.data import training_set
from tests.models.conftest import examples
from tests.models.counting import Largest, Operations, count_rows
from tests.world import DOCUMENTS, marked

TEXTS = [Document(text=doc.text) for doc in DOCUMENTS]
LONG = Document(text=" ".join(doc.text for doc in DOCUMENTS))


def n_windows(model, documents) -> int:
    subtokens = model.encoder.subtokenizer([tokenize(doc) for doc in documents])
    return len(model.encoder._plan(subtokens, None))


def found_in(documents) -> list[list[tuple]]:
    return [[(m.start, m.end, m.label, m.entity) for m in doc.mentions] for doc in documents]


def test_the_encoder_is_shared(model):
    assert model.tagger.embeddings is model.linker.embeddings is model.encoder


def test_prediction_encodes_every_window_once(model):
    with count_rows(model.encoder) as rows:
        list(annotate_documents(model, [*TEXTS, LONG]))
    assert sum(rows) == n_windows(model, [*TEXTS, LONG]) > len(TEXTS) + 1


@pytest.mark.parametrize("is_given", [True, False], ids=["given mentions", "found mentions"])
def test_more_tokens_and_mentions_in_a_window_are_no_more_operations(model, is_given):
    counts = []
    for text in ("[Paris|LOC|paris].", "[Paris|LOC|paris], [Acme|ORG|acme], [Texas|LOC|texas]."):
        (example,) = examples(marked(text))
        assert n_windows(model, [Document(text=example.passage.text)]) == 1
        given = [example.spans] if is_given else None
        with Operations() as operations:
            (found,) = model.annotate([example.passage], given=given)
        assert is_given <= (len(found) == len(example.spans))
        counts.append(operations.counts)
    assert counts[0] == counts[1]


def test_a_training_step_encodes_every_window_once(model):
    with count_rows(model.encoder) as rows:
        loss = model(examples(*DOCUMENTS))
    assert sum(rows) == n_windows(model, TEXTS)
    assert min(loss.n_tokens, loss.n_mentions, loss.ner, loss.nel) > 0


def test_flairs_training_step_encodes_every_window_once(model):
    sentences = [s for doc in DOCUMENTS for s in to_sentences(doc)]
    with count_rows(model.encoder) as rows:
        loss, count = model.forward_loss(sentences)
    assert sum(rows) == n_windows(model, TEXTS)
    assert count == len(sentences)
    loss.backward()


@pytest.mark.parametrize(
    ("text", "is_taught"),
    [
        pytest.param("[Paris|LOC|paris] won.", (True, True), id="both"),
        pytest.param("[Paris|LOC|] won.", (True, False), id="only types"),
        pytest.param("[Paris||paris] won.", (False, True), id="only links"),
        pytest.param("Nobody came.", (True, False), id="no mention"),
    ],
)
def test_a_document_teaches_what_is_annotated(model, text, is_taught):
    loss = model(examples(marked(text)))
    assert (loss.n_tokens > 0, loss.n_mentions > 0) == is_taught


def test_documents_of_all_kinds_learn_in_one_batch(model):
    texts = ["[Paris|LOC|paris] won.", "[Acme|ORG|] won.", "[Jordan||jordan] won.", "It was late."]
    loss = model(examples(*map(marked, texts)))
    assert (loss.n_tokens, loss.n_mentions) == (3 + 3 + 4, 2)
    (loss.ner + loss.nel).backward()


def test_a_batch_without_examples_can_be_learnt_from(model):
    loss = model([])
    (loss.ner + loss.nel).backward()
    assert (loss.ner.item(), loss.nel.item()) == (0, 0)


def test_documents_together_give_what_they_give_apart(joint_folder):
    model = load_model(joint_folder)
    documents = [*TEXTS, LONG, Document(text=""), *TEXTS[:2]]
    together = list(annotate_documents(model, documents))
    apart = [next(annotate_documents(model, [doc])) for doc in documents]
    assert found_in(together) == found_in(apart)
    for one, other in zip(together, apart, strict=True):
        scores = [[m.score for m in doc.mentions] for doc in (one, other)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-4)


@pytest.mark.parametrize("is_packed", [True, False])
def test_chunks_of_many_passages_give_what_one_gives(model, monkeypatch, is_packed):
    monkeypatch.setattr(type(model.encoder), "is_packed", is_packed)
    passages = [passage_of(doc) for doc in TEXTS]
    whole = [[a.span for a in found] for found in model.annotate(passages)]
    monkeypatch.setattr(joint, "HELD_PACKED" if is_packed else "HELD_PADDED", 12)
    assert [[a.span for a in found] for found in model.annotate(passages)] == whole


def test_ten_documents_are_learnt_by_heart(joint_folder):
    model = load_model(joint_folder)
    assert found_in(annotate_documents(model, TEXTS)) == found_in(DOCUMENTS)


def test_flair_sentences_get_ner_and_nel_labels(joint_folder):
    model = load_model(joint_folder)
    sentences = [to_sentences(doc, tasks=()) for doc in DOCUMENTS]
    model.predict([sentence for doc in sentences for sentence in doc])
    assert found_in(map(from_sentences, sentences)) == found_in(DOCUMENTS)


def test_a_second_prediction_replaces_the_first(joint_folder):
    model = load_model(joint_folder)
    sentences = to_sentences(DOCUMENTS[0], tasks=())
    for _ in range(2):
        model.predict(sentences)
    assert [len(sentence.get_labels("nel")) for sentence in sentences] == [1, 1]


def test_a_model_of_links_alone_links_flairs_spans(trained):
    model = load_model(trained("nel"))
    sentences = [to_sentences(doc, tasks=("ner",)) for doc in DOCUMENTS]
    model.predict([sentence for doc in sentences for sentence in doc])
    assert found_in(map(from_sentences, sentences)) == found_in(DOCUMENTS)


@pytest.mark.filterwarnings("ignore::FutureWarning:flair", "ignore::UserWarning:torch")
def test_flairs_own_trainer_trains_it(model, tmp_path):
    data = training_set([(DOCUMENTS, DataConfig())], tasks=model.config.tasks, piece_tokens=100)
    model.linker.texts.write()
    corpus = to_corpus(DOCUMENTS, DOCUMENTS, DOCUMENTS)
    result = ModelTrainer(model, corpus).fine_tune(
        tmp_path,
        learning_rate=1e-2,
        max_epochs=12,
        mini_batch_size=4,
        main_evaluation_metric=("micro avg", "f1-score"),
        save_final_model=False,
        use_final_model_for_eval=True,
    )
    assert result["test_score"] > 0.9
    assert model.tagger.labels == data.labels


def test_tasks_of_an_example_decide_what_it_teaches(model):
    (example,) = examples(DOCUMENTS[0])
    untaught = Example(example.passage, example.spans, frozenset())
    loss = model([untaught])
    assert (loss.n_tokens, loss.n_mentions) == (0, 0)
    torch.testing.assert_close(loss.ner, torch.tensor(0.0))


def test_a_large_base_makes_no_larger_tensors(model):
    prototypes, most = model.linker.prototypes, []
    for n_rows in (7, 50_000):
        text = torch.zeros(n_rows, prototypes.width, dtype=torch.float16)
        prototypes.set_text(text, version=prototypes.version)
        with Largest() as largest:
            loss = model.train()(examples(*DOCUMENTS))
            (loss.ner + loss.nel).backward()
            list(annotate_documents(model.eval(), DOCUMENTS, link_only=True))
        most.append(largest.n_numbers)
    assert most[1] < 2 * most[0]
