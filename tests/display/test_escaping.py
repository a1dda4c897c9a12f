import pytest

from nerlink.display.escaping import escape, visible


@pytest.mark.parametrize("text", ["tab\tline\nend\r", "שלום", "🙂é", "a\u200db"])
def test_ordinary_text_is_untouched(text):
    assert visible(text) == text


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x07", "\x9b", "\ud800"])
def test_control_characters_and_surrogates_are_replaced(character):
    assert visible(f"a{character}b") == "a\ufffdb"


def test_markup_and_carriage_returns_are_escaped():
    assert escape('<a href="\'">&\r\n') == "&lt;a href=&quot;&#x27;&quot;&gt;&amp;&#13;\n"
