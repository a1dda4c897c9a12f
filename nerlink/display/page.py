"""The frame of every page, style and script inside, nothing fetched; and text made safe to show."""

import html
from functools import cache
from importlib.resources import files
from typing import Final

from nerlink.words import visible

__all__ = ["asset", "escape", "page"]


FRAME: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body class="nerlink">
<header>
<div class="bar">
<h1>{title}</h1>
<p class="summary">{summary}<span id="shown" role="status"></span></p>
<input id="search" type="search" placeholder="Search" aria-label="Search" autocomplete="off">
</div>
{controls}
</header>
<main>
{content}
</main>
<div id="tip" role="tooltip" hidden></div>
<script>
{script}
</script>
</body>
</html>
"""


def page(*, title: str, summary: str, controls: str, content: str, style: str = "") -> str:
    """A whole page.

    Args:
        title: Plain text, not HTML.
        summary: One line beside the title, plain text.
        controls: HTML under the title, such as a legend.
        content: HTML of the items.
        style: Rules beyond the common ones.
    """
    return FRAME.format(
        title=escape(title),
        summary=escape(summary),
        controls=controls,
        content=content,
        style=asset("page.css") + style,
        script=asset("parts.js") + asset("page.js"),
    )


@cache
def asset(name: str) -> str:
    """The text of a file beside this one."""
    return files("nerlink.display").joinpath(name).read_text(encoding="utf-8")


def escape(text: str) -> str:
    """The text for HTML, in elements and in quoted attributes."""
    # A browser reads a bare carriage return as a line feed; written as a number it stays.
    return html.escape(visible(text)).replace("\r", "&#13;")
