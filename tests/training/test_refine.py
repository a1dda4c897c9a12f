from dataclasses import replace

import pytest

from nerlink.data import Document
from nerlink.models.storage.model import load_model
from nerlink.training.refine import Refinement, refine
from tests.world import SILVER, marked

SURE = 0.7


@pytest.fixture(scope="module")
def model(joint_folder):
    return load_model(joint_folder)


def refined(
    model, *documents: Document, confident: float = SURE
) -> tuple[list[Document], Refinement]:
    found = Refinement()
    return list(refine(model, documents, found, confident=confident)), found


def marks(doc: Document) -> list[tuple[str, str | None, str | None]]:
    return [(doc.surface(m), m.label, m.entity) for m in doc.mentions]


def silver(text: str, **values) -> Document:
    return replace(marked(text, "some"), complete=False, **values)


def test_what_the_model_is_sure_of_joins_with_its_link(model):
    (doc,), found = refined(model, silver("Ada Byron wrote to [Acme|ORG|acme] for gears."))
    assert marks(doc) == [("Ada Byron", "PER", "ada"), ("Acme", "ORG", "acme")]
    assert doc.mentions[0].score >= SURE
    assert not doc.complete
    assert (found.n_marks, found.n_joined, found.n_linked, found.n_left) == (1, 1, 1, 0)
    (example,) = found.joined
    assert example == "some: «Ada Byron» wrote to Acme for gears. (PER → ada)"


def test_a_link_that_the_model_is_not_sure_of_stays_open(model, monkeypatch):
    link = model.linker.link

    def unsure(*arguments, **options):
        return [
            replace(one, score=0.6, candidates=(replace(one.candidates[0], score=total),))
            for one, total in zip(link(*arguments, **options), (0.9, 0.6), strict=True)
        ]

    monkeypatch.setattr(model.linker, "link", unsure)
    (doc,), found = refined(model, silver("Ada Byron wrote to Acme for gears."))
    ada, acme = doc.mentions
    assert (ada.entity, [c.entity for c in ada.candidates]) == (None, ["ada"])
    assert (acme.entity, acme.candidates) == (None, ()), "it may mean nothing in the base"
    assert (found.n_joined, found.n_linked) == (2, 0)


def test_a_mark_that_the_model_is_sure_is_none_leaves(model):
    (doc,), found = refined(model, silver("[Cows|ORG|acme] walk to Paris in Texas at dawn."))
    assert "Cows" not in [surface for surface, *_ in marks(doc)]
    assert found.n_left == 1
    assert found.left == ["some: «Cows» walk to Paris in Texas at … (ORG; the model: no mention)"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("Jordan threw the ball. [Mike|PER|x] Jordan won.", "borders", id="borders"),
        pytest.param("Jordan threw the ball. [Mike Jordan|ORG|x] won.", "label", id="label"),
    ],
)
def test_a_mark_that_the_model_is_sure_is_another_mention_gives_way(model, text, why):
    (doc,), found = refined(model, silver(text))
    assert ("Mike Jordan", "PER", "player") in marks(doc)
    assert found.n_left == 1, why
    assert "the model: «Mike Jordan» PER" in found.left[0]


def test_a_mark_that_the_model_is_not_sure_of_stays(model):
    doc = silver("[Cows|ORG|acme] walk to Paris.")
    assert refined(model, doc, confident=1.0)[0] == [doc]


def test_a_mark_without_a_label_gets_that_of_the_model(model):
    (doc,), found = refined(model, SILVER[2])
    assert [m.label for m in SILVER[2].mentions] == [None, None]
    assert [m.label for m in doc.mentions] == ["LOC", "LOC"]
    assert [m.candidates for m in doc.mentions] == [m.candidates for m in SILVER[2].mentions]
    assert (found.n_labelled, found.n_joined, found.n_left) == (2, 0, 0)


def test_columns_of_mentions_that_changed_go_with_them(model):
    meta = {"mention_columns": {"who": ["me"]}, "day": 1}
    (doc,), _ = refined(model, silver("Ada Byron wrote to [Acme|ORG|acme].", meta=meta))
    assert doc.meta == {"day": 1}


def test_documents_come_back_in_order_and_are_counted_together(model, monkeypatch):
    monkeypatch.setattr("nerlink.models.annotate.GROUP_TOKENS", 20)
    documents, found = refined(model, *SILVER)
    assert [doc.id for doc in documents] == [doc.id for doc in SILVER]
    alone = [refined(model, doc)[0][0] for doc in SILVER]
    assert [marks(doc) for doc in documents] == [marks(doc) for doc in alone]
    assert found.n_documents == 10
    total = Refinement()
    total.add(found, n_examples=4)
    total.add(found, n_examples=4)
    assert total.n_marks == 2 * sum(len(doc.mentions) for doc in SILVER)
    assert len(total.joined) <= 4


def test_a_model_without_links_marks_labels_alone(trained):
    finder = load_model(trained("ner"))
    doc = silver("Ada Byron wrote to [Acme|ORG|acme] for gears.")
    (doc,), found = refined(finder, doc, confident=0.4)
    assert marks(doc) == [("Ada Byron", "PER", None), ("Acme", "ORG", "acme")]
    assert found.n_linked == 0


def test_what_changed_is_told_in_lines():
    found = Refinement(n_marks=1200, n_joined=30, n_linked=20, n_left=4, joined=["a"], left=["b"])
    assert str(found).splitlines() == [
        "30 mentions joined the 1,200 of the dictionary (20 with a link), 4 left, 0 got a label",
        "    joined: a",
        "    left: b",
    ]
