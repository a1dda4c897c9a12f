import pytest

from nerlink.display.page import asset, escape, page, visible


@pytest.mark.parametrize("text", ["tab\tline\nend\r", "שלום", "🙂é", "a\u200db"])
def test_ordinary_text_is_untouched(text):
    assert visible(text) == text


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x07", "\x9b", "\ud800"])
def test_control_characters_and_surrogates_are_replaced(character):
    assert visible(f"a{character}b") == "a\ufffdb"


def test_markup_and_carriage_returns_are_escaped():
    assert escape('<a href="\'">&\r\n') == "&lt;a href=&quot;&#x27;&quot;&gt;&amp;&#13;\n"


def test_title_is_text_and_content_is_html():
    html = page(title="<a>", summary="<b>", controls="", content="<i>c</i>")
    assert "<title>&lt;a&gt;</title>" in html
    assert "&lt;b&gt;" in html
    assert "<i>c</i>" in html


def test_style_and_script_do_not_end_early():
    assert "</" not in asset("page.css")
    assert "</script" not in asset("page.js")
