import json

import pytest

from nerlink.data import Document
from nerlink.sources.records import record_from_document
from tests.serving.conftest import serving
from tests.world import DOCUMENTS

TEXTS = [doc.text for doc in DOCUMENTS]


def code_of(response):
    return response.status_code, response.json()["error"]["code"]


def test_one_document_comes_back_as_the_pipeline_answers(client, pipeline):
    record = client.post("/v1/tag", json={"text": TEXTS[0], "id": "a", "received": "Monday"})
    assert record.status_code == 200
    expected = pipeline(Document(text=TEXTS[0], id="a", meta={"received": "Monday"}))
    assert record.json() == record_from_document(expected)
    assert record.json()["mentions"][0]["entity"] == "paris"


@pytest.mark.parametrize("wrap", [list, lambda all_: {"documents": all_}], ids=["list", "object"])
def test_several_documents_come_back_in_order(client, pipeline, wrap):
    asked = wrap([{"text": text} for text in TEXTS[:3]] + TEXTS[3:])
    found = client.post("/v1/tag", json=asked).json()["documents"]
    assert found == [record_from_document(doc) for doc in pipeline(TEXTS)]


def test_no_documents_are_no_error(client):
    assert client.post("/v1/tag", json=[]).json() == {"documents": []}
    assert client.post("/v1/tag", json={"text": ""}).json()["mentions"] == []


def test_given_mentions_are_linked_and_no_others(client, pipeline):
    mentions = [{"start": 0, "end": 5, "label": "LOC"}]
    found = client.post("/v1/link", json={"text": TEXTS[0], "mentions": mentions}).json()
    assert [(m["start"], m["entity"]) for m in found["mentions"]] == [(0, "paris")]


@pytest.mark.parametrize("place", ["query", "body"])
def test_options_of_a_request_are_its_own(client, place):
    options = {"threshold": 1.0, "top_k": 1}
    query = options if place == "query" else {}
    body = {"documents": [TEXTS[0]]} | ({} if query else options)
    mention = client.post("/v1/tag", json=body, params=query).json()["documents"][0]["mentions"][0]
    assert (mention["entity"], mention["nil"], len(mention["candidates"])) == (
        "NIL",
        "below threshold",
        1,
    )
    usual = client.post("/v1/tag", json={"text": TEXTS[0]}).json()["mentions"][0]
    assert (usual["entity"], len(usual["candidates"])) == ("paris", 2)


def test_options_beside_a_text_are_options(client):
    found = client.post("/v1/tag", json={"text": TEXTS[0], "top_k": 0}).json()
    assert "candidates" not in found["mentions"][0]
    assert "meta" not in found


def test_offsets_count_utf16_units_coming_and_going(client):
    text = f"\N{GRINNING FACE} {TEXTS[0]}"
    plain = client.post("/v1/tag", json={"text": text}).json()["mentions"]
    units = client.post("/v1/tag?offsets=utf16", json={"text": text}).json()["mentions"]
    assert [m["start"] + 1 for m in plain] == [m["start"] for m in units]
    given = {"text": text, "mentions": [{"start": 3, "end": 8}], "tokens": [[0, 2], [3, 8]]}
    linked = client.post("/v1/link?offsets=utf16", json=given).json()
    assert (linked["mentions"][0]["start"], linked["mentions"][0]["end"]) == (3, 8)
    assert linked["mentions"][0]["candidates"]
    assert linked["tokens"] == given["tokens"]
    inside = given | {"mentions": [{"start": 1, "end": 8}]}
    assert code_of(client.post("/v1/link?offsets=utf16", json=inside)) == (422, "invalid")


def test_groups_are_written_as_transformers_does(client):
    (found,) = client.post("/v1/tag?format=hf", json=[TEXTS[0][:5]]).json()["documents"]
    assert (found[0]["entity_group"], found[0]["word"]) == ("LOC", "Paris")
    single = client.post("/v1/tag?format=hf", json={"text": TEXTS[0][:5]}).json()
    assert single == found


