"""Documents in many scripts, for laws that hold for all of them."""

from dataclasses import replace

from hypothesis import strategies as st

from nerlink.data import NIL, Candidate, Document, Mention, is_one_line

_PIECES = [
    *[
        "Ada",
        "Lovelace",
        "met",
        "e\u0301cole",
        "नमस्ते",
        "👩🏽‍🚀",
        "🇫🇷",
        "שלום",
        "مرحبا",
        "東京都",
        "ไทย",
    ],
    *[" ", "  ", "\n", "\t", "\r\n", "\r", "\u2028", "\u00a0", "\u200b", "\x0b", "\x85", "\ufeff"],
    *[".", ",", '"', "'", "\\", "#", "-DOCSTART-", "<b>", "_", "|", "=", "a,b;c", "{}", "%20"],
]
_ANY = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0")
_NAMES = st.text(_ANY, min_size=1, max_size=6).filter(
    lambda name: name == name.strip(" ") and is_one_line(name)
)
_SCORES = st.none() | st.floats(0, 1)
_LINKS = st.none() | st.just(NIL) | st.sampled_from(["Q7259", "Ada Lovelace", "São_Paulo", "42"])

texts = st.lists(st.sampled_from(_PIECES) | st.text(_ANY, max_size=5), max_size=12).map("".join)
metas = st.dictionaries(
    st.sampled_from(["source", "year", "Größe", "text", "label", "doc_id"]),
    st.text(_ANY, min_size=1, max_size=8),
    max_size=3,
)


@st.composite
def _mentions(draw, n, *, flat, full):
    """Mentions of a text of `n` characters; with all their values, or label and link alone."""
    ends = draw(st.lists(st.integers(0, n), max_size=8))
    ends = sorted(set(ends)) if flat else ends
    pairs = {(min(a, b), max(a, b)) for a, b in zip(ends[::2], ends[1::2], strict=False) if a != b}
    mentions = []
    for start, end in sorted(pairs):
        label, entity = draw(st.sampled_from(["PER", "LOC", "creative-work"])), draw(_LINKS)
        more = {}
        if full:
            candidate = st.builds(
                Candidate,
                entity=st.just("Q1"),
                score=_SCORES,
                prior=_SCORES,
                count=st.integers(0, 9),
            )
            more["score"], more["link_score"] = draw(_SCORES), draw(_SCORES)
            more["candidates"] = tuple(draw(st.lists(candidate, max_size=2)))
        mentions.append(Mention(start=start, end=end, label=label, entity=entity, **more))
    return tuple(mentions)


@st.composite
def documents(draw, *, flat=False, full=True):
    """A document; `flat` without overlaps, not `full` without what only JSON carries."""
    text = draw(texts)
    mentions = draw(_mentions(len(text), flat=flat, full=full))
    complete = draw(st.booleans()) if full else True
    return Document(text=text, mentions=mentions, meta=draw(metas), complete=complete)


def corpora(**options):
    """Some documents with different ids."""
    return st.lists(
        st.tuples(_NAMES, documents(**options)), max_size=4, unique_by=lambda pair: pair[0]
    ).map(lambda pairs: [_named(doc, name) for name, doc in pairs])


def _named(doc, name):
    return replace(doc, id=name)
