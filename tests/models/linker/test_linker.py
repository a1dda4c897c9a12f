import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nerlink.data import NIL, Candidate, NilKind
from nerlink.models.annotate import split_example
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.linker.features import FEATURES
from nerlink.models.linker.linker import set_loss
from nerlink.models.passages import Example, TokenSpan, locate
from tests.models.conftest import examples
from tests.world import marked, tiny_config

SURFACES = ["Paris", "Nowhere", "Jordan", "Texas"]


@pytest.fixture
def linker(model):
    return model.linker


def slow_scores(linker, query, candidates, flat, begin: int) -> list[float]:
    """One candidate at a time, each from the whole tables."""
    prototypes = linker.prototypes
    scores = []
    for offset, row in enumerate(candidates.rows.tolist()):
        vector = prototypes.text[row].float()
        if row in prototypes.rows.tolist():
            vector = vector + prototypes.memory.weight[1 + prototypes.rows.tolist().index(row)]
        curves = linker.curves(flat.features[begin + offset][None]).sum()
        scores.append((vector @ query + curves).item())
    return scores


def test_scoring_candidates_only_equals_the_slow_way(linker):
    sets = linker.lookup(SURFACES)
    flat = linker.flatten(sets)
    queries = torch.randn(len(sets), linker.prototypes.width)
    found = linker.score(queries, flat, linker.prototypes.vectors_of(flat.rows))
    begin = 0
    for number, candidates in enumerate(sets):
        expected = slow_scores(linker, queries[number], candidates, flat, begin)
        torch.testing.assert_close(
            found[number, 1 : 1 + len(candidates)], torch.tensor(expected), atol=1e-5, rtol=1e-5
        )
        begin += len(candidates)
    nil = queries @ linker.nil_prototype + linker.nil_curves(flat.nil_features).sum(-1)
    torch.testing.assert_close(found[:, 0], nil)


def test_padding_is_minus_infinity(linker):
    flat = linker.flatten(linker.lookup(SURFACES))
    vectors = linker.prototypes.vectors_of(flat.rows)
    scores = linker.score(torch.randn(4, linker.prototypes.width), flat, vectors)
    assert scores.isneginf().sum(1).tolist() == [0, 2, 0, 1]
    assert flat.features.shape == (5, len(FEATURES))


def test_mentions_without_candidates_are_scored_too(linker):
    flat = linker.flatten(linker.lookup(["Nowhere"]))
    vectors = linker.prototypes.vectors_of(flat.rows)
    assert linker.score(torch.randn(1, linker.prototypes.width), flat, vectors).shape == (1, 1)


def test_a_step_moves_the_memory_of_candidates_only(linker, kb):
    linker.prototypes.memory.sparse = True
    batch = examples(marked("[Paris|LOC|paris] is on the river."))
    vectors = linker.embeddings.encode([e.passage.tokens for e in batch])
    loss, n_mentions = linker.loss(vectors, None, batch)
    loss.backward()
    gradient = linker.prototypes.memory.weight.grad
    assert (gradient.is_sparse, n_mentions) == (True, 1)
    moved = gradient.to_dense().any(1).nonzero().flatten() - 1
    assert linker.prototypes.rows[moved].tolist() == sorted(kb.rows(["paris", "paris-texas"]))


def test_the_gold_entity_is_among_the_candidates_in_training(linker):
    spans = [
        TokenSpan(0, 1, None, "paris-texas"),
        TokenSpan(0, 1, None, "ada"),
        TokenSpan(0, 1, None, NIL),
        TokenSpan(0, 1, None, "outside-the-base"),
    ]
    sets, targets = linker.gold_candidates(spans, linker.lookup(["Paris"] * 4))
    assert targets == [(2,), (3,), (0,), (0,)]
    assert [len(found) for found in sets] == [2, 3, 2, 2]


