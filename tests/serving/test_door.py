import asyncio
import json
import logging

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nerlink.data import Document
from nerlink.serving import create_app
from nerlink.serving.door import BODIES
from nerlink.serving.run import JsonLines
from nerlink.sources.records import record_from_document
from tests.serving.conftest import Exchange, door_of, running, serving, until
from tests.world import TEXTS

ADA = b'{"text": "Ada"}'


@pytest.mark.parametrize("told", [True, False], ids=["length", "chunks"])
def test_a_body_that_is_too_large_is_refused(pipeline, told):
    async def scene():
        async with running(pipeline, max_body=1000) as app:
            exchange = Exchange(
                app, "/v1/tag", headers={"content-length": "1001"} if told else None
            )
            for _ in range(9):
                exchange.send(b" " * 125, more=True)
            assert await exchange.settled() == 413
            assert exchange.error["code"] == "too_large"
            assert exchange.n_received <= 1125

    asyncio.run(scene())


def test_bodies_together_are_bounded_too(pipeline):
    async def scene():
        async with running(pipeline, max_body=1000) as app:
            slow = [Exchange(app, "/v1/tag") for _ in range(BODIES)]
            for exchange in slow:
                exchange.send(b" " * 1000, more=True)
            await until(lambda: all(one.n_received for one in slow))
            late = Exchange(app, "/v1/tag")
            late.send(ADA)
            assert await late.settled() == 429
            for exchange in slow:
                exchange.go_away()
                await asyncio.wait_for(exchange.answered, 10)
            again = Exchange(app, "/v1/tag")
            again.send(ADA)
            assert await again.settled() == 200

    asyncio.run(scene())


def test_a_body_that_does_not_arrive_is_given_up(pipeline):
    async def scene():
        async with running(pipeline, timeout=0.05) as app:
            exchange = Exchange(app, "/v1/tag")
            exchange.send(b"{", more=True)
            assert await exchange.settled() == 408

    asyncio.run(scene())


def test_a_body_that_arrives_bit_by_bit_is_given_up_too(pipeline):
    async def scene():
        async with running(pipeline, timeout=0.5) as app:
            exchange = Exchange(app, "/v1/tag")
            for _ in range(500):
                exchange.send(b" ", more=True)
                await asyncio.sleep(0.01)
                if exchange.answered.done():
                    break
            assert await exchange.settled() == 408
            assert door_of(app).n_bytes == 0

    asyncio.run(scene())


def test_a_full_queue_is_told_and_when_to_come_again(held):
    async def scene():
        async with running(held, queue_tokens=10, max_batch_tokens=1) as app:
            first = Exchange(app, "/v1/tag")
            first.send(ADA)
            await until(held.has_begun.is_set)
            second, third = Exchange(app, "/v1/tag"), Exchange(app, "/v1/tag")
            text = json.dumps({"text": "a" * 30}).encode()
            second.send(text)
            await until(lambda: app.state.service._batcher.n_tokens == 8)
            third.send(text)
            assert await third.settled() == 429
            headers = dict(third.sent[0]["headers"])
            assert int(headers[b"retry-after"]) >= 1
            held.go_on.set()
            assert [await first.settled(), await second.settled()] == [200, 200]

    asyncio.run(scene())


def test_a_request_that_no_queue_could_hold_is_refused_for_good(pipeline):
    with serving(pipeline, queue_tokens=10, max_characters=100) as client:
        response = client.post("/v1/tag", json={"text": "a" * 101})
        assert response.status_code == 413
        response = client.post("/v1/tag", json=["a" * 20, "b" * 20])
        assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")
        found = client.post("/v1/tag", json=["a" * 101, "b"]).json()["documents"]
        assert found[0]["error"]["code"] == "too_large"
        assert found[1]["text"] == "b"
        layers = [{"start": 0, "end": n} for n in range(1, 20)]
        for path in ("/v1/link", "/v1/explain"):
            asked = {"text": "a" * 20, "mentions": layers, "mention": 0}
            assert client.post(path, json=asked).status_code == 413


