import torch

from nerlink.models.documents import passage_of
from nerlink.models.mentions import first_rows, locate
from nerlink.models.passages import TokenSpan
from tests.world import DOCUMENTS

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
