"""Text made safe to show: nothing in it is read as markup, or as a command to a terminal."""

import html
import re

__all__ = ["escape", "visible"]

# Control characters but tab, line feed and carriage return; surrogates.
UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with characters that cannot be shown as U+FFFD."""
    return UNSHOWABLE.sub("\ufffd", text)


def escape(text: str) -> str:
    """The text for HTML, in elements and in quoted attributes."""
    return html.escape(visible(text)).replace("\r", "&#13;")
