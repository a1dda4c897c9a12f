import pytest
import torch

from nerlink.models.linker.text_gradients import learned_text, most_moved
from nerlink.models.linker.texts import text_vectors
from tests.models.conftest import examples
from tests.models.counting import count_rows
from tests.world import marked

SURFACES = ["Paris", "Jordan", "Texas"]


@pytest.fixture
def flat(linker):
    return linker.flatten(linker.lookup(SURFACES))


def set_learned_texts(linker, n):
    linker.config = linker.config.model_copy(update={"learned_texts": n})


def test_those_meant_and_those_mistaken_for_them_move_most(linker, flat, kb):
    scores = torch.tensor([[0.0, 1.0, 2.0], [0.0, 9.0, 0.0], [9.0, 0.0, -torch.inf]])
    rows = most_moved(flat, scores, torch.tensor([1, 1, 0]), n=2)
    assert rows.tolist() == sorted(kb.rows(["paris", "paris-texas"]))
    assert len(most_moved(flat, scores, torch.tensor([1, 1, 0]), n=9)) == 5


def test_an_entity_of_many_mentions_moves_by_all_of_them(linker, kb):
    flat = linker.flatten(linker.lookup(["Paris", "Jordan", "Jordan", "Jordan"]))
    scores = torch.zeros(4, 3)
    scores[0, 0] = 1.0
    (row,) = most_moved(flat, scores, torch.tensor([1, 1, 1, 1]), n=1).tolist()
    assert row in kb.rows(["jordan", "player"])


def test_texts_are_read_anew_and_gradients_reach_the_encoder(linker, flat, kb):
    set_learned_texts(linker, 1)
    linker.prototypes.text.zero_()
    scores = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 9.0], [0.0, 9.0, -torch.inf]])
    change = learned_text(linker, flat, scores, torch.tensor([0, 1, 1]))
    (moved,) = set(flat.rows[change.any(1)].tolist())
    ((_, text),) = kb.texts([moved])
    torch.testing.assert_close(change[flat.rows == moved], text_vectors(linker.embeddings, [text]))
    change.square().sum().backward()
    assert linker.embeddings.model.get_input_embeddings().weight.grad.any()


@pytest.mark.parametrize(
    ("n_texts", "is_training", "fine_tunes", "n_read"),
    [(1, True, True, 1), (0, True, True, 0), (1, False, True, 0), (1, True, False, 0)],
)
def test_a_step_reads_texts_where_it_can_learn_from_them(
    linker, n_texts, is_training, fine_tunes, n_read
):
    set_learned_texts(linker, n_texts)
    linker.embeddings.fine_tune = fine_tunes
    linker.train(is_training)
    batch = examples(marked("[Paris|LOC|paris] is on the river."))
    vectors = linker.embeddings.encode([e.passage.tokens for e in batch])
    with count_rows(linker.embeddings) as rows:
        linker.loss(vectors, None, batch)
    assert sum(rows) == n_read


def test_the_loss_is_that_of_the_texts_as_they_read_now(linker):
    """With a table that is up to date and nothing dropped, texts read anew change no value."""
    batch = examples(marked("[Paris|LOC|paris] is on the river."))
    linker.train()
    linker.embeddings.eval()
    losses = []
    for n in (0, 2):
        set_learned_texts(linker, n)
        vectors = linker.embeddings.encode([e.passage.tokens for e in batch])
        losses.append(linker.loss(vectors, None, batch)[0])
    torch.testing.assert_close(losses[0], losses[1], atol=1e-3, rtol=1e-3)
