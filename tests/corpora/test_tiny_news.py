"""The bundled corpus agrees with itself: offsets, links, aliases, card."""

import hashlib
import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from nerlink.data import NIL, Document, Mention

FOLDER = Path(__file__).parents[2] / "corpora" / "tiny-news"
SPLITS = ("train", "dev", "test")
ONLY_IN_DEV_OR_TEST = {
    "atari-jaguar",
    "bjork",
    "bruno-mars",
    "cordoba-argentina",
    "delta-rocket",
    "florence-nightingale",
    "london-ontario",
    "newton-massachusetts",
    "orion-pictures",
    "reykjavik",
    "santiago-de-cuba",
    "victoria-canada",
}


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_bytes().splitlines()]


def read_split(split: str) -> list[Document]:
    return [
        Document(
            id=record["id"],
            text=record["text"],
            mentions=tuple(Mention(**mention) for mention in record["mentions"]),
            meta=record["meta"],
        )
        for record in read_lines(f"{split}.jsonl")
    ]


CARD = tomllib.loads((FOLDER / "card.toml").read_text(encoding="utf-8"))
DOCUMENTS = {split: read_split(split) for split in SPLITS}
ENTITIES = {entity["id"]: entity for entity in read_lines("entities.jsonl")}


def mentions_of(split: str) -> list[tuple[Document, Mention]]:
    return [(doc, mention) for doc in DOCUMENTS[split] for mention in doc.mentions]


def linked(split: str) -> list[tuple[str, str]]:
    return [
        (doc.surface(mention), mention.entity)
        for doc, mention in mentions_of(split)
        if mention.entity not in (NIL, None)
    ]


def readings() -> dict[str, set[str]]:
    found = defaultdict(set)
    for entity in ENTITIES.values():
        for alias in entity["aliases"]:
            found[alias.casefold()].add(entity["id"])
    return found


@pytest.mark.parametrize("split", SPLITS)
def test_mentions_lie_inside_the_text_and_have_no_blanks_around_them(split: str) -> None:
    for doc, mention in mentions_of(split):
        surface = doc.surface(mention)
        assert 0 <= mention.start < mention.end <= len(doc.text)
        assert surface == surface.strip()


@pytest.mark.parametrize("split", SPLITS)
def test_mentions_are_in_order_and_do_not_overlap(split: str) -> None:
    for doc in DOCUMENTS[split]:
        for before, after in zip(doc.mentions, doc.mentions[1:], strict=False):
            assert before.end <= after.start


@pytest.mark.parametrize("split", SPLITS)
def test_mentions_neither_start_nor_end_inside_a_word(split: str) -> None:
    for doc, mention in mentions_of(split):
        around = doc.text[: mention.start][-1:], doc.text[mention.end :][:1]
        assert not any(character.isalnum() for character in around), doc.surface(mention)


@pytest.mark.parametrize("split", SPLITS)
def test_every_mention_has_a_label_of_the_card_and_a_known_entity_or_nil(split: str) -> None:
    for doc, mention in mentions_of(split):
        assert mention.label in CARD["labels"]
        assert mention.entity == NIL or mention.entity in ENTITIES, doc.surface(mention)


@pytest.mark.parametrize("split", SPLITS)
def test_every_linked_surface_is_an_alias_of_its_entity(split: str) -> None:
    known = readings()
    missing = [pair for pair in linked(split) if pair[1] not in known[pair[0].casefold()]]
    assert missing == []


@pytest.mark.parametrize("split", SPLITS)
def test_card_gives_the_counts_of_the_split(split: str) -> None:
    expected = CARD["splits"][split]
    n_mentions, n_linked = len(mentions_of(split)), len(linked(split))
    assert expected["documents"] == len(DOCUMENTS[split])
    assert expected["mentions"] == n_mentions
    assert expected["linked"] == n_linked
    assert expected["nil"] == n_mentions - n_linked


@pytest.mark.parametrize("split", SPLITS)
def test_card_gives_the_sha256_of_the_split(split: str) -> None:
    expected = CARD["splits"][split]
    assert (
        hashlib.sha256((FOLDER / expected["file"]).read_bytes()).hexdigest() == expected["sha256"]
    )


def test_card_describes_the_entity_table() -> None:
    table = CARD["kb"]["entities"]
    content = (FOLDER / table["file"]).read_bytes()
    assert table["count"] == len(ENTITIES) == len(content.splitlines())
    assert table["sha256"] == hashlib.sha256(content).hexdigest()


def test_every_entity_has_a_name_a_type_a_description_of_its_own() -> None:
    assert all(entity["name"] and entity["aliases"] for entity in ENTITIES.values())
    assert {entity["type"] for entity in ENTITIES.values()} == set(CARD["labels"])
    assert len({entity["description"] for entity in ENTITIES.values()}) == len(ENTITIES)


def test_ids_and_texts_occur_once() -> None:
    docs = [doc for split in SPLITS for doc in DOCUMENTS[split]]
    assert len({doc.id for doc in docs}) == len({doc.text for doc in docs}) == len(docs)


def test_every_entity_is_mentioned_and_some_never_in_train() -> None:
    seen = {split: {entity for _, entity in linked(split)} for split in SPLITS}
    assert seen["train"] | seen["dev"] | seen["test"] == set(ENTITIES)
    assert set(ENTITIES) - seen["train"] == ONLY_IN_DEV_OR_TEST


def test_names_are_ambiguous_in_the_table_and_in_the_text() -> None:
    meant = defaultdict(set)
    for surface, entity in linked("train"):
        meant[surface.casefold()].add(entity)
    assert sum(len(entities) > 1 for entities in readings().values()) >= 45
    assert sum(len(entities) > 1 for entities in meant.values()) >= 30


@pytest.mark.parametrize(
    ("surface", "entities"),
    [
        ("Jordan", {"jordan-country", "jordan-river", "michael-jordan"}),
        ("Washington", {"washington-city", "washington-state", "george-washington"}),
        ("Paris", {"paris-city", "paris-texas", "paris-saint-germain"}),
        ("Mercury", {"mercury-planet", "freddie-mercury", "mercury-cars", "mercury-prize"}),
        ("Chicago", {"chicago-city", "chicago-bulls"}),
    ],
)
def test_train_has_each_reading_of_a_name(surface: str, entities: set[str]) -> None:
    links = linked("train")
    assert entities <= {entity for found, entity in links if found == surface}
    assert all(sum(linked_to == entity for _, linked_to in links) >= 2 for entity in entities)


def test_held_back_sentence_of_the_demo_is_in_no_document() -> None:
    texts = [doc.text for split in SPLITS for doc in DOCUMENTS[split]]
    assert not any("Jordan scored 32 points" in text for text in texts)


def test_texts_hold_characters_beyond_ascii_and_beyond_the_basic_plane() -> None:
    text = "".join(doc.text for split in SPLITS for doc in DOCUMENTS[split])
    assert {"ã", "ř", "Ł", "“"} <= set(text)
    assert any(ord(character) > 0xFFFF for character in text)
