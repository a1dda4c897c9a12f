import pytest

from nerlink.data import NIL, Candidate, Mention, NilKind
from nerlink.display.marks import hover_text, link_state


@pytest.mark.parametrize(("entity", "state"), [("Q1", "linked"), (NIL, "nil"), (None, "unlinked")])
def test_links_nils_and_unlinked_mentions_are_told_apart(entity, state):
    assert link_state(Mention(start=0, end=1, entity=entity)) == state


def test_words_say_label_link_and_candidates():
    mention = Mention(
        start=0,
        end=3,
        label="PER",
        entity=NIL,
        score=0.9,
        nil=NilKind.BELOW_THRESHOLD,
        candidates=(Candidate(entity="Q7", score=0.3, prior=0.8),),
    )
    assert hover_text(mention, names=lambda entity: "Ada") == (
        "PER · 0.90\n→ NIL (below threshold)\n1. Ada (Q7) · 0.30 (prior 0.80)"
    )
