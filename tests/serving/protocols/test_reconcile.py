"""Reconciliation as OpenRefine asks for it; every answer is held against the schemas."""

import json
import shutil
from urllib.parse import urlencode

import jsonschema
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nerlink.data import Document, Entity, Mention
from nerlink.kb import KnowledgeBase
from nerlink.pipeline import Pipeline
from nerlink.serving import create_app
from nerlink.serving.protocols.matching import ReconciliationQuery
from tests.display.parsing import parse
from tests.serving.conftest import serving
from tests.serving.protocols import schemas

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COWS = "Cows walk to Paris in Texas at dawn."
RIVER = "Paris is on the river."


def got(answer, schema):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), schema)
    return answer.json()


def ask(client, **batch):
    """Posts a batch as OpenRefine does; the results by the names of the queries."""
    body = urlencode({"queries": json.dumps(batch)})
    found = got(client.post("/reconcile", content=body, headers=FORM), schemas.RESULTS)
    assert list(found) == list(batch)
    for one in found.values():
        scores = [candidate["score"] for candidate in one["result"]]
        assert scores == sorted(scores, reverse=True)
        assert [candidate["match"] for candidate in one["result"]][1:].count(True) == 0
    return {name: one["result"] for name, one in found.items()}


def ids(result):
    return [candidate["id"] for candidate in result]


def test_the_manifest_says_what_there_is(client):
    manifest = got(client.get("/reconcile"), schemas.MANIFEST)
    assert [one["id"] for one in manifest["defaultTypes"]] == ["LOC", "PER", "ORG"]
    for kind in ("entity", "type", "property"):
        place = manifest["suggest"][kind]
        address = place["service_url"] + place["service_path"]
        assert client.get(address, params={"prefix": ""}).status_code == 200
    for page in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert client.get(page.replace("{{id}}", "paris")).status_code == 200


def addresses_of(manifest):
    suggest = manifest["suggest"].values()
    pages = [manifest["view"]["url"], manifest["preview"]["url"]]
    places = [one["service_url"] + one["service_path"] + "?prefix=P" for one in suggest]
    return [address.replace("{{id}}", "paris") for address in (*pages, *places)]


def test_the_manifest_of_a_mounted_app_leads_back_to_it(pipeline):
    inner = create_app(pipeline)
    outer = FastAPI()
    outer.mount("/a/b", inner)
    with TestClient(inner), TestClient(outer, base_url="http://e.org") as client:
        addresses = addresses_of(got(client.get("/a/b/reconcile"), schemas.MANIFEST))
        assert all(address.startswith("http://e.org/a/b/reconcile/") for address in addresses)
        assert {client.get(address).status_code for address in addresses} == {200}


def test_the_manifest_names_what_a_proxy_takes_off(pipeline):
    # As uvicorn does it: what the proxy has taken off stands before the path again.
    with TestClient(create_app(pipeline), root_path="/a") as client:
        addresses = addresses_of(got(client.get("/a/reconcile"), schemas.MANIFEST))
        assert all("/testserver/a/reconcile/" in address for address in addresses)
        assert {client.get(address).status_code for address in addresses} == {200}


def test_the_view_is_the_address_where_there_is_a_template(serve):
    client = serve(uri_template="http://e.org/{id}.html")
    manifest = got(client.get("/reconcile/"), schemas.MANIFEST)
    assert manifest["view"]["url"] == "http://e.org/{{id}}.html"
    assert manifest["identifierSpace"] == "http://e.org/"


def test_a_type_that_is_new_is_in_the_manifest(joint_folder, tmp_path):
    folder = shutil.copytree(joint_folder, tmp_path / "model")
    with serving(Pipeline.load(folder, device="cpu")) as client:
        before = client.get("/reconcile").json()["defaultTypes"]
        with KnowledgeBase.open(folder, read_only=False) as kb:
            kb.add(Entity(id="otto", name="Otto <Nix>", type="<b>ANVIL</b>"))
        after = client.get("/reconcile").json()["defaultTypes"]
        assert [one for one in after if one not in before] == [
            {"id": "<b>ANVIL</b>", "name": "<b>ANVIL</b>"}
        ]
        page = client.get("/reconcile/preview", params={"id": "otto"})
        assert "<b>" not in page.text
        assert "Otto &lt;Nix&gt;" in page.text


@pytest.mark.parametrize(("context", "entity"), [(COWS, "paris-texas"), (RIVER, "paris")])
def test_properties_are_the_context_of_a_name(client, context, entity):
    properties = [{"pid": "note", "v": context}]
    best, *_ = ask(client, q0={"query": "Paris", "properties": properties})["q0"]
    assert (best["id"], best["match"]) == (entity, True)
    assert best["score"] > 50


