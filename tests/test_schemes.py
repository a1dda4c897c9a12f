import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.errors import DataError
from nerlink.schemes import (
    TAG_SCHEMES,
    check_tag,
    describe_scheme,
    find_scheme,
    spans_from_tags,
    tags_from_spans,
)

CASES = {
    "iob1 opens with I": ("iob1", "I-PER I-PER O I-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
    "iob1 parts touching spans": ("iob1", "I-PER B-PER", [(0, 1, "PER"), (1, 2, "PER")]),
    "iob1 parts labels": ("iob1", "I-PER I-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
    "bio": ("bio", "B-PER I-PER B-PER O", [(0, 2, "PER"), (2, 3, "PER")]),
    "bio accepts a lone I": ("bio", "O I-PER I-PER", [(1, 3, "PER")]),
    "bio accepts a change of label": ("bio", "B-PER I-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
    "bioes": ("bioes", "S-PER B-LOC I-LOC E-LOC O", [(0, 1, "PER"), (1, 4, "LOC")]),
    "bioes without an end": ("bioes", "B-PER I-PER O", [(0, 2, "PER")]),
    "bioes begins anew after an end": (
        "bioes",
        "B-PER E-PER I-PER",
        [(0, 2, "PER"), (2, 3, "PER")],
    ),
    "label with a dash": ("bio", "B-creative-work", [(0, 1, "creative-work")]),
    "nothing": ("bio", "", []),
}


@pytest.mark.parametrize(("scheme", "tags", "spans"), CASES.values(), ids=CASES)
def test_tags_become_spans(scheme, tags, spans):
    assert spans_from_tags(tags.split(), scheme=scheme) == spans


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [("iob1", "I-A B-A I-B O"), ("bio", "B-A B-A B-B O"), ("bioes", "S-A S-A S-B O")],
)
def test_touching_spans_stay_apart(scheme, tags):
    spans = [(0, 1, "A"), (1, 2, "A"), (2, 3, "B")]
    assert tags_from_spans(spans, 4, scheme=scheme) == tags.split()


@pytest.mark.parametrize("scheme", TAG_SCHEMES)
@given(data=st.data())
def test_spans_come_back_from_their_tags(scheme, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, 12), max_size=10)))
    spans = [
        (start, end, data.draw(st.sampled_from(["A", "B"])))
        for start, end in itertools.pairwise(cuts)
        if data.draw(st.booleans())
    ]
    assert spans_from_tags(tags_from_spans(spans, 12, scheme=scheme), scheme=scheme) == spans


@pytest.mark.parametrize("tag", ["S-PER", "X-PER", "PER", "B-", "0", "b-PER", "BB-PER"])
def test_tag_outside_the_scheme_is_refused(tag):
    with pytest.raises(DataError, match=r"a.conll:7: tag .* is not in the BIO scheme"):
        check_tag(tag, scheme="bio", where="a.conll:7")


def test_scheme_that_is_none_is_refused():
    with pytest.raises(DataError, match="no tag scheme 'iob3'; take one of auto, iob1, bio"):
        spans_from_tags(["O"], scheme="iob3")


@pytest.mark.parametrize("spans", [[(0, 2, "A"), (1, 3, "A")], [(2, 5, "A")], [(1, 1, "A")]])
def test_spans_that_tags_cannot_carry_are_refused(spans):
    with pytest.raises(DataError, match="does not fit"):
        tags_from_spans(spans, 4, scheme="bio")


FOUND = {
    "bilou": ("U-PER B-LOC I-LOC L-LOC O", [(0, 1, "PER"), (1, 4, "LOC")]),
    "bmes": ("S-PER B-LOC M-LOC E-LOC O", [(0, 1, "PER"), (1, 4, "LOC")]),
    "bmewo": ("W-PER B-LOC M-LOC E-LOC O", [(0, 1, "PER"), (1, 4, "LOC")]),
    "bioes": ("S-PER B-LOC I-LOC E-LOC O", [(0, 1, "PER"), (1, 4, "LOC")]),
    "io": ("person location location O", [(0, 1, "person"), (1, 3, "location")]),
    "bare": ("B B I O", [(0, 1, "MENTION"), (1, 3, "MENTION")]),
    "underscore": ("B_PER B_LOC I_LOC O", [(0, 1, "PER"), (1, 3, "LOC")]),
    "suffix": ("PER-B LOC-B LOC-I O", [(0, 1, "PER"), (1, 3, "LOC")]),
}


@pytest.mark.parametrize(("name", "case"), FOUND.items())
def test_schemes_are_found_and_said(name, case):
    tags, spans = case[0].split(), case[1]
    scheme = find_scheme(tags)
    assert spans_from_tags(tags, scheme=scheme) == spans
    assert (describe_scheme(scheme, tags) is None) == (name == "bioes")


@pytest.mark.parametrize("tags", ["NN VB", "B-PER 0 O", "(PERSON* O", "person O B-LOC", "1 O 2"])
def test_tags_of_no_scheme_are_not_guessed(tags):
    with pytest.raises(DataError, match="is not in any scheme"):
        spans_from_tags(tags.split(), scheme=find_scheme(tags.split()))


def test_an_error_names_the_schemes_that_have_the_tag():
    with pytest.raises(DataError, match=r"Schemes with this tag: bilou\.$"):
        check_tag("U-PER", scheme="bio", where="x")