def test_names_stand_beside_documents_where_asked_for(client):
    found = client.post("/v1/tag?names=true", json={"text": TEXTS[0]}).json()
    assert found["names"] == {"paris": "Paris", "paris-texas": "Paris"}


@pytest.mark.parametrize(
    ("more", "meant"),
    [
        ({"treshold": 0.5}, "threshold"),
        ({"Top_K": 3}, "top_k"),
        ({"offset": "utf16"}, "offsets"),
        ({"name": "Ada"}, None),
        ({"offset": 17}, None),
        ({"meta": {"treshold": 0.5}}, None),
        ({"formatted": "x" * 1000, "t" * 50: 1}, None),
    ],
    ids=str,
)
def test_an_option_that_is_misspelt_beside_a_text_is_no_meta(client, more, meant):
    answer = client.post("/v1/tag", json={"text": "Ada", **more})
    if meant:
        assert code_of(answer) == (422, "invalid")
        assert f"Did you mean {meant!r}?" in answer.json()["error"]["message"]
    else:
        assert answer.json()["meta"] == more.get("meta", more)


def test_a_bad_document_costs_no_other(client, pipeline):
    bad = {"id": "b", "text": "Ada", "mentions": [{"start": 2, "end": 9}]}
    asked = [TEXTS[0], bad, 7, TEXTS[1]]
    first, second, third, fourth = client.post("/v1/link", json=asked).json()["documents"]
    assert (first["text"], fourth["text"]) == (TEXTS[0], TEXTS[1])
    assert "document 1: mention 0: start 2, end 9" in second["error"]["message"]
    assert third["error"]["code"] == "invalid"


DEEP = json.loads('{"a":' * 490 + "0" + "}" * 490)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"title": "\ud800"}, "document 1: meta: title"),
        ({"meta": {"\udc00": 1}}, "document 1: meta: key"),
        ({"meta": DEEP}, "document 1: meta: values are nested too deep"),
    ],
    ids=["a value", "a key", "deep"],
)
def test_a_document_that_no_answer_could_hold_costs_no_other(client, more, message):
    asked = [{"text": TEXTS[0]}, {"text": "a", **more}, {"text": TEXTS[1]}]
    headers = {"content-type": "application/json"}
    response = client.post("/v1/tag", content=json.dumps(asked).encode(), headers=headers)
    first, second, third = response.json()["documents"]
    assert (first["text"], third["text"]) == (TEXTS[0], TEXTS[1])
    assert second["error"]["message"].startswith(message)
    lines = "\n".join(map(json.dumps, asked)).encode()
    headers = {"content-type": "application/x-ndjson"}
    found = lines_of(client.post("/v1/tag", content=lines, headers=headers))
    assert [next(iter(one)) for one in found] == ["text", "error", "text"]


def test_a_document_that_the_model_fails_on_costs_no_other(pipeline, monkeypatch):
    stream = pipeline.stream

    def choking(documents, **options):
        documents = list(documents)
        if any("poison" in doc.text for doc in documents):
            raise RuntimeError("the model chokes")
        return stream(documents, **options)

    monkeypatch.setattr(pipeline, "stream", choking)
    with serving(pipeline) as client:
        first, second = client.post("/v1/tag", json=[TEXTS[0], "poison"]).json()["documents"]
        assert first["mentions"]
        assert second == {"error": {"code": "failed", "message": "the model chokes"}}
        assert code_of(client.post("/v1/tag", json={"text": "poison"})) == (422, "failed")


def lines_of(response):
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def test_lines_are_answered_in_order_each_with_its_own_error(client, pipeline):
    rows = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(TEXTS)]
    rows[2:2] = ["{", "", '{"text": 3}']
    content = "\n".join(rows).encode()
    found = lines_of(
        client.post("/v1/tag", content=content, headers={"content-type": "application/x-ndjson"})
    )
    errors = [one["error"] for one in found if "error" in one]
    assert [one["code"] for one in errors] == ["malformed", "invalid"]
    assert errors[0]["message"].startswith("line 3: not JSON")
    documents = [Document(text=text, id=str(n)) for n, text in enumerate(TEXTS)]
    expected = [record_from_document(doc) for doc in pipeline(documents)]
    assert [one for one in found if "error" not in one] == expected


