import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from nerlink.converters import TokenizedDocument
from nerlink.models.encoder import subtokens
from nerlink.models.encoder.subtokens import Subtokenizer

WORDS = st.lists(st.text(string.printable.strip(), min_size=1, max_size=6), max_size=12)


@pytest.fixture(scope="module")
def tokenizer(encoder_dir):
    return AutoTokenizer.from_pretrained(encoder_dir)


def document(words: list[str]) -> TokenizedDocument:
    return TokenizedDocument(words, [], [], [(0, len(words))])


def test_the_memory_gives_what_the_tokenizer_gives(tokenizer):
    subtokenizer = Subtokenizer(tokenizer)

    @given(WORDS)
    def check(words):
        (found,) = subtokenizer([document(words)])
        expected = tokenizer(words, is_split_into_words=True, add_special_tokens=False)
        assert found.ids.tolist() == expected["input_ids"]

    check()


def test_firsts_point_at_the_first_subtoken_of_each_word(tokenizer):
    (found,) = Subtokenizer(tokenizer)([document(["the", "anvil", "of"])])
    assert found.firsts.tolist() == [0, 1, 6, 7]


def test_sentences_become_ranges_of_subtokens_and_empty_ones_go(tokenizer):
    doc = TokenizedDocument(["an", "ox", "the"], [], [], [(0, 2), (2, 2), (2, 3)])
    (found,) = Subtokenizer(tokenizer)([doc])
    assert found.sentences == [(0, 4), (4, 5)]


@pytest.mark.parametrize("word", ["\x01", "\u200b", "\ufeff"], ids=["control", "zero", "mark"])
def test_a_word_without_subtokens_is_unknown(tokenizer, word):
    (found,) = Subtokenizer(tokenizer)([document([word])])
    assert found.ids.tolist() == [tokenizer.unk_token_id]


def test_the_mark_of_a_space_alone_is_no_subtoken():
    vocabulary = [("<unk>", 0.0), ("▁", -1.0), ("▁ox", -1.0), ("市", -1.0), ("a", -1.0)]
    backend = Tokenizer(Unigram(vocabulary, unk_id=0))
    backend.pre_tokenizer = Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    assert tokenizer.tokenize("市") == ["▁", "市"]
    (found,) = Subtokenizer(tokenizer)([document(["ox", "市", "市a", "▁"])])
    tokens = tokenizer.convert_ids_to_tokens(found.ids.tolist())
    assert tokens == ["▁ox", "市", "市", "a", "▁"]
    assert found.firsts.tolist() == [0, 1, 2, 4, 5]


def test_a_long_word_is_cut(tokenizer):
    (found,) = Subtokenizer(tokenizer, longest=4)([document(["a" * 90, "the"])])
    assert found.firsts.tolist() == [0, 4, 5]


def test_special_subtokens_are_those_of_the_tokenizer(tokenizer):
    subtokenizer = Subtokenizer(tokenizer)
    assert subtokenizer.prefix == [tokenizer.cls_token_id]
    assert subtokenizer.suffix == [tokenizer.sep_token_id]


def test_a_full_memory_is_emptied_and_nothing_changes(tokenizer, monkeypatch):
    subtokenizer = Subtokenizer(tokenizer)
    texts = [["the", "ox"], ["ate", "at", "dawn"], ["the", "ox"]]
    before = [subtokenizer([document(words)])[0].ids.tolist() for words in texts]
    monkeypatch.setattr(subtokens, "MAX_WORDS", 1)
    after = [subtokenizer([document(words)])[0].ids.tolist() for words in texts]
    assert after == before
    assert len(subtokenizer._known) < 5


def test_a_document_without_words_has_no_subtokens(tokenizer):
    (found,) = Subtokenizer(tokenizer)([TokenizedDocument([], [], [], [])])
    assert (found.ids.tolist(), found.firsts.tolist(), found.sentences) == ([], [0], [])


def test_subtokens_that_the_encoder_has_no_vector_for_are_unknown(tokenizer):
    (whole,) = Subtokenizer(tokenizer)([document(["the", "zz"])])
    n_vectors = int(whole.ids[1])
    (found,) = Subtokenizer(tokenizer, n_vectors=n_vectors)([document(["the", "zz"])])
    unknown = tokenizer.unk_token_id
    assert found.ids.tolist() == [i if i < n_vectors else unknown for i in whole.ids.tolist()]
    assert unknown in found.ids


def test_a_tokenizer_without_an_unknown_subtoken_has_one_for_a_word_of_none(tokenizer):
    bare = PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer, pad_token="[PAD]")
    assert bare.unk_token_id is None
    (found,) = Subtokenizer(bare)([document(["\u0301"])])
    assert found.ids.tolist() == [bare.pad_token_id]