def test_a_deadline_that_has_passed_is_told_and_frees_the_queue(held):
    async def scene():
        async with running(held, timeout=0.1, max_batch_tokens=1) as app:
            first = Exchange(app, "/v1/tag")
            first.send(ADA)
            await until(held.has_begun.is_set)
            second = Exchange(app, "/v1/tag")
            second.send(b'{"text": "late"}')
            assert [await first.settled(), await second.settled()] == [504, 504]
            assert second.error["code"] == "too_late"
            assert app.state.service._batcher.n_tokens == 0
            held.go_on.set()
        assert held.seen == ["Ada"]

    asyncio.run(scene())


def test_a_caller_that_went_away_costs_nothing_more(held):
    async def scene():
        async with running(held, max_batch_tokens=1) as app:
            first, gone, stays = (Exchange(app, "/v1/tag") for _ in range(3))
            first.send(ADA)
            await until(held.has_begun.is_set)
            gone.send(b'{"documents": ["gone", "away"]}')
            stays.send(b'{"text": "stays"}')
            await until(lambda: app.state.service._batcher.n_tokens == 6)
            gone.go_away()
            await asyncio.wait_for(gone.answered, 10)
            assert gone.sent == []
            assert app.state.service._batcher.n_tokens == 2
            held.go_on.set()
            assert [await first.settled(), await stays.settled()] == [200, 200]
        assert held.seen == ["Ada", "stays"]

    asyncio.run(scene())


def test_before_the_warm_up_a_server_is_not_ready(held, monkeypatch):
    monkeypatch.setattr(held, "refresh", lambda: held.go_on.wait(10), raising=False)

    async def scene():
        app = create_app(held)
        refused = Exchange(app, "/v1/tag")
        refused.send(ADA)
        assert await refused.settled() == 503
        assert dict(refused.sent[0]["headers"])[b"retry-after"] == b"1"
        held.go_on.set()
        await until(lambda: app.state.service.is_ready)
        answered = Exchange(app, "/v1/tag")
        answered.send(ADA)
        assert await answered.settled() == 200
        await app.state.service.close()

    asyncio.run(scene())


def test_while_draining_the_accepted_are_answered_and_others_are_not(held):
    async def scene():
        async with running(held) as app:
            first = Exchange(app, "/v1/tag")
            first.send(ADA)
            await until(held.has_begun.is_set)
            accepted = Exchange(app, "/v1/tag")
            accepted.send(b'{"text": "accepted"}')
            await until(lambda: app.state.service._batcher.n_tokens)
            app.state.service.drain()
            late = Exchange(app, "/v1/tag")
            late.send(ADA)
            assert await late.settled() == 503
            assert late.error["code"] == "unready"
            closing = asyncio.ensure_future(app.state.service.close())
            held.go_on.set()
            assert [await first.settled(), await accepted.settled()] == [200, 200]
            await closing

    asyncio.run(scene())


def test_an_app_that_is_mounted_warms_up_by_itself(pipeline):
    outer = FastAPI()
    outer.mount("/nlp", create_app(pipeline))
    with TestClient(outer, base_url="http://testserver/nlp/") as client:
        while client.get("ready").status_code == 503:
            pass
        headers = {"content-type": "application/x-ndjson"}
        assert client.post("v1/tag", content=ADA, headers=headers).json()["text"] == "Ada"


def test_answers_bear_headers_of_safety(client):
    for response in (client.get("/health"), client.get("/none"), client.post("/v1/tag")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_only_pages_that_are_named_may_ask_from_a_browser(client):
    def origin_of(origin):
        response = client.post("/v1/tag", json={"text": "a"}, headers={"Origin": origin})
        return response.headers.get("access-control-allow-origin")

    assert origin_of("http://127.0.0.1:3333") == "http://127.0.0.1:3333"
    assert origin_of("http://evil.example") is None


def test_a_page_may_read_why_it_is_refused_at_the_door(pipeline, monkeypatch):
    def fail():
        raise LookupError

    origin = {"Origin": "http://127.0.0.1:3333"}
    with serving(pipeline, max_body=1000) as client:
        monkeypatch.setattr(client.app.state.service.metrics, "text", fail)
        answers = [
            client.post("/v1/tag", content=b" " * 1001, headers=origin),
            client.get("/metrics", headers=origin),
        ]
    assert [one.status_code for one in answers] == [413, 500]
    assert {one.headers["access-control-allow-origin"] for one in answers} == {origin["Origin"]}


@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [
        *(("localhost", True), ("LOCALHOST:80", True), ("127.0.0.1:8000", True)),
        *(("127.0.0.53", True), ("[::1]:8000", True), ("Nl.example.org:80", True)),
        *(("evil.example", False), ("127.evil.example", False), ("localhost.evil.example", False)),
        *(("evil.example:localhost", False), ("[::1", False), ("169.254.169.254", False)),
        *(("localhost@evil.example", False), ("[::2]", False)),
    ],
)
def test_only_under_its_own_names_a_server_is_asked(pipeline, name, is_allowed):
    with serving(pipeline, allowed_hosts=["nl.example.ORG"]) as client:
        answer = client.get("/health", headers={"Host": name})
        assert answer.status_code == (200 if is_allowed else 403)
        assert is_allowed or "--allowed-host" in answer.json()["error"]["message"]


