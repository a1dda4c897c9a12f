import json
import os
import shutil

import pytest

from nerlink.data import Document, Entity, Mention
from nerlink.errors import ConfigError, KnowledgeBaseError
from nerlink.kb import KnowledgeBase, knowledge_base
from nerlink.kb.store import edit
from nerlink.pipeline import Pipeline
from nerlink.serving import ServingSettings, create_app
from nerlink.serving.refusals import Broken
from nerlink.sources.records import record_from_document
from tests.serving.conftest import serving
from tests.world import ENTITIES

TOKEN = {"Authorization": "Bearer s3cret"}
LYON = {"name": "Lyon", "description": "city in France", "type": "LOC", "aliases": ["Lyons"]}


@pytest.fixture
def folder(joint_folder, tmp_path):
    return shutil.copytree(joint_folder, tmp_path / "model")


@pytest.fixture
def editable(folder):
    with serving(Pipeline.load(folder, device="cpu"), editable=True, token="s3cret") as client:
        client.headers.update(TOKEN)
        yield client


def code_of(response):
    return response.status_code, response.json()["error"]["code"]


def test_entities_are_found_by_a_name(client):
    found = client.get("/v1/entities", params={"q": "Paris", "limit": 1}).json()["entities"]
    assert [(one["id"], one["description"]) for one in found] == [("paris", "capital of France")]
    found = client.get("/v1/entities", params={"q": "Byron"}).json()["entities"]
    assert [one["id"] for one in found] == ["ada"]
    assert client.get("/v1/entities", params={"q": "\0 %_'\""}).json() == {"entities": []}


def test_an_entity_is_shown_by_its_id(client):
    expected = next(one for one in ENTITIES if one.id == "player")
    found = client.get("/v1/entities/player").json()
    assert (found["name"], found["type"]) == (expected.name, expected.type)
    assert "Jordan" in found["aliases"]
    assert code_of(client.get("/v1/entities/none")) == (404, "not_found")


@pytest.mark.parametrize(
    "query", [{}, {"q": ""}, {"q": "a" * 1001}, {"q": "a", "limit": 0}, {"q": "a", "limit": 101}]
)
def test_what_is_wrong_with_a_query_is_told(client, query):
    assert code_of(client.get("/v1/entities", params=query)) == (422, "invalid")


def test_a_new_entity_is_linked_by_the_next_request_and_in_other_processes(editable, folder):
    other = Pipeline.load(folder, device="cpu")
    doc = Document(text="Lyon is on the river.", mentions=(Mention(start=0, end=4),))

    def link():
        asked = record_from_document(doc)
        mention = editable.post("/v1/link?threshold=0", json=asked).json()["mentions"][0]
        return mention["entity"], other.link_only(doc).mentions[0].candidates

    assert link() == ("NIL", ())
    response = editable.put("/v1/entities/lyon", json=LYON)
    assert (response.status_code, response.json()["aliases"]) == (201, {"Lyons": 0})
    entity, candidates = link()
    assert (entity, candidates[0].entity) == ("lyon", "lyon")
    assert editable.delete("/v1/entities/lyon").status_code == 204
    assert link() == ("NIL", ())
    assert code_of(editable.delete("/v1/entities/lyon")) == (404, "not_found")


def test_an_entity_that_is_there_is_put_again_only_as_it_is(editable):
    assert editable.put("/v1/entities/lyon", json=LYON).status_code == 201
    assert editable.put("/v1/entities/lyon", json=LYON).status_code == 200
    assert code_of(editable.put("/v1/entities/lyon", json={"name": "Lugdunum"})) == (
        409,
        "conflict",
    )
    assert editable.get("/v1/entities/lyon").json()["name"] == "Lyon"


def test_an_id_may_be_an_address(editable):
    path = "/v1/entities/http%3A%2F%2Fexample.org%2FLyon"
    assert editable.put(path, json=LYON).json()["id"] == "http://example.org/Lyon"
    assert editable.get(path).json()["id"] == "http://example.org/Lyon"


@pytest.mark.parametrize(
    "body",
    [
        {"nome": "Lyon"},
        {"name": 3},
        {"aliases": "['a']"},
        {"popularity": -1},
        {"description": "\0"},
        {"name": "a" * 1001},
        {"description": "a" * 10_001},
        [],
        {"aliases": {"a": -1}},
    ],
    ids=str,
)
def test_what_is_wrong_with_an_entity_is_told_and_nothing_added(editable, body):
    assert code_of(editable.put("/v1/entities/lyon", json=body)) == (422, "invalid")
    assert editable.get("/v1/entities/lyon").status_code == 404


@pytest.mark.parametrize("name", ["NIL", "%20a", "a%00b", "a%09b"])
def test_an_id_that_no_entity_can_have_is_refused(editable, name):
    base = editable.app.state.service.kb
    before = list(base)
    assert code_of(editable.put(f"/v1/entities/{name}", json={"name": "A"})) == (422, "invalid")
    assert list(base) == before


def test_nobody_changes_a_base_that_is_not_editable(client):
    assert code_of(client.put("/v1/entities/lyon", json=LYON)) == (403, "forbidden")
    assert code_of(client.delete("/v1/entities/paris")) == (403, "forbidden")


def test_nobody_changes_a_base_without_the_token(editable):
    for headers in ({"Authorization": "Bearer other"}, {"Authorization": ""}):
        response = editable.put("/v1/entities/lyon", json=LYON, headers=headers)
        assert code_of(response) == (401, "unauthorised")
        assert response.headers["www-authenticate"] == "Bearer"
    assert editable.get("/v1/entities/lyon").status_code == 404


