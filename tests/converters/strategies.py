"""Texts of all kinds, and documents whose mentions do not overlap."""

from hypothesis import strategies as st

from nerlink.data import NIL, Document, Mention

PIECES = [
    *["Ada", "Mr.", "U.S.-based", "don't", "l'Italie", "1,234.5", "3-2?", "(Apple)", "C#"],
    *["Paris/London", "ada@example.org", "https://example.org/a?b=c.", "...", "\u0301"],
    *["Zoë", "e\u0301te\u0301", "中文字。", "カナ", "ไทย", "မြန်မာ", "اَلسَّلَامُ", "שלום", 'צה"ל', "İ"],
    *[
        "🇫🇷",
        "👩\u200d👩\u200d👧",
        "👍🏽",
        "1\ufe0f\u20e3",
        "\u200b",
        "\ufeff",
        ".",
        "!",
        "。",
        "”",
        "'",
        "-",
    ],
    *[" ", "  ", "\t", "\n", "\n\n", "\r\n", "\u2028", "\x1c", "\xa0", "\u3000"],
]

texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A text with at least one word, and mentions without white space at their edges."""
    text = draw(texts.filter(str.strip))
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    mentions = [
        Mention(
            start=start,
            end=end,
            label=draw(st.sampled_from(["PER", "LOC", None])),
            entity=draw(st.sampled_from(["Q1", "Q2", NIL, None])),
        )
        for start, end in zip(borders[::2], borders[1::2], strict=False)
        if text[start:end] == text[start:end].strip()
    ]
    return Document(text=text, id="doc", mentions=tuple(mentions), meta={"source": "invented"})