def test_all_that_a_mention_may_mean_is_among_the_candidates_in_training(linker):
    spans = [
        TokenSpan(0, 1, candidates=("paris-texas", "paris")),
        TokenSpan(0, 1, candidates=("ada", "paris", NIL)),
    ]
    sets, targets = linker.gold_candidates(spans, linker.lookup(["Paris"] * 2))
    assert targets == [(2, 1), (3, 1, 0)]
    assert [len(found) for found in sets] == [2, 3]


def test_a_chance_to_lose_the_gold_candidate_leaves_ambiguous_mentions_alone(linker):
    linker.config = linker.config.model_copy(update={"candidate_dropout": 1.0})
    linker.train()
    spans = [TokenSpan(0, 1, entity="paris"), TokenSpan(0, 1, candidates=("paris",))]
    sets, targets = linker.gold_candidates(spans, linker.lookup(["Paris"] * 2))
    assert targets == [(0,), (1,)]
    assert [len(found) for found in sets] == [1, 2]


def test_one_answer_has_the_loss_of_cross_entropy_and_several_that_of_their_sum():
    scores = torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.1, -torch.inf]], requires_grad=True)
    expected = torch.nn.functional.cross_entropy(scores, torch.tensor([2, 0]), reduction="sum")
    torch.testing.assert_close(set_loss(scores, [(2,), (0,)]), expected)
    both = set_loss(scores, [(1, 2), (0, 1)])
    torch.testing.assert_close(both, -torch.log(scores.softmax(-1)[0, 1:].sum()))
    both.backward()
    assert scores.grad.isfinite().all()


def test_an_ambiguous_mention_teaches_that_none_but_its_candidates_is_meant(linker):
    doc = replace(marked("[Jordan||] won."), complete=False)
    wrong = Candidate(entity="jordan"), Candidate(entity="player")
    (mention,) = doc.mentions
    doc = replace(doc, mentions=(replace(mention, candidates=wrong),))
    (example,) = examples(doc)
    vectors = linker.embeddings.encode([example.passage.tokens])
    loss, n_mentions = linker.loss(vectors, None, [example])
    sure = linker.loss(vectors, None, examples(marked("[Jordan||jordan] won.")))[0]
    assert n_mentions == 1
    assert 0 < loss < sure
    assert linker.counts_without(example).left_out.links == {}


def test_mentions_without_a_link_teach_nothing(linker):
    batch = examples(marked("[Paris|LOC|] and [Texas|LOC|texas] and [Otto Nix|PER|NIL]"))
    vectors = linker.embeddings.encode([e.passage.tokens for e in batch])
    assert linker.loss(vectors, None, batch)[1] == 2


def test_a_batch_without_links_has_a_loss_of_zero_that_can_be_learnt_from(linker):
    batch = examples(marked("Nobody came."))
    linker.embeddings.model.requires_grad_(requires_grad=False)
    vectors = linker.embeddings.encode([e.passage.tokens for e in batch]).detach()
    loss, n_mentions = linker.loss(vectors, None, batch)
    loss.backward()
    assert (loss.item(), n_mentions) == (0, 0)


def test_a_documents_own_part_of_the_counts_is_known(linker, kb):
    (example,) = examples(marked("[Paris|LOC|paris], [PARIS|LOC|paris], [Otto Nix|PER|NIL]"))
    row = kb.row("paris")
    linker.counts = TrainingCounts(links={row: 5}, nil={"otto nix": 1})
    left = linker.counts_without(example)
    rows, counts = np.array([row]), np.array([7], dtype=np.float32)
    assert left.of_entities(rows).tolist() == [3]
    assert left.of_name("paris", rows, counts).tolist() == [5]
    assert left.of_nil("otto nix") == 0


