"""What a server costs, and what it survives; `results.json` gets what was found.

python -m experiments.serving short pages overload --size full
"""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any, Final

import torch

from experiments.bulk.invented import Made
from experiments.measuring import Experiment, Found
from experiments.serving import fuzz as fuzzing
from experiments.serving.clients import PATIENCE, Load, ask_all, ask_for, body_of, percentile
from experiments.serving.server import MemoryWatch, Server, serving
from nerlink import Document, Pipeline
from nerlink.sources.records import record_from_document

__all__ = ["EXPERIMENT"]

SHORT: Final = (1, 1)
PAGE: Final = (18, 30)
ONE_THREAD: Final = ("--threads", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured.

    Args:
        names: Of the entities of the base.
        short: Short texts for each number of clients.
        pages: Pages likewise.
        repeats: Of all loads.
        minutes: Of a full queue.
        marked: Requests with marks.
        bodies: That nobody should send.
        examples: Of each route, by its description.
        clients: Numbers of clients.
        ends: Servers that are told to end under load.
        kills: Workers that are killed.
        puts: Entities that are added under load.
    """

    names: int
    short: int
    pages: int
    repeats: int
    minutes: float
    marked: int
    bodies: int
    examples: int
    clients: tuple[int, ...]
    ends: int
    kills: int
    puts: int


SIZES: Final[Mapping[str, Size]] = {
    "toy": Size(
        names=2,
        short=60,
        pages=10,
        repeats=1,
        minutes=0.1,
        marked=200,
        bodies=100,
        examples=5,
        clients=(1, 8),
        ends=1,
        kills=1,
        puts=2,
    ),
    "full": Size(
        names=100,
        short=2000,
        pages=200,
        repeats=3,
        minutes=10,
        marked=20_000,
        bodies=5000,
        examples=300,
        clients=(1, 8, 64, 200),
        ends=10,
        kills=10,
        puts=50,
    ),
}


def load(made: Made, size: Size, folder: Path, *, kind: str) -> Found:
    """Documents a second and latencies, beside the pipeline on the same documents in this process.

    All with one thread for the model; clients and the loop of the server have the other core.
    """
    torch.set_num_threads(1)
    pipeline = Pipeline.load(made.model, device="cpu")
    n_texts, sentences = {"short": (size.short, SHORT), "pages": (size.pages, PAGE)}[kind]
    texts = texts_of(made, kind, n_texts, sentences)
    bodies = [body_of(text) for text in texts]
    found: dict[str, list[float]] = {}
    with serving(made.model, folder, "--timeout", str(PATIENCE), *ONE_THREAD) as server:
        ask_all(server.port, bodies[:20], 4)
        for _ in range(size.repeats):
            alone = _alone(pipeline, texts)
            for name, value in alone.items():
                found.setdefault(name, []).append(value)
            for n_clients in size.clients:
                told = ask_all(server.port, bodies, n_clients)
                for name, value in _told(told, n_clients, alone).items():
                    found.setdefault(f"{n_clients}.{name}", []).append(value)
    return found


def _alone(pipeline: Pipeline, texts: Sequence[str]) -> dict[str, float]:
    """The pipeline without a server: all texts as a stream, and some of them one by one."""
    start = time.perf_counter()
    for _ in pipeline.stream(texts):
        pass
    seconds = time.perf_counter() - start
    singles = []
    for text in texts[:100]:
        begin = time.perf_counter()
        pipeline(text)
        singles.append(1000 * (time.perf_counter() - begin))
    return {"stream.per_second": len(texts) / seconds, "call.p50_ms": percentile(singles, 50)}


def _told(load: Load, n_clients: int, alone: Mapping[str, float]) -> dict[str, float]:
    if load.statuses().keys() != {200}:
        raise SystemExit(f"{n_clients} clients were answered {load.statuses()}")
    times = load.milliseconds()
    per_second = len(times) / load.seconds
    found = {
        "per_second": per_second,
        "vs_stream": per_second / alone["stream.per_second"],
        **{f"p{share}_ms": percentile(times, share) for share in (50, 95, 99)},
    }
    if n_clients == 1:
        found["behind_call_ms"] = found["p50_ms"] - alone["call.p50_ms"]
    return found


def overload(made: Made, size: Size, folder: Path) -> Found:
    """More clients than the queue has room for: all are answered, in time, in flat memory."""
    timeout = 2.0
    bodies = [body_of(text) for text in texts_of(made, "overload", 200, SHORT)]
    options = ("--queue-tokens", "1000", "--timeout", str(timeout), *ONE_THREAD)
    with serving(made.model, folder, *options) as server:
        ask_all(server.port, bodies, 20)
        watch = MemoryWatch(server)
        watch.start()
        end = time.perf_counter() + 60 * size.minutes
        n_clients = max(200, *size.clients)
        told = ask_for(server.port, bodies, n_clients, goes_on=lambda _: time.perf_counter() < end)
        watch.is_over.set()
    statuses = told.statuses()
    if not statuses.keys() <= {200, 429, 504}:
        raise SystemExit(f"a full server answered {statuses}")
    n_early = max(1, len(watch.seen) // 10)
    return {
        "overload.answered": [float(len(told.answers))],
        **{f"overload.status_{status}": [float(n)] for status, n in sorted(statuses.items())},
        "overload.p99_s": [percentile([one.seconds for one in told.answers], 99)],
        "overload.longest_s": [max(one.seconds for one in told.answers)],
        "overload.deadline_s": [timeout],
        "overload.memory_growth": [max(watch.seen[n_early:]) / max(watch.seen[:n_early]) - 1],
    }


def crosstalk(made: Made, size: Size, folder: Path) -> Found:
    """Requests with marks of their own, from many clients: each has the answer of the pipeline."""
    torch.set_num_threads(1)
    some = texts_of(made, "marked", 500, SHORT)
    texts = [f"{some[n % len(some)]} Number {n}." for n in range(size.marked)]
    pipeline = Pipeline.load(made.model, device="cpu")
    expected = [record_from_document(doc) for doc in pipeline.stream(texts)]
    with serving(made.model, folder, *ONE_THREAD) as server:
        told = ask_all(server.port, [body_of(text) for text in texts], 64)
    n_same = n_close = 0
    for answer in told.answers:
        record = json.loads(answer.body)
        if answer.status != 200 or not _alike(record, expected[answer.number]):
            raise SystemExit(f"request {answer.number} has another answer: {record}")
        n_same += record == expected[answer.number]
        n_close += 1
    return {
        "crosstalk.requests": [float(n_close)],
        "crosstalk.same": [float(n_close)],
        "crosstalk.same_to_the_last_bit": [float(n_same)],
    }


def _alike(one: Any, other: Any) -> bool:
    """Whether two answers are the same, but for rounding in the last places of scores."""
    if isinstance(one, float):
        return isinstance(other, float) and abs(one - other) < 1e-4
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def fuzz(made: Made, size: Size, folder: Path) -> Found:
    """Bodies that nobody should send, one after another: an answer each, none of them a 5xx."""
    statuses: Counter[int] = Counter()
    options = ("--editable", "--timeout", "5", *ONE_THREAD)
    with serving(made.model, folder, *options) as server:
        for request in fuzzing.requests(size.bodies):
            status = fuzzing.send(server.port, request, 15)
            statuses[status] += 1
            if status == 0 or status >= 500:
                raise SystemExit(f"{status} for {request[:500]!r}")
        if server.ask("POST", "/v1/tag", {"text": "Ada"})[0] != 200:
            raise SystemExit("the server answers no more")
    return {f"fuzz.status_{status}": [float(n)] for status, n in sorted(statuses.items())}


def schemathesis(made: Made, size: Size, folder: Path) -> Found:
    """What the server's description allows, and whether answers are as it says."""
    model = shutil.copytree(made.model, folder / "model")
    found = fuzzing.check_description(model, size.examples)
    names = ("requests", "server_errors", "not_as_described")
    return {f"schemathesis.{name}": [float(found[name])] for name in names}


def sigterm(made: Made, size: Size, folder: Path) -> Found:
    """Servers that are told to end under load: what they have taken is answered."""
    bodies = [body_of(text) for text in texts_of(made, "ends", 200, SHORT)]
    answered, lost, seconds = [], [], []
    for _ in range(size.ends):
        with serving(made.model, folder, *ONE_THREAD) as server:
            timer = Thread(target=lambda s=server: (time.sleep(1), s.tell_to_end()))
            timer.start()
            told = ask_for(server.port, bodies, 64, goes_on=lambda one: one.status > 0)
            timer.join()
            start = time.perf_counter()
            server.process.wait(60)
            seconds.append(time.perf_counter() - start)
            statuses = told.statuses()
            logged = _logged(server)
        if not statuses.keys() <= {200, 503, -1, 0} or not statuses[200]:
            raise SystemExit(f"a server that was told to end answered {statuses}")
        answered.append(float(statuses[200]))
        # What the log has as answered has reached its client, or has been lost on the way.
        lost.append(float(logged - statuses[200] - statuses[503]))
    return {"sigterm.answered": answered, "sigterm.lost": lost, "sigterm.seconds": seconds}


def _logged(server: Server) -> int:
    """Requests for documents that the server has taken, by its log."""
    found = 0
    for line in server.words().splitlines():
        with suppress(ValueError):
            found += json.loads(line).get("route") == "/v1/tag"
    return found


def sigkill(made: Made, size: Size, folder: Path) -> Found:
    """Workers that are killed under load: the other goes on, and another takes the place."""
    bodies = [body_of(text) for text in texts_of(made, "kills", 200, SHORT)]
    broken, meanwhile, back = [], [], []
    with serving(made.model, folder, "--workers", "2", *ONE_THREAD) as server:
        for _ in range(size.kills):
            until(lambda: server.words().count("is ready") >= 2)
            over: list[float] = []
            killed: list[float] = []

            def kill(over: list[float] = over, killed: list[float] = killed) -> None:
                time.sleep(1)
                n_ready = server.words().count("is ready")
                killed.append(time.perf_counter())
                server.workers()[0].kill()
                until(lambda: server.words().count("is ready") > n_ready)
                over.append(time.perf_counter())

            killer = Thread(target=kill)
            killer.start()
            told = ask_for(server.port, bodies, 16, goes_on=lambda _, over=over: not over)
            killer.join()
            broken.append(float(told.statuses()[0]))
            between = [one for one in told.answers if killed[0] < one.when < over[0]]
            meanwhile.append(float(sum(one.status == 200 for one in between)))
            back.append(over[0] - killed[0])
            if not meanwhile[-1]:
                raise SystemExit("the other worker did not go on")
    return {
        "sigkill.broken_connections": broken,
        "sigkill.answered_meanwhile": meanwhile,
        "sigkill.seconds_until_another": back,
    }


def put(made: Made, size: Size, folder: Path) -> Found:
    """Entities that come and go while many clients ask two workers: linked at once, no error."""
    model = shutil.copytree(made.model, folder / "model")
    bodies = [body_of(text) for text in texts_of(made, "puts", 200, SHORT)]
    seconds: list[float] = []
    looked: Counter[int] = Counter()
    with serving(model, folder, "--workers", "2", "--editable", *ONE_THREAD) as server:
        until(lambda: server.words().count("is ready") >= 2)
        done: list[bool] = []

        def add() -> None:
            try:
                for number in range(size.puts):
                    seconds.append(_put_and_link(server, number))
            finally:
                done.append(True)

        def look() -> None:
            paths = [f"/v1/entities/new-{n}" for n in range(size.puts)]
            paths += ["/v1/entities?q=Qwyx", "/reconcile/suggest/entity?prefix=Qwyx"]
            while not done:
                looked.update(server.ask("GET", path)[0] for path in paths)

        threads = [Thread(target=add), Thread(target=look)]
        for thread in threads:
            thread.start()
        told = ask_for(server.port, bodies, 32, goes_on=lambda _: not done)
        for thread in threads:
            thread.join()
    if told.statuses().keys() != {200} or len(seconds) < size.puts:
        raise SystemExit(f"{len(seconds)} entities were linked; others got {told.statuses()}")
    if not looked.keys() <= {200, 404}:
        raise SystemExit(f"who looked for them was answered {looked}")
    return {
        "put.linked_by_the_next_request": [float(len(seconds))],
        "put.looked_for_meanwhile": [float(looked.total())],
        "put.answered_meanwhile": [float(len(told.answers))],
        "put.seconds": seconds,
    }


def _put_and_link(server: Server, number: int) -> float:
    """Seconds until an entity is added; the next request must link to it, and none once it went."""
    name = f"Qwyx{number}"
    start = time.perf_counter()
    status, _ = server.ask("PUT", f"/v1/entities/new-{number}", {"name": name})
    seconds = time.perf_counter() - start
    asked = {"text": f"{name} is here.", "mentions": [{"start": 0, "end": len(name)}]}
    _, body = server.ask("POST", "/v1/link?threshold=0", asked)
    if status != 201 or json.loads(body)["mentions"][0]["entity"] != f"new-{number}":
        raise SystemExit(f"{name} was added ({status}) and is not linked: {body!r}")
    status, _ = server.ask("DELETE", f"/v1/entities/new-{number}")
    _, body = server.ask("POST", "/v1/link?threshold=0", asked)
    if status != 204 or json.loads(body)["mentions"][0]["entity"] == f"new-{number}":
        raise SystemExit(f"{name} was removed ({status}) and is linked: {body!r}")
    return seconds


def texts_of(made: Made, seed: str, n: int, sentences: tuple[int, int]) -> list[str]:
    """Texts about the invented world, other ones for another seed."""
    documents: list[Document] = []
    while len(documents) < n:
        documents += made.world.documents(
            100, seed=f"{seed} {len(documents)}", n_entities=made.n_entities, sentences=sentences
        )
    return [doc.text for doc in islice(documents, n)]


def until(is_so: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"not within {seconds} seconds")
        time.sleep(0.02)


MEASURES: Final[Mapping[str, Callable[[Made, Size, Path], Found]]] = {
    "short": partial(load, kind="short"),
    "pages": partial(load, kind="pages"),
    "overload": overload,
    "crosstalk": crosstalk,
    "fuzz": fuzz,
    "schemathesis": schemathesis,
    "sigterm": sigterm,
    "sigkill": sigkill,
    "put": put,
}


EXPERIMENT: Final = Experiment(
    question="What does it cost to serve a model, and what does a server survive?",
    corpus="invented documents: short texts of 11 words, pages of 270, in the mean",
    results=Path(__file__).parent / "results.json",
    sizes=SIZES,
    measures=MEASURES,
    threads=1,
    packages=("fastapi", "uvicorn"),
)


if __name__ == "__main__":
    EXPERIMENT.run(__doc__)
