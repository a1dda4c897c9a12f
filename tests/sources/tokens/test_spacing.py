import pytest

from nerlink.sources.tokens.spacing import notes_from_text, white_space

NOTES = {
    "as usual": ("_", ("", " ")),
    "nothing after": ("SpaceAfter=No", ("", "")),
    "two blanks": (r"SpacesAfter=\s\s", ("", "  ")),
    "all kinds": (r"SpacesAfter=\s\t\r\n\p\\", ("", " \t\r\n|\\")),
    "before and after": (r"SpacesBefore=\s|SpacesAfter=\n", (" ", "\n")),
    "a backslash and an s": (r"SpacesAfter=\\s", ("", "\\s")),
    "something else": ("Gloss=house", ("", " ")),
}


@pytest.mark.parametrize(("note", "spaces"), NOTES.values(), ids=NOTES)
def test_note_tells_the_white_space(note, spaces):
    assert white_space(note, " ") == spaces


def test_text_gives_the_notes():
    notes = notes_from_text(" a b\nc ", [(1, 2), (3, 4), (5, 6)], [0, 0, 1])
    assert notes == [r"SpacesBefore=\s", "_", r"SpacesAfter=\s"]
