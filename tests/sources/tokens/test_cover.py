import pytest

from nerlink.data import Document, Mention
from nerlink.sources.losses import Losses
from nerlink.sources.tokens.cover import choose_flat, cover, opens_sentence

CASES = {
    "words and signs": ("Ada's (dog).", ["Ada", "'", "s", "(", "dog", ")", "."]),
    "combining marks": ("e\u0301cole नमस्ते", ["e\u0301cole", "नमस्ते"]),
    "emoji": ("hi 👩🏽‍🚀🇫🇷", ["hi", "👩🏽‍🚀", "🇫🇷"]),
    "right to left": ("שלום عالم", ["שלום", "عالم"]),
    "white space only": (" \n\t\u2028", []),
}


def tokens(doc, losses=None):
    return [doc.text[start:end] for start, end in cover(doc, losses or Losses())]


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_words_are_found_in_any_script(text, expected):
    assert tokens(Document(text=text)) == expected


def test_token_is_cut_where_a_mention_ends():
    losses = Losses()
    doc = Document(text="东京人 x", tokens=((0, 3), (4, 5)), mentions=(Mention(start=0, end=2),))
    assert tokens(doc, losses) == ["东京", "人", "x"]
    assert losses.counts == {"tokens cut at a mention": 1}


def test_text_outside_given_tokens_is_covered_too():
    doc = Document(text="Ada, met Bea", tokens=((0, 3), (9, 12)))
    assert tokens(doc) == ["Ada", ",", "met", "Bea"]


def test_white_space_at_the_border_of_a_mention_is_a_token():
    doc = Document(text="x  Ada  y", mentions=(Mention(start=2, end=7),))
    assert tokens(doc) == ["x", " ", "Ada", " ", "y"]


def test_line_feeds_part_sentences_where_none_are_given():
    doc = Document(text="a b\nc")
    assert opens_sentence(doc, cover(doc, Losses())) == [False, False, True]


def test_given_sentences_are_kept():
    doc = Document(text="a b\nc d", sentences=((0, 1), (2, 5)))
    assert opens_sentence(doc, cover(doc, Losses())) == [True, True, False, False]


def test_of_overlapping_mentions_the_longest_stays_and_the_earlier_of_equals():
    places = [(0, 2), (0, 4), (3, 5), (4, 6), (8, 10), (9, 14), (13, 18), (18, 20)]
    mentions = [Mention(start=s, end=e, label="X") for s, e in places]
    dropped = []
    kept = choose_flat(mentions, dropped=dropped.append)
    assert [(m.start, m.end) for m in kept] == [(0, 4), (4, 6), (9, 14), (18, 20)]
    assert sorted(m.start for m in dropped) == [0, 3, 8, 13]


def test_a_mention_that_is_not_kept_takes_no_room_from_others():
    mentions = [Mention(start=0, end=4), Mention(start=0, end=2, label="X")]
    kept = choose_flat(mentions, dropped=print, is_kept=lambda mention: mention.label is not None)
    assert kept == [mentions[1]]
