# ruff: noqa: RUF001 (signs that look alike)

from itertools import pairwise

import pytest

from nerlink.converters.segmentation import sentence_starts


def sentences(text: str) -> list[str]:
    borders = [0, *sentence_starts(text), len(text)]
    return [text[a:b].strip() for a, b in pairwise(borders)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She won. He lost! Why? Nobody knows.", "She won.|He lost!|Why?|Nobody knows."),
        ('"No!" he said. "Yes." She left.', '"No!" he said.|"Yes."|She left.'),
        ('He said : " No . "\nShe left .', 'He said : " No . "|She left .'),
        ("Mr. Lee met Dr. Roe.", "Mr. Lee met Dr. Roe."),
        ("J. Smith of Foo Inc. Europe ran.", "J. Smith of Foo Inc. Europe ran."),
        ("He joined Foo Inc. The firm grew.", "He joined Foo Inc.|The firm grew."),
        ("The U.S. President spoke.", "The U.S. President spoke."),
        ("He left the U.S. She stayed.", "He left the U.S.|She stayed."),
        ("Am 3. Oktober kam er.", "Am 3. Oktober kam er."),
        ("See No. 5 now. No. Never.", "See No. 5 now.|No.|Never."),
        ("Wait ... and then . . . Go.", "Wait ... and then . . .|Go."),
        ("他来了。“好！”她说。", "他来了。|“好！”|她说。"),
        ("यह एक है। यह दो है।", "यह एक है।|यह दो है।"),
        ("هل أنت هنا؟ نعم.", "هل أنت هنا؟|نعم."),
        ("It cost 3.5 euros.", "It cost 3.5 euros."),
    ],
)
def test_punctuation_ends_sentences_in_any_language(text: str, expected: str) -> None:
    assert sentences(text) == expected.split("|")


def test_a_blank_line_always_ends_a_sentence() -> None:
    assert sentences("one\n\ntwo\r\n \r\nthree") == ["one", "two", "three"]


def test_a_headline_ends_with_its_line() -> None:
    assert sentences("Cup final\nOslo 1999\nIt rained.") == ["Cup final", "Oslo 1999", "It rained."]


def test_a_line_that_starts_lower_case_continues_the_sentence() -> None:
    assert sentences("They sang\nand danced.\nThe end") == ["They sang\nand danced.", "The end"]


def test_wrapped_prose_is_not_cut_at_its_line_breaks() -> None:
    prose = (
        "Yesterday the mayor and her deputy welcomed the chairman Jon\n"
        "Doe and his whole family at the old station of Little Walden\n"
        "Market. They left."
    )
    assert sentences(prose) == [prose.removesuffix(" They left."), "They left."]


def test_a_text_without_words_has_no_borders() -> None:
    assert sentence_starts("") == sentence_starts(" \n\n ") == []