WRONG = {
    "not UTF-8": (b'{"text": "\xff"}', 400, "malformed"),
    "not JSON": (b"{", 400, "malformed"),
    "empty": (b"", 400, "malformed"),
    "lone surrogate": (rb'{"text": "\ud800"}', 422, "invalid"),
    "NaN": (b'{"text": "a", "x": NaN}', 400, "malformed"),
    "too large a number": (b'{"text": "a", "x": 1e400}', 400, "malformed"),
    "an endless integer": (b'{"text": "a", "x": ' + b"9" * 5000 + b"}", 400, "malformed"),
    "deep": (b"[" * 100_000, 400, "malformed"),
    "a key twice": (b'{"text": "a", "text": "b"}', 400, "malformed"),
    "a number": (b"3", 422, "invalid"),
    "no text": (b'{"id": "a"}', 422, "invalid"),
    "NUL": (rb'{"text": "\u0000"}', 422, "invalid"),
    "no list": (b'{"documents": {}}', 422, "invalid"),
    "unknown option": (b'{"documents": [], "treshold": 1}', 422, "invalid"),
    "threshold": (b'{"text": "a", "threshold": 2}', 422, "invalid"),
    "top_k": (b'{"text": "a", "top_k": 101}', 422, "invalid"),
    "offset": (b'{"text": "a", "mentions": [{"start": 0, "end": 2}]}', 422, "invalid"),
}


@pytest.mark.parametrize(("body", "status", "code"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_in_one_shape(client, body, status, code):
    response = client.post("/v1/tag", content=body, headers={"content-type": "application/json"})
    assert code_of(response) == (status, code)
    assert response.json()["error"].keys() <= {"code", "message", "where"}
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/tag?threshold=nan", 422, "invalid"),
        ("/v1/tag?top_k=-1", 422, "invalid"),
        ("/v1/tag?treshold=1", 422, "invalid"),
        ("/v1/tagg", 404, "not_found"),
    ],
)
def test_what_is_wrong_with_an_address_is_told_too(client, path, status, code):
    assert code_of(client.post(path, json={"text": "a"})) == (status, code)


def test_another_kind_of_body_is_refused(client):
    response = client.post("/v1/tag", content="a", headers={"content-type": "text/csv"})
    assert code_of(response) == (415, "foreign")


def test_a_body_without_a_type_is_json(client):
    assert client.post("/v1/tag", content=b'{"text": "Ada"}').status_code == 200
    assert code_of(client.post("/v1/tag", content=b"\xff")) == (400, "malformed")


def test_the_parts_of_a_score_are_explained(client, pipeline):
    doc = pipeline(TEXTS[0])
    given = [{"start": m.start, "end": m.end, "label": m.label} for m in doc.mentions]
    asked = {"text": TEXTS[0], "mentions": given[::-1], "mention": 0}
    found = client.post("/v1/explain", json=asked).json()
    expected = pipeline.explain(doc, doc.mentions[-1])
    assert found["surface"] == expected.surface
    assert [one["entity"] for one in found["options"]] == [o.entity for o in expected.options]
    assert found["options"][0]["name"] == "Paris"
    assert sum(found["options"][0]["parts"].values()) == pytest.approx(
        sum(expected.options[0].parts.values()), abs=1e-4
    )


@pytest.mark.parametrize("number", [None, -1, 1, "0", True, 0.0])
def test_a_mention_to_explain_must_be_there(client, number):
    asked = {"text": "Ada", "mentions": [{"start": 0, "end": 3}], "mention": number}
    assert code_of(client.post("/v1/explain", json=asked)) == (422, "invalid")
