from nerlink.display.page import asset, escape, page


def test_markup_and_carriage_returns_are_escaped():
    assert escape('<a href="\'">&\r\n') == "&lt;a href=&quot;&#x27;&quot;&gt;&amp;&#13;\n"


def test_title_is_text_and_content_is_html():
    html = page(title="<a>", summary="<b>", controls="", content="<i>c</i>")
    assert "<title>&lt;a&gt;</title>" in html
    assert "&lt;b&gt;" in html
    assert "<i>c</i>" in html


def test_style_and_script_do_not_end_early():
    assert "</" not in asset("page.css")
    assert "</script" not in asset("parts.js") + asset("page.js")