def test_scores_are_the_probabilities_of_the_pipeline(client, pipeline):
    doc = Document(text=COWS, mentions=(Mention(start=13, end=18),))
    (mention,) = pipeline.link_only(doc).mentions
    properties = [{"pid": "note", "v": COWS}]
    result = ask(client, q0={"query": "Paris", "properties": properties})["q0"]
    expected = {c.entity: round(100 * c.score, 2) for c in mention.candidates}
    assert {c["id"]: c["score"] for c in result} == pytest.approx(expected, abs=0.011)
    assert {f["id"] for f in result[0]["features"]} == {"prior", "seen", "same_name"}


def test_a_batch_as_openrefine_sends_it(client):
    names = ["Paris", "Texas", "Acme", "Jordan", "Ada Byron", "Mike Jordan", "Nobody", "Paris"]
    batch = {
        f"q{n}": {"query": name, "type": "LOC", "type_strict": "should", "limit": 2}
        for n, name in enumerate([*names, "Ünïcødé 🚀", "texas"])
    }
    found = ask(client, **batch)
    assert len(found) == 10
    assert ids(found["q1"]) == ids(found["q9"]) == ["texas"]
    assert found["q0"] == found["q7"]
    assert found["q6"] == found["q8"] == []


def test_an_answer_depends_on_no_other_query(client):
    query = {"query": "Jordan", "properties": [{"pid": "x", "v": "threw the ball"}]}
    alone = ask(client, a=query)["a"]
    together = ask(client, b={"query": "Paris"}, a=query, c={"query": "Acme"})["a"]
    assert ids(together) == ids(alone)
    assert [c["score"] for c in together] == pytest.approx([c["score"] for c in alone], abs=0.05)


def test_queries_may_come_in_the_address(client):
    answer = client.get("/reconcile", params={"queries": '{"q": {"query": "Texas"}}'})
    assert ids(got(answer, schemas.RESULTS)["q"]["result"]) == ["texas"]


@pytest.mark.parametrize(
    ("types", "strict", "expected"),
    [
        ("PER", "any", ["player"]),
        ("PER", "all", ["player"]),
        ("PER", "should", ["player"]),
        (["PER", "ORG"], "any", ["player"]),
        (["PER", "ORG"], "all", []),
        ("ORG", "any", []),
        ("", None, ["jordan", "player"]),
        (None, None, ["jordan", "player"]),
    ],
)
def test_types_are_a_filter(client, types, strict, expected):
    query = {"query": "Jordan", "type": types} | ({"type_strict": strict} if strict else {})
    found = ask(client, q={k: v for k, v in query.items() if v is not None})["q"]
    assert sorted(ids(found)) == expected


def test_what_has_none_of_the_wanted_types_is_no_match(client):
    found = ask(client, q={"query": "Texas", "type": "ORG", "type_strict": "should"})["q"]
    assert [(one["id"], one["match"]) for one in found] == [("texas", False)]


def test_knowing_the_type_makes_surer(client):
    free = {c["id"]: c["score"] for c in ask(client, q={"query": "Jordan"})["q"]}
    (typed,) = ask(client, q={"query": "Jordan", "type": "LOC"})["q"]
    assert typed["score"] > free["jordan"]


def test_an_id_finds_its_entity(client):
    best, *_ = ask(client, q={"query": "paris-texas"})["q"]
    assert (best["id"], best["score"], best["match"]) == ("paris-texas", 100, True)


def test_the_start_of_a_name_is_found_in_the_base_but_is_no_match(client):
    (one,) = ask(client, q={"query": "Acm"})["q"]
    assert (one["id"], one["score"], one["match"]) == ("acme", 0, False)


def test_reconciled_values_numbers_and_lists_are_read(client):
    values = [{"id": "texas", "name": "Texas"}, 7, 1.5, True, "Cows walk at dawn."]
    found = ask(client, q={"query": "Paris", "properties": [{"pid": "p", "v": values}]})["q"]
    assert set(ids(found)) == {"paris", "paris-texas"}


def test_of_a_long_value_what_is_near_the_name_is_read(client):
    value = "x " * 50_000 + COWS + " y" * 50_000
    query = ReconciliationQuery(query="Paris", properties=[{"pid": "p", "v": [value, value[::-1]]}])
    doc = query.document()
    assert doc.surface(doc.mentions[0]) == "Paris"
    assert COWS in doc.text
    assert len(doc.text) < 4000
    result = ask(client, q={"query": "Paris", "properties": [{"pid": "p", "v": value}]})["q"]
    assert result[0]["id"] in ("paris", "paris-texas")


