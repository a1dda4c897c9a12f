import asyncio
import json

from nerlink.serving.door import BODIES
from tests.serving.conftest import Exchange, door_of, running, until
from tests.world import TEXTS

LINES = {"content-type": "application/x-ndjson"}


def line(number, text="Ada"):
    return json.dumps({"id": str(number), "text": text}).encode() + b"\n"


def ids_of(exchange):
    return [json.loads(one).get("id") for one in exchange.body.splitlines()]


def test_an_answer_does_not_wait_for_the_next_line(pipeline):
    async def scene():
        async with running(pipeline) as app:
            exchange = Exchange(app, "/v1/tag", headers=LINES)
            for number in range(3):
                exchange.send(line(number), more=True)
                await until(lambda n=number: ids_of(exchange) == [str(i) for i in range(n + 1)])
            exchange.send(b"")
            assert await exchange.settled() == 200

    asyncio.run(scene())


def test_lines_may_be_cut_anywhere(pipeline):
    body = b"".join(line(n, text) for n, text in enumerate(TEXTS)) + b'{"text": "last"}'

    async def scene(size):
        async with running(pipeline) as app:
            exchange = Exchange(app, "/v1/tag", headers=LINES)
            for start in range(0, len(body), size):
                exchange.send(body[start : start + size], more=True)
            exchange.send(b"")
            await exchange.settled()
            return exchange.body

    whole = asyncio.run(scene(10_000))
    assert asyncio.run(scene(7)) == whole
    assert len(whole.splitlines()) == len(TEXTS) + 1


def test_who_does_not_read_is_not_read_from_and_others_are_answered(pipeline):
    async def scene():
        async with running(pipeline, max_body=2000, max_batch_tokens=20) as app:
            slow = Exchange(app, "/v1/tag", headers=LINES)
            await until(lambda: slow.sent)
            slow.reads.clear()
            part = b"".join(line(n) for n in range(10))
            for _ in range(50):
                slow.send(part, more=True)
            slow.send(b"")
            await until(lambda: slow.n_received >= 2000)
            for _ in range(3):
                other = Exchange(app, "/v1/tag")
                other.send(b'{"text": "Ada"}')
                assert await other.settled() == 200
            assert slow.n_received < 20 * len(part)
            assert len(slow.sent) == 1
            slow.reads.set()
            await slow.settled()
            assert ids_of(slow) == 50 * [str(n) for n in range(10)]

    asyncio.run(scene())


def test_streams_together_are_bounded_and_keep_nobody_else_out(pipeline):
    async def scene():
        async with running(pipeline, max_body=2000, max_batch_tokens=20) as app:
            part = b"".join(line(n) for n in range(10))
            slow = [Exchange(app, "/v1/tag", headers=LINES) for _ in range(2 * BODIES)]
            await until(lambda: all(one.sent for one in slow))
            for one in slow:
                one.reads.clear()
                for _ in range(20):
                    one.send(part, more=True)
                one.send(b"")
            door = door_of(app)
            await until(lambda: door.n_streamed >= BODIES * 2000)
            for _ in range(3):
                other = Exchange(app, "/v1/tag")
                other.send(b'{"text": "Ada"}')
                assert await other.settled() == 200
            # Each has one part more at most, which it may always have.
            assert door.n_streamed < BODIES * 2000 + len(slow) * len(part)
            gone, *others = slow
            gone.go_away()
            for one in others:
                one.reads.set()
                await one.settled()
                assert ids_of(one) == 20 * [str(n) for n in range(10)]
            gone.reads.set()
            await asyncio.wait_for(gone.answered, 10)
            assert door.n_streamed == 0

    asyncio.run(scene())


def test_a_line_that_is_too_long_has_an_error_in_its_place(pipeline):
    async def scene():
        async with running(pipeline, max_body=200) as app:
            exchange = Exchange(app, "/v1/tag", headers=LINES)
            exchange.send(line(0) + b" " * 150, more=True)
            exchange.send(b" " * 150, more=True)
            exchange.send(b"\n" + line(2), more=True)
            exchange.send(b" " * 300)
            await exchange.settled()
            return [json.loads(one) for one in exchange.body.splitlines()]

    first, second, third, fourth = asyncio.run(scene())
    assert (first["id"], third["id"]) == ("0", "2")
    assert {second["error"]["code"], fourth["error"]["code"]} == {"too_large"}


def test_a_full_queue_makes_a_stream_wait(held):
    async def scene():
        async with running(held, queue_tokens=4, max_batch_tokens=4) as app:
            exchange = Exchange(app, "/v1/tag", headers=LINES)
            exchange.send(b"".join(line(n, "a") for n in range(30)))
            await until(held.has_begun.is_set)
            held.go_on.set()
            await exchange.settled()
            assert ids_of(exchange) == [str(n) for n in range(30)]
            assert b"error" not in exchange.body

    asyncio.run(scene())


def test_a_stream_ends_with_the_server_and_says_so(held):
    async def scene():
        async with running(held) as app:
            exchange = Exchange(app, "/v1/tag", headers=LINES)
            exchange.send(line(0), more=True)
            await until(held.has_begun.is_set)
            app.state.service.drain()
            held.go_on.set()
            await exchange.settled()
            *lines, last = map(json.loads, exchange.body.splitlines())
            assert [one["id"] for one in lines] == ["0"]
            assert last["error"]["code"] == "unready"

    asyncio.run(scene())


def test_a_caller_that_goes_away_amid_its_lines_costs_nothing_more(held):
    async def scene():
        async with running(held, max_batch_tokens=1) as app:
            exchange = Exchange(app, "/v1/tag", headers=LINES)
            exchange.send(line(0) + line(1, "gone"), more=True)
            await until(held.has_begun.is_set)
            await until(lambda: app.state.service._batcher.n_tokens)
            exchange.go_away()
            await asyncio.wait_for(exchange.answered, 10)
            assert app.state.service._batcher.n_tokens == 0
            held.go_on.set()
        assert held.seen == ["Ada"]

    asyncio.run(scene())