def test_a_fault_of_the_server_is_told_without_its_trace(pipeline, monkeypatch, caplog):
    def fail(*_):
        raise LookupError("s3cret inside")

    with serving(pipeline) as client:
        monkeypatch.setattr(client.app.state.service.metrics, "text", fail)
        response = client.get("/metrics")
    assert (response.status_code, response.json()["error"]["code"]) == (500, "broken")
    assert "s3cret" not in response.text
    assert "s3cret inside" in caplog.text
    assert "a request to GET /metrics failed" in caplog.text


def test_a_model_that_fails_is_a_fault_of_the_server(pipeline, monkeypatch, caplog):
    def fail(*_, **__):
        raise OSError("the disk is gone")

    with serving(pipeline) as client:
        monkeypatch.setattr(pipeline, "stream", fail)
        response = client.post("/v1/tag", json={"text": "a"})
        monkeypatch.undo()
        assert client.post("/v1/tag", json={"text": "a"}).status_code == 200
    assert (response.status_code, response.json()["error"]["code"]) == (500, "broken")
    assert "the disk is gone" in caplog.text


def test_a_line_of_the_log_tells_no_text_and_no_query(pipeline, caplog):
    caplog.set_level(logging.INFO, "nerlink.serving")
    with serving(pipeline) as client:
        client.post("/v1/tag?top_k=3", json=["Hidden words", ""])
        client.get("/v1/entities/hidden", params={"q": "hidden"})
        client.get("/hidden")
    lines = [record.getMessage() for record in caplog.records if hasattr(record, "facts")]
    assert len(lines) == 3
    assert "idden" not in "".join(lines) and "top_k" not in "".join(lines)
    assert lines[0].startswith("method=POST route=/v1/tag status=200 ms=")
    assert lines[1].startswith("method=GET route=/v1/entities/{entity:path} status=404")
    assert lines[2].startswith("method=GET route=none status=404")
    told = json.loads(JsonLines().format(caplog.records[-3]))
    assert (told["route"], told["status"], told["documents"]) == ("/v1/tag", 200, 2)


def test_marked_requests_get_their_own_answers(pipeline):
    texts = [f"{TEXTS[n % 10]} Mark {n}." for n in range(200)]
    expected = [record_from_document(doc) for doc in pipeline(texts)]

    async def scene():
        async with running(pipeline) as app:

            async def ask(number):
                exchange = Exchange(app, "/v1/tag")
                exchange.send(json.dumps({"text": texts[number]}).encode())
                assert await exchange.settled() == 200
                return json.loads(exchange.body)

            return await asyncio.gather(*map(ask, range(200)))

    assert asyncio.run(scene()) == expected


def test_documents_with_other_options_go_together(held):
    async def scene():
        async with running(held) as app:
            service = app.state.service
            first = asyncio.ensure_future(service.tag([Document(text="Ada")]))
            await until(held.has_begun.is_set)
            doc = Document(text=TEXTS[0])
            asked = [service.tag([doc]), service.tag([doc], top_k=1), service.tag([doc])]
            waiting = asyncio.gather(*asked)
            await until(lambda: service._batcher.n_tokens > 30)
            held.go_on.set()
            await first
            found = await waiting
        return [len(answers[0].mentions[0].candidates) for answers in found]

    assert asyncio.run(scene()) == [2, 1, 2]