def test_names_that_training_has_from_one_document_are_as_good_as_unknown(linker, kb):
    row = kb.row("paris")
    new = {("paname", row): 2, ("lutetia", row): 1, ("texas", kb.row("texas")): 0}
    linker.counts = TrainingCounts(new_names=new)
    (example,) = examples(
        marked("[Paname|LOC|paris] was [Lutetia|LOC|paris], not [Texas|LOC|texas]")
    )
    left = linker.counts_without(example)
    assert left.knows("lutetia", np.array([row])).tolist() == [False]
    assert left.knows("paname", np.array([row])).tolist() == [True]
    assert left.knows("texas", np.array([kb.row("texas")])).tolist() == [True]


def link(linker, text: str, *, scores: dict[str, float]):
    """Links of marked mentions where each candidate of the first has a given probability."""
    (example,) = examples(marked(text))
    logits = [math.log(scores.get(name, 1e-9)) for name in ("NIL", "paris", "paris-texas")]
    linker.score = lambda *_: torch.tensor([logits])
    passages = [example.passage]
    vectors = linker.embeddings.encode([passage.tokens for passage in passages])
    (found,) = linker.link(vectors, None, locate(passages, [example.spans], vectors.device))
    return found


PARIS = "[Paris|LOC|paris] won."


def test_a_link_comes_with_its_best_candidates(linker):
    found = link(linker, PARIS, scores={"NIL": 0.1, "paris": 0.2, "paris-texas": 0.7})
    assert (found.entity, found.nil) == ("paris-texas", None)
    assert found.score == pytest.approx(0.7)
    assert [c.entity for c in found.candidates] == ["paris-texas", "paris"]
    assert [c.score for c in found.candidates] == pytest.approx([0.7, 0.2])


def test_no_more_than_top_k_candidates_come_back(linker):
    linker.config = linker.config.model_copy(update={"top_k": 1})
    found = link(linker, PARIS, scores={"NIL": 0.1, "paris": 0.8, "paris-texas": 0.1})
    assert [c.entity for c in found.candidates] == ["paris"]


def test_nil_can_be_predicted(linker):
    found = link(linker, PARIS, scores={"NIL": 0.6, "paris": 0.3, "paris-texas": 0.1})
    assert (found.entity, found.nil) == (NIL, NilKind.PREDICTED)
    assert found.score == pytest.approx(0.6)
    assert [c.entity for c in found.candidates] == ["paris", "paris-texas"]


def test_a_link_below_the_threshold_is_nil(linker):
    linker.config = linker.config.model_copy(update={"threshold": 0.75})
    found = link(linker, PARIS, scores={"NIL": 0.1, "paris": 0.7, "paris-texas": 0.2})
    assert (found.entity, found.nil) == (NIL, NilKind.BELOW_THRESHOLD)
    assert found.score == pytest.approx(0.3)


def test_a_threshold_of_zero_links_whatever_has_candidates(linker):
    linker.config = linker.config.model_copy(update={"threshold": 0.0})
    found = link(linker, PARIS, scores={"NIL": 0.6, "paris": 0.3, "paris-texas": 0.1})
    assert (found.entity, found.nil) == ("paris", None)


def test_the_gold_entity_is_sometimes_taken_away_in_training(linker):
    linker.config = linker.config.model_copy(update={"candidate_dropout": 0.5})
    spans, found = [TokenSpan(0, 1, None, "paris-texas")] * 50, linker.lookup(["Paris"] * 50)
    linker.eval()
    assert set(linker.gold_candidates(spans, found)[1]) == {(2,)}
    linker.train()
    sets, targets = linker.gold_candidates(spans, found)
    assert set(targets) == {(0,), (2,)}
    dropped = sets[targets.index((0,))]
    assert dropped.entities == ("paris",)
    assert len(dropped.rows) == len(dropped.names) == 1


def test_entities_of_one_document_have_no_memory_there(linker):
    flat = linker.flatten(linker.lookup(["Paris"]))
    assert linker._remembered(flat).tolist() == [True, True]
    counts = linker.counts.without([("paris", linker.lookup.row("paris"))] * 9)
    own = linker.flatten(linker.lookup(["Paris"]), [counts])
    assert linker._remembered(own).tolist() == [False, True]
    linker.config = linker.config.model_copy(update={"memory_dropout": 1.0})
    assert linker._remembered(flat).tolist() == [False, False]


