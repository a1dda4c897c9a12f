"""Documents written as marked text, and random ones."""

import re

from hypothesis import strategies as st

from nerlink.data import NIL, Candidate, Document, Mention

MARK = re.compile(r"\[([^]|]+)\|([^]|]*)(?:\|([^]|]*))?\]")


def marked(text: str, *, id: str | None = None) -> Document:  # noqa: A002
    """`[Ada|PER|Q7]` is a mention with label and entity; either may be empty."""
    plain, mentions, last = "", [], 0
    for mark in MARK.finditer(text):
        plain += text[last : mark.start()]
        last = mark.end()
        surface, label, entity = mark.groups()
        start, end = len(plain), len(plain) + len(surface)
        mentions.append(Mention(start=start, end=end, label=label or None, entity=entity or None))
        plain += surface
    return Document(text=plain + text[last:], id=id, mentions=tuple(mentions))


TEXT = "ab-cd-ef-gh-"  # white space would be trimmed off the edges of random mentions

ranges = st.tuples(st.integers(0, 11), st.integers(1, 12)).filter(lambda place: place[0] < place[1])
candidates = st.lists(st.sampled_from(["e1", "e2", "e3", NIL]), unique=True, max_size=3)
mentions = st.builds(
    lambda place, label, entity, listed, score: Mention(
        start=place[0],
        end=place[1],
        label=label,
        entity=entity,
        link_score=score,
        candidates=tuple(Candidate(entity=entity) for entity in listed),
    ),
    ranges,
    st.sampled_from(["PER", "LOC", "ORG", None]),
    st.sampled_from(["e1", "e2", "e3", NIL, None]),
    candidates,
    st.one_of(st.none(), st.floats(0, 1)),
)
documents = st.lists(mentions, max_size=6).map(lambda ms: Document(text=TEXT, mentions=tuple(ms)))
corpora = st.lists(st.tuples(documents, documents), max_size=4)
