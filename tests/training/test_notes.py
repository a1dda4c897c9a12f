from collections import Counter

import pytest

from nerlink.config import DataConfig, KnowledgeBaseConfig
from nerlink.data import Document
from nerlink.kb import KnowledgeBase
from nerlink.models.build import candidate_generator
from nerlink.training.data import training_set
from nerlink.training.notes import has_links, notes_on, outside_note, reach
from tests.world import DOCUMENTS, marked

SOUND = [
    marked("[Paris|LOC|paris] is on the river.", "a"),
    marked("[Ada Byron|PER|ada] wrote.", "b"),
]
OTHERS = [marked("[Acme|ORG|acme] sells anvils.", "dev-1")]


def notes(documents=SOUND, dev=OTHERS, *, batch_tokens=100, **entry) -> list[str]:
    parts = [(documents, DataConfig(**entry))]
    data = training_set(parts, tasks=("ner", "nel"), piece_tokens=batch_tokens)
    return notes_on(parts, dev, data, batch_tokens=batch_tokens)


def test_nothing_is_said_of_sound_documents():
    assert notes() == []
    assert notes(dev=[]) == []


def test_documents_without_a_mention_are_counted_and_named():
    bare = [Document(text=f"Nobody came on day {n}.", id=f"bare-{n}") for n in range(4)]
    assert notes([*SOUND, *bare], train="mine.jsonl") == [
        "mine.jsonl: 4 of 6 documents without a mention, taken to name nothing: "
        "bare-0, bare-1, bare-2, …"
    ]
    assert notes(dev=[*OTHERS, Document(text="Nobody.")]) == [
        "dev: 1 of 2 documents without a mention, taken to name nothing: document 2"
    ]


def test_a_source_without_any_mention_is_named():
    bare = [Document(text="Nobody came."), Document(text="It was late.")]
    parts = [(SOUND, DataConfig(corpus="news")), (bare, DataConfig(train="bare.jsonl"))]
    data = training_set(parts, tasks=("ner", "nel"), piece_tokens=100)
    assert notes_on(parts, bare, data, batch_tokens=100) == [
        "bare.jsonl: none of the 2 documents has a mention",
        "dev: none of the 2 documents has a mention",
        "dev: 2 of 2 documents with the text of a training document, so scores are too good: "
        "document 1, document 2",
    ]


def test_incomplete_documents_without_a_mention_do_not_say_that_there_is_none():
    bare = [Document(text="Nobody came.", id="bare", complete=False)]
    assert notes([*SOUND, *bare]) == []
    assert notes(dev=[*OTHERS, *bare]) == [
        "dev: 1 of 2 documents incomplete, so scores are no more than agreement with the dictionary"
    ]


def test_candidates_that_the_base_lacks_are_named():
    data = training_set([(SOUND, DataConfig())], tasks=("ner", "nel"), piece_tokens=9)
    lost = Counter({"Q1": 3, "Q2": 1})
    assert notes_on([], [], data, batch_tokens=9, lost=lost) == [
        "train: the knowledge base lacks 2 candidates of ambiguous mentions, which are left out: "
        "Q1, Q2"
    ]


def test_labels_that_differ_in_case_alone_are_named():
    assert notes([*SOUND, marked("[Ada|per|ada] and [Acme|Org|acme].")]) == [
        "labels that differ in case alone are learnt as different ones: 'PER' and 'per'"
    ]


def test_development_documents_that_training_shows_are_named():
    assert notes(dev=[*OTHERS, SOUND[1]]) == [
        "dev: 1 of 2 documents with the text of a training document, so scores are too good: b"
    ]


def test_links_that_are_all_nil_are_told():
    nowhere = [marked("[Otto Nix|PER|NIL] came.")]
    assert notes(nowhere) == ["train: every link is NIL (1), so the model learns to link nothing"]
    assert notes([*nowhere, *SOUND]) == []


def test_sentences_longer_than_a_step_are_counted():
    long = marked("[Paris|LOC|paris] " + "word " * 30)
    assert notes([*SOUND, long], batch_tokens=12) == [
        "train: 1 sentence of more tokens than training.batch_tokens (12), at most 31; "
        "each is learnt whole, in a step of its own"
    ]


@pytest.fixture
def kb(kb_path):
    with KnowledgeBase.open(kb_path) as kb:
        yield kb


def test_links_of_development_documents_out_of_the_base_are_counted(kb):
    dev = [marked("[Rome|LOC|Q220] and [Paris|LOC|paris] and [Otto|PER|NIL].")]
    assert outside_note(dev, kb) == [
        "dev: the knowledge base lacks the entities of 1 of 2 links, which count as missed: Q220"
    ]
    assert outside_note(DOCUMENTS, kb) == []
    assert (has_links(dev), has_links([marked("[Otto|PER|NIL] came.")])) == (True, False)


def test_reach_is_that_of_links_into_the_base_with_the_help_of_fuller_names(kb):
    dev = [marked("[Acme Works|ORG|acme] is [Acme|ORG|acme]. [Rome|LOC|Q220] is not.")]
    config = KnowledgeBaseConfig(fill=())
    generator = candidate_generator(kb, config)
    assert reach(dev, kb, generator, config).recall[None] == 0.5
    dev = [marked("[Ada Byron|PER|ada] left. [Byron|PER|ada] won.")]
    shares = [
        reach(dev, kb, generator, config.model_copy(update={"in_document": on})).recall[None]
        for on in (False, True)
    ]
    assert shares == [0.5, 1.0]