def test_an_entity_that_is_removed_under_a_batch_is_no_fault(folder, monkeypatch):
    pipeline = Pipeline.load(folder, device="cpu")
    stream, calls = pipeline.stream, []

    def interrupted(documents, **options):
        documents = list(documents)
        if not calls:
            calls.append(documents)
            with KnowledgeBase.open(folder, read_only=False) as base:
                base.remove("texas")
            raise KnowledgeBaseError("row 7 has no entity: it was removed")
        return stream(documents, **options)

    with serving(pipeline) as client:
        monkeypatch.setattr(pipeline, "stream", interrupted)
        found = client.post("/v1/tag", json={"text": "Cows walk to Texas at dawn."})
    assert (found.status_code, len(calls)) == (200, 1)
    assert "texas" not in str(found.json()["mentions"][0].get("candidates"))


@pytest.fixture
def removed_before_it_is_read(editable, folder, monkeypatch):
    """Another worker removes `texas` each time that its row is known and is not yet read."""
    read = knowledge_base.read_entities

    def late(connection, first, last):
        monkeypatch.setattr(knowledge_base, "read_entities", read)
        with KnowledgeBase.open(folder, read_only=False) as base:
            base.remove("texas")
        return read(connection, first, last)

    editable.post("/v1/tag", json={"text": "Texas"})  # rows are remembered, too
    monkeypatch.setattr(knowledge_base, "read_entities", late)


QUERIES = {"queries": json.dumps({"q": {"query": "Texas"}, "id": {"query": "texas"}})}
EXPLAINED = {"text": "Cows in Texas.", "mentions": [{"start": 8, "end": 13}], "mention": 0}


@pytest.mark.usefixtures("removed_before_it_is_read")
@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/v1/entities/texas", {}, 404),
        ("GET", "/v1/entities?q=Texas", {}, 200),
        ("PUT", "/v1/entities/texas", {"json": {"name": "Texas"}}, 201),
        ("POST", "/reconcile", {"data": QUERIES}, 200),
        ("GET", "/reconcile/preview?id=texas", {}, 404),
        ("GET", "/reconcile/suggest/entity?prefix=Texas", {}, 200),
        ("POST", "/v1/explain", {"json": EXPLAINED}, 200),
        ("POST", "/v1/tag?names=true", {"json": {"text": "Cows in Texas."}}, 200),
    ],
    ids=str,
)
def test_an_entity_that_is_removed_before_it_is_read_is_no_fault(
    editable, folder, method, path, options, status
):
    response = editable.request(method, path, **options)
    assert response.status_code == status, response.text
    with KnowledgeBase.open(folder) as base:
        assert ("texas" in base) == (method == "PUT")  # it was removed meanwhile


@pytest.mark.parametrize(
    ("name", "entity", "method", "code"),
    [
        ("remove", "texas", "DELETE", (404, "not_found")),
        ("add", Entity(id="lyon", name="Lugdunum"), "PUT", (409, "conflict")),
    ],
)
def test_of_two_who_change_one_entity_the_second_is_told(
    editable, monkeypatch, name, entity, method, code
):
    change = getattr(KnowledgeBase, name)

    def late(kb, *given):
        monkeypatch.setattr(KnowledgeBase, name, change)
        change(kb, entity)
        change(kb, *given)

    monkeypatch.setattr(KnowledgeBase, name, late)
    path = "/v1/entities/" + (entity if method == "DELETE" else entity.id)
    response = editable.request(method, path, json=LYON if method == "PUT" else None)
    assert code_of(response) == code
    assert "kb.sqlite" not in response.text


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_base_that_cannot_be_written_any_more_is_a_fault(editable, monkeypatch, method, caplog):
    def fail(*_):
        raise KnowledgeBaseError("/secret/kb.sqlite: the disk is full")

    monkeypatch.setattr(edit, "mark_change", fail)
    path = "/v1/entities/" + ("lyon" if method == "PUT" else "texas")
    response = editable.request(method, path, json=LYON if method == "PUT" else None)
    assert code_of(response) == (500, "broken")
    assert "secret" not in response.text
    assert "the disk is full" in caplog.text
    assert editable.get(path).status_code == (404 if method == "PUT" else 200)


@pytest.mark.parametrize("what", ["kb.sqlite", ""], ids=["file", "folder"])
def test_a_base_that_cannot_be_written_is_told_before_anybody_asks(folder, monkeypatch, what):
    closed = folder / what
    # Who runs the tests may be root, who may write everything but a mount that is read-only.
    monkeypatch.setattr(os, "access", lambda path, _: path != closed)
    with pytest.raises(ConfigError, match=r"kb\.sqlite cannot be written.*--editable"):
        create_app(Pipeline.load(folder), ServingSettings(editable=True, token="s3cret"))
    create_app(Pipeline.load(folder), ServingSettings(token="s3cret"))


def test_a_base_that_changes_all_the_time_is_asked_again(editable):
    service, tries = editable.app.state.service, []

    def look():
        tries.append(1)
        if len(tries) < 4:
            with KnowledgeBase.open(service.kb.path, read_only=False) as base:
                base.rename("texas", f"Texas {len(tries)}")
            raise KnowledgeBaseError("row 7 has no entity: it was removed")
        return "found"

    assert editable.portal.call(service.look_up, look) == "found"


def test_a_base_that_is_damaged_is_a_fault(editable):
    def look():
        raise KnowledgeBaseError("damaged")

    with pytest.raises(Broken):
        editable.portal.call(editable.app.state.service.look_up, look)