def test_a_piece_leaves_out_what_its_whole_document_added(linker):
    (example,) = examples(marked("[Paris|LOC|paris] won. [Paris|LOC|paris] lost."))
    pieces = list(split_example(example, 3))
    assert len(pieces) == 2
    whole = linker.counts_without(example)
    assert [linker.counts_without(piece) for piece in pieces] == [whole] * 2
    linker.counts = TrainingCounts(links={linker.lookup.row("paris"): 2})
    left = linker.counts_without(pieces[0])
    assert left.of_entities(np.array([linker.lookup.row("paris")])).tolist() == [0]


def test_a_mention_is_read_with_its_passage(linker):
    texts = ("[Paris|LOC|paris] won.", "[Paris|LOC|paris] won by the sea.")
    batch = examples(*map(marked, texts))
    passages = [example.passage for example in batch]
    vectors = torch.randn(
        sum(len(p.tokens.words) for p in passages), linker.embeddings.embedding_length
    )
    mentions = locate(passages, [example.spans for example in batch], vectors.device)
    first = linker.mention_vectors(vectors, mentions, None)
    vectors[-1] += 1
    second = linker.mention_vectors(vectors, mentions, None)
    torch.testing.assert_close(first[0], second[0])
    assert not torch.equal(first[1], second[1])


def test_before_training_a_mention_is_about_the_mean_of_its_passage(linker):
    (example,) = examples(marked(PARIS))
    vectors = torch.randn(len(example.passage.tokens.words), linker.embeddings.embedding_length)
    mentions = locate([example.passage], [example.spans], vectors.device)
    found = linker.mention_vectors(vectors, mentions, None)
    mean = vectors.mean(0)[: linker.prototypes.width].expand_as(found)
    assert torch.cosine_similarity(found, mean).min() > 0.8


def test_nil_starts_as_near_as_the_mean_of_entities(linker):
    linker.start_nil([0, 2])
    flat = linker.flatten(linker.lookup(["Nowhere"]))
    query = torch.randn(1, linker.prototypes.width)
    near = (linker.prototypes.text[[0, 2]].float() @ query[0]).mean()
    scores = linker.score(query, flat, linker.prototypes.vectors_of(flat.rows))
    torch.testing.assert_close(scores[0, 0] - linker.nil_curves(flat.nil_features).sum(), near)


def test_a_mention_without_candidates_is_nil(model):
    (example,) = examples(marked("[Nowhere|LOC|] won."))
    (annotations,) = model.annotate([example.passage], given=[example.spans])
    assert annotations[0].link.nil is NilKind.NO_CANDIDATE
    assert annotations[0].link.score == 1


def test_an_untaught_example_is_left_out_of_the_sum(linker):
    (example,) = examples(marked(PARIS))
    untaught = Example(example.passage, example.spans, frozenset({"ner"}))
    vectors = linker.embeddings.encode([example.passage.tokens] * 2)
    both = linker.loss(vectors, None, [untaught, example])
    alone = linker.loss(vectors[len(vectors) // 2 :], None, [example])
    torch.testing.assert_close(both, alone)


@pytest.mark.parametrize(("in_document", "second"), [(True, "ada"), (False, NIL)])
def test_a_short_name_means_whom_the_document_names_in_full(encoder_dir, kb, in_document, second):
    config = tiny_config(
        encoder_dir, kb={"fill": (), "in_document": in_document}, linker={"threshold": 0.0}
    )
    model = build_model(config, WindowEmbeddings(config.encoder), labels=["PER"], kb=kb).eval()
    (example,) = examples(marked("[Ada Byron|PER|] wrote. [Byron|PER|] slept."))
    (annotations,) = model.annotate([example.passage], given=[example.spans])
    assert [one.link.entity for one in annotations] == ["ada", second]
