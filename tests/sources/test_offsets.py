import pytest
from hypothesis import assume, given

from nerlink.data import Mention
from nerlink.errors import DataError
from nerlink.sources.offsets import in_characters, in_utf16, out_of_utf16
from nerlink.sources.records import document_from_record, record_from_document
from tests.sources.generated import documents

TEXT = "🎉 Mira Solberg flew to Oslo"


def converted(text, pairs, surfaces):
    said = []
    mentions = in_characters(
        text,
        [Mention(start=start, end=end) for start, end in pairs],
        surfaces,
        places=[f"mention {n}" for n in range(len(pairs))],
        say=said.append,
    )
    return [text[m.start : m.end] for m in mentions], said


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-8"])
@given(doc=documents(full=False))
def test_offsets_in_other_units_come_back_as_characters(encoding, doc):
    width = 2 if encoding == "utf-16-le" else 1

    def units(n):
        return len(doc.text[:n].encode(encoding)) // width

    mentions = [m for m in doc.mentions if any(map(str.isalnum, doc.surface(m)))]
    surfaces = [doc.surface(mention) for mention in mentions]
    assume(all(doc.text.count(surface) == 1 for surface in surfaces))
    found, _ = converted(doc.text, [(units(m.start), units(m.end)) for m in mentions], surfaces)
    assert ["".join(one.split()) for one in found] == ["".join(one.split()) for one in surfaces]


def test_the_very_surface_in_bytes_comes_before_a_similar_one_in_characters():
    found, _ = converted("Ada  \x80\u00af", [(0, 7)], ["Ada  \x80"])
    assert found == ["Ada  \x80"]


def test_a_mention_without_its_text_is_converted_with_the_others():
    found, said = converted(TEXT, [(3, 15), (24, 28)], ["Mira Solberg", None])
    assert found == ["Mira Solberg", "Oslo"]
    assert said == ["offsets count UTF-16 units, as the text of mentions shows; now in characters"]


def test_right_offsets_stay_and_nothing_is_said():
    assert converted(TEXT, [(2, 14)], ["Mira Solberg"]) == (["Mira Solberg"], [])


@pytest.mark.parametrize("surface", ["mira solberg", "Mira  Solberg", "mira sol ##berg"])
def test_what_a_tokeniser_does_to_a_surface_is_no_shift(surface):
    assert converted(TEXT, [(2, 14)], [surface])[1] == []


def test_a_surface_that_fits_no_unit_is_refused_with_both_strings():
    with pytest.raises(
        DataError, match=r"mention 0: start 0, end 4 is '🎉 Mi' .* says 'Oslo'. It stands at 23, 27"
    ):
        converted(TEXT, [(0, 4)], ["Oslo"])


def test_an_end_beyond_a_text_with_emoji_hints_at_units():
    record = {"text": TEXT, "mentions": [{"start": 24, "end": 28}]}
    with pytest.raises(DataError, match="UTF-16 units, as emoji are"):
        document_from_record(record, where="x")
    record = {"text": "Oslo", "mentions": [{"start": 0, "end": 9}]}
    with pytest.raises(DataError, match=r"one past the last\.$"):
        document_from_record(record, where="x")


@given(doc=documents(full=False))
def test_records_count_utf16_units_and_come_back(doc):
    record = record_from_document(doc)
    units = in_utf16(record)
    text = doc.text.encode("utf-16-le")
    for before, after in zip(record["mentions"], units["mentions"], strict=True):
        surface = text[2 * after["start"] : 2 * after["end"]].decode("utf-16-le")
        assert surface == doc.text[before["start"] : before["end"]]
    assert out_of_utf16(units, where="here") == record


def test_a_unit_inside_a_character_is_refused():
    record = {"text": TEXT, "mentions": [{"start": 1, "end": 3}]}
    with pytest.raises(DataError, match="here: mention 0: UTF-16 unit 1 is inside a character"):
        out_of_utf16(record, where="here")


@pytest.mark.parametrize(
    "odd",
    [
        {"mentions": 3},
        {"mentions": [3, {}, {"start": "1"}, {"start": 99, "end": -1}]},
        {"tokens": [[1], 2, ["a", None]]},
        {"text": 3},
        {"text": None},
    ],
    ids=str,
)
def test_what_is_no_offset_stays_as_it_is(odd):
    assert out_of_utf16({"text": TEXT, **odd}, where="here") == {"text": TEXT, **odd}
