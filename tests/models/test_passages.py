import torch
from flair.data import Sentence

from nerlink.converters import to_sentences
from nerlink.data import Document
from nerlink.models.annotate import passage_of
from nerlink.models.passages import TokenSpan, first_rows, locate, runs_of
from tests.world import DOCUMENTS

DOC = Document(text="Ada won. Bob  lost.\nNobody came.")


def test_sentences_of_a_document_make_one_run():
    (run,) = runs_of(to_sentences(DOC))
    assert len(run.sentences) == 3
    assert run.passage.tokens.sentences == [(0, 3), (3, 6), (6, 9)]


def test_documents_do_not_share_a_run():
    assert len(runs_of([*to_sentences(DOC), *to_sentences(DOC)])) == 2


def test_sentences_out_of_order_are_runs_of_their_own():
    first, second, third = to_sentences(DOC)
    assert [run.sentences for run in runs_of([third, first, second])] == [[third], [first, second]]


def test_flairs_own_sentences_stand_alone():
    assert len(runs_of([Sentence("Ada won."), Sentence("Bob lost.")])) == 2


def test_surfaces_can_be_read_from_the_passage():
    (run,) = runs_of(to_sentences(DOC))
    assert run.passage.surface(TokenSpan(3, 5)) == "Bob  lost"
    words = [run.passage.surface(TokenSpan(i, i + 1)) for i in range(9)]
    assert words == run.passage.tokens.words


def test_no_sentences_make_no_runs():
    assert runs_of([]) == []


PASSAGES = [passage_of(doc) for doc in (DOCUMENTS[6], DOCUMENTS[4], DOCUMENTS[0])]
CPU = torch.device("cpu")


def test_passages_follow_each_other_in_the_token_matrix():
    lengths = [len(passage.tokens.words) for passage in PASSAGES]
    assert first_rows(PASSAGES) == [0, lengths[0], sum(lengths[:2]), sum(lengths)]
    assert first_rows([]) == [0]


def test_spans_become_rows_of_the_token_matrix():
    base = first_rows(PASSAGES)[1]
    mentions = locate(PASSAGES, [[], [TokenSpan(0, 2), TokenSpan(4, 5)], []], CPU)
    assert mentions.firsts.tolist() == [base, base + 4]
    assert mentions.lasts.tolist() == [base + 1, base + 4]
    assert [name.surface for name in mentions.names] == ["Ada Byron", "Acme"]
    assert mentions.passages == [1, 1]


def test_no_spans_make_an_empty_batch():
    mentions = locate(PASSAGES, [[], [], []], CPU)
    assert (len(mentions), mentions.firsts.dtype) == (0, torch.long)
