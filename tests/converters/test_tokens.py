import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.converters import TokenizedDocument, tasks_of, tokenize
from nerlink.converters.tokens import place_words
from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from tests.converters.strategies import texts


def sentences(tokens: TokenizedDocument) -> list[list[str]]:
    return [tokens.words[first:last] for first, last in tokens.sentences]


def check(tokens: TokenizedDocument, text: str) -> None:
    spans = list(zip(tokens.starts, tokens.ends, strict=True))
    assert tokens.words == [text[start:end] for start, end in spans]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert [i for a, b in tokens.sentences for i in range(a, b)] == list(range(len(spans)))
    assert all(a < b for a, b in tokens.sentences)


@given(texts)
def test_tokens_cover_the_text_and_sentences_the_tokens(text: str) -> None:
    tokens = tokenize(Document(text=text))
    check(tokens, text)
    assert "".join(tokens.words) == "".join(text.split())


@given(texts, st.data())
def test_given_sentences_are_kept(text: str, data: st.DataObject) -> None:
    borders = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    given_sentences = tuple(zip(borders[::2], borders[1::2], strict=False))
    tokens = tokenize(Document(text=text, sentences=given_sentences))
    check(tokens, text)
    found = [(tokens.starts[a], tokens.ends[b - 1]) for a, b in tokens.sentences]
    kept = [border for sentence in given_sentences for border in sentence]
    assert all(end <= border or start >= border for start, end in found for border in kept)


@pytest.mark.parametrize("text", ["", "  \n\n\t", "\u3000"])
def test_a_document_without_words_has_no_tokens(text: str) -> None:
    assert tokenize(Document(text=text)) == TokenizedDocument([], [], [], [])


def test_given_tokens_are_kept() -> None:
    doc = Document(
        text="New York. Ok", tokens=((0, 8), (8, 9), (10, 12)), sentences=((0, 9), (10, 12))
    )
    assert sentences(tokenize(doc)) == [["New York", "."], ["Ok"]]


def test_given_tokens_get_sentences_by_rule() -> None:
    doc = Document(text="He won. She too.", tokens=((0, 2), (3, 7), (8, 11), (12, 16)))
    assert sentences(tokenize(doc)) == [["He", "won."], ["She", "too."]]


def test_any_flair_tokenizer_can_be_used() -> None:
    from flair.tokenization import SpaceTokenizer

    tokens = tokenize(Document(text="Ada's  firm. It won."), tokenizer=SpaceTokenizer())
    assert sentences(tokens) == [["Ada's", "firm."], ["It", "won."]]
    check(tokens, "Ada's  firm. It won.")


def test_a_flair_splitter_gives_sentences_and_tokens() -> None:
    from flair.splitter import SegtokSentenceSplitter

    text = "\u200bAda's firm won.  It\u200b grew (fast)."
    tokens = tokenize(Document(text=text), splitter=SegtokSentenceSplitter())
    check(tokens, text)
    assert [len(sentence) for sentence in sentences(tokens)] == [5, 6]


def test_a_tokenizer_overrides_the_tokens_of_a_splitter() -> None:
    from flair.splitter import NewlineSentenceSplitter
    from flair.tokenization import SpaceTokenizer

    doc = Document(text="Ada's firm. It won \n Here.")
    tokens = tokenize(doc, tokenizer=SpaceTokenizer(), splitter=NewlineSentenceSplitter())
    assert sentences(tokens) == [["Ada's", "firm.", "It", "won"], ["Here."]]


def test_two_hundred_thousand_tokens_are_no_problem() -> None:
    tokens = tokenize(Document(text="Ada met Bob. " * 50_000))
    assert (len(tokens.words), len(tokens.sentences)) == (200_000, 50_000)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("a  a a", ["a", "a", "a"], ["a", "a", "a"]),
        ("#Paris rocks", ["Paris", "rocks"], ["Paris", "rocks"]),
        ('say "hi" now', ["say", "``", "hi", "''", "now"], ["say", '"', "hi", '"', "now"]),
        ("a ^ and ''", ["a", "''", "and", "''"], ["a", "^", "and", "''"]),
        ("end …", ["end", "..."], ["end", "…"]),
    ],
    ids=["repeated", "dropped", "rewritten", "rewritten like later text", "rewritten last"],
)
def test_words_are_placed_in_order(text: str, words: list[str], expected: list[str]) -> None:
    spans = place_words(words, text, tokenizer="Mine")
    assert [text[start:end] for start, end in spans] == expected


def test_a_word_that_is_not_in_the_text_is_refused() -> None:
    with pytest.raises(DataError, match=r"Mine returned 'three' as word 2.*near character 7"):
        place_words(["one", "two", "three"], "one two", tokenizer="Mine")


@pytest.mark.parametrize(
    ("annotations", "tasks"),
    [
        ([], {"ner"}),
        ([("PER", None)], {"ner"}),
        ([("PER", "Q1"), ("LOC", None)], {"ner", "nel"}),
        ([(None, NIL), ("LOC", None)], {"ner", "nel"}),
        ([(None, NIL), (None, None)], {"nel"}),
        ([(None, None)], set()),
    ],
    ids=["no mention", "types", "both", "one of each", "links", "neither"],
)
def test_annotation_says_what_a_document_teaches(
    annotations: list[tuple[str | None, str | None]], tasks: set[str]
) -> None:
    mentions = [Mention(start=0, end=1, label=label, entity=e) for label, e in annotations]
    assert tasks_of(Document(text="a", mentions=tuple(mentions))) == tasks


def test_neither_torch_nor_flair_is_imported() -> None:
    code = (
        "import sys, nerlink.converters; sys.exit('torch' in sys.modules or 'flair' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