def test_a_query_without_a_name_finds_nothing(client):
    assert ask(client, q={"properties": [{"pid": "uid", "v": "27eb"}]}) == {"q": []}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 1}, "there is no query"),
        ({"query": "Paris", "limit": 0}, "limit"),
        ({"query": "Paris", "type_strict": "maybe"}, "type_strict"),
        ({"query": "Paris", "properties": [{"pid": "x"}]}, "properties"),
        ({"query": 5}, "query"),
        ([], "should be a table"),
        ({"query": "a\u0000b"}, "NUL"),
        ({"query": "a\ud800b"}, "half of a surrogate pair"),
        ({"query": "a", "properties": [{"pid": "x", "v": "\ud800"}]}, "surrogate pair"),
        ({"query": "x" * 2000}, "characters"),
    ],
    ids=str,
)
def test_a_wrong_query_costs_no_other(client, query, message):
    body = urlencode({"queries": json.dumps({"bad": query, "good": {"query": "Texas"}})})
    found = got(client.post("/reconcile", content=body, headers=FORM), schemas.RESULTS)
    assert ids(found["good"]["result"]) == ["texas"]
    assert found["bad"]["result"] == []
    assert message in found["bad"]["error"]["message"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"queries": "{"}, 400),
        ({"queries": "[]"}, 422),
        ({}, 422),
        ({"queries": json.dumps({f"q{n}": {"query": "x"} for n in range(51)})}, 413),
    ],
    ids=["no JSON", "a list", "nothing", "too many"],
)
def test_a_wrong_batch_is_refused(client, form, status):
    answer = client.post("/reconcile", data=form)
    assert answer.status_code == status
    assert set(answer.json()["error"]) >= {"code", "message"}


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("Par", ["paris", "paris-texas"]),
        ("paris-texas", ["paris-texas"]),
        ("jor", ["jordan", "player"]),
        ("byron", ["ada"]),
        ("ACME", ["acme"]),
        ("zzz", []),
        ("", []),
    ],
)
def test_entities_are_suggested_by_the_start_of_a_name(client, prefix, expected):
    answer = client.get("/reconcile/suggest/entity", params={"prefix": prefix})
    assert ids(got(answer, schemas.ENTITIES)["result"]) == expected


def test_suggestions_go_on_at_the_cursor(client):
    answer = client.get("/reconcile/suggest/entity", params={"prefix": "Par", "cursor": 1})
    assert ids(got(answer, schemas.ENTITIES)["result"]) == ["paris-texas"]


def test_types_and_properties_are_suggested(client):
    types = client.get("/reconcile/suggest/type", params={"prefix": "o"})
    assert ids(got(types, schemas.TYPES)["result"]) == ["ORG"]
    for prefix, expected in (("", ["context", "description"]), ("born", ["born"])):
        answer = client.get("/reconcile/suggest/property", params={"prefix": prefix})
        assert ids(got(answer, schemas.PROPERTIES)["result"]) == expected


def test_a_preview_may_stand_in_a_frame_of_another_page(client):
    page = client.get("/reconcile/preview", params={"id": "player"})
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "Mike Jordan" in page.text
    assert "plays ball" in page.text
    assert "also Jordan<" in page.text
    for link in parse(page.text).all("link"):
        assert client.get(f"/reconcile/{link.attributes['href']}").status_code == 200


def test_pages_of_openrefine_may_ask_and_others_may_not(client):
    wanted = {"Access-Control-Request-Method": "POST"}
    for origin, status in (("http://127.0.0.1:3333", 200), ("http://example.org", 400)):
        answer = client.options("/reconcile", headers={"Origin": origin, **wanted})
        assert answer.status_code == status
    answer = client.get("/reconcile", headers={"Origin": "http://localhost:3333"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3333"


def test_a_preview_of_nothing_is_not_found(client):
    assert client.get("/reconcile/preview", params={"id": "<x>"}).status_code == 404


def test_a_model_that_does_not_link_has_no_base_to_match(trained):
    with serving(Pipeline.load(trained("ner"), device="cpu")) as client:
        assert client.get("/reconcile").status_code == 404
        assert client.post("/reconcile", data={"queries": "{}"}).status_code == 404


def test_names_of_queries_come_back_whatever_they_are(client):
    body = urlencode({"queries": r'{"q\ud800": {"query": "Paris"}, "r\udc00": 5}'})
    answer = client.post("/reconcile", content=body, headers=FORM)
    assert answer.status_code == 200
    found = answer.json()
    assert "paris" in ids(found["q\ud800"]["result"])
    assert found["r\udc00"]["error"]["code"] == "invalid"
    assert client.get(f"/reconcile?{body}").json() == found


def test_a_form_that_cannot_be_read_is_told_why(client):
    many = "&".join(f"a{n}=1" for n in range(99))
    answer = client.post("/reconcile", content=many, headers=FORM)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert "the body cannot be read" in error["message"]
    assert "fields" in error["message"]
