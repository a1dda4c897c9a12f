"""Servers as processes of their own: started, told to end, killed."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from nerlink.bulk.local import n_cores
from nerlink.errors import NerlinkError
from nerlink.serving import ServingSettings
from nerlink.serving import run as serving_run
from nerlink.serving.run import bound
from tests.cli.conftest import run
from tests.world import TEXTS

__all__ = ["run"]

TOKEN = {"Authorization": "Bearer s3cret"}


class Server:
    """A server that runs, and the words it has written."""

    def __init__(self, process):
        self.process = process
        self.words = []
        self.address = None
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self):
        for line in self.process.stderr:
            self.words.append(line)
            if found := re.search(r"is served at (http://\S+)", line):
                self.address = found[1]

    def ask(self, method, path, **options):
        with httpx.Client(base_url=self.address, timeout=60) as client:
            return client.request(method, path, **options)

    def wait(self, is_so, seconds=240):  # a busy machine is slow to load two models
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, "".join(self.words)
            try:
                if is_so():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise AssertionError("".join(self.words))

    def is_ready(self):
        return self.address is not None and self.ask("GET", "/ready").status_code == 200


@contextmanager
def started(folder, *options):
    command = [sys.executable, "-m", "nerlink", "serve", str(folder), "--port", "0", *options]
    environment = os.environ | {"NERLINK_TOKEN": "s3cret", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        server = Server(process)
        try:
            server.wait(server.is_ready)
            yield server
        finally:
            if process.poll() is None:
                for one in (*psutil.Process(process.pid).children(recursive=True), process):
                    one.kill()


def tag_until(server, done, found):
    """Ask again and again, and count what comes."""
    n = 0
    with httpx.Client(base_url=server.address, timeout=60, headers=TOKEN) as client:
        while not done.is_set():
            n += 1
            text = f"{TEXTS[n % 10]} {n}."
            try:
                response = client.post("/v1/tag", json={"text": text})
            except httpx.TransportError:  # nobody listens, or the server has not read it
                found["not taken"] += 1
                return
            if response.status_code == 200:
                assert response.json()["text"] == text
            found[response.status_code] += 1


@contextmanager
def clients(server, number):
    done, found = threading.Event(), Counter()
    threads = [
        threading.Thread(target=tag_until, args=(server, done, found)) for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        done.set()
        for thread in threads:
            thread.join()


def is_worker(process):
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it has been killed, and nobody has asked yet how it ended
        return False


def test_a_server_that_is_told_to_end_answers_what_it_has_taken(joint_folder):
    with started(joint_folder, "--json-logs", "--root-path", "/a") as server:
        assert server.ask("GET", "/v1/info").status_code == 401
        manifest = server.ask("GET", "/reconcile", headers=TOKEN).json()
        assert manifest["preview"]["url"].startswith(f"{server.address}/a/reconcile/")
        with clients(server, 4) as found:
            server.wait(lambda: found[200] > 50)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == -signal.SIGTERM
        server.reading.join(10)
    assert found.keys() <= {200, 503, "not taken"}
    lines = [json.loads(line) for line in server.words[1:]]
    assert f"process {server.process.pid} is ready" in lines[0]["message"]
    assert all(line.keys() >= {"time", "level", "route", "status", "ms"} for line in lines[1:])
    # What the log has as answered has reached its caller.
    statuses = Counter(line["status"] for line in lines[1:] if line["route"] == "/v1/tag")
    assert statuses == {status: n for status, n in found.items() if status in (200, 503)}


@pytest.mark.skipif(n_cores() < 2, reason="two workers need two cores")
def test_workers_share_the_base_and_others_take_the_place_of_the_dead(
    joint_folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    folder = shutil.copytree(joint_folder, tmp_path / "model")
    with started(folder, "--workers", "2", "--threads", "1", "--editable") as server:
        parent = psutil.Process(server.process.pid)

        def workers():
            return [one for one in parent.children() if is_worker(one)]

        def metrics():
            found = server.ask("GET", "/metrics", headers=TOKEN).text
            return float(re.search(r"^nerlink_documents_total (\S+)", found, re.MULTILINE)[1])

        lyon = {"text": "Lyon", "mentions": [{"start": 0, "end": 4}]}
        options = {"json": lyon, "headers": TOKEN, "params": {"threshold": 0}}
        entity = {"name": "Lyon", "description": "city in France"}
        put = server.ask("PUT", "/v1/entities/lyon", json=entity, headers=TOKEN)
        assert put.status_code == 201
        for _ in range(20):  # each by a connection of its own, so by either worker
            linked = server.ask("POST", "/v1/link", **options).json()["mentions"][0]
            assert linked["entity"] == "lyon"
        assert metrics() == 20
        first, second = workers()
        first.kill()
        server.wait(lambda: server.ask("POST", "/v1/link", **options).status_code == 200)
        server.wait(lambda: len(workers()) == 2 and first not in workers() and second.is_running())
        server.wait(lambda: "another begins" in "".join(server.words))
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 128 + signal.SIGTERM
        psutil.wait_procs(workers_left := [second], timeout=60)
        assert not any(one.is_running() for one in workers_left)
        assert [one.name for one in tmp_path.iterdir()] == ["model"]


class Doomed:
    """A worker that ends with an exit code, perhaps after it has served."""

    def __init__(self, exitcode, serves=False):
        self.process = SimpleNamespace(
            is_alive=lambda: exitcode is None,
            exitcode=exitcode,
            kill=lambda: self.killed.append(exitcode),
            join=lambda: None,
        )
        self.is_ready = SimpleNamespace(value=serves)
        self.killed = []

    def __iter__(self):
        return iter((self.process, self.is_ready))


@pytest.fixture
def workers(monkeypatch):
    """Workers that look as they are told, and how many others took their places."""
    monkeypatch.setattr(serving_run, "PAUSE", 0)
    started = []

    def start(_):
        started.append(Doomed(None))
        return started[-1]

    def make(*processes):
        monkeypatch.setattr(serving_run._Workers, "_start", start)
        workers = serving_run._Workers((), 0)
        workers.workers = list(processes)
        return workers, started

    return make


@pytest.mark.parametrize("exitcode", [1, -signal.SIGKILL, STARTUP_FAILURE])
def test_workers_that_end_before_they_serve_are_not_started_for_ever(workers, exitcode):
    looked_after, started = workers(Doomed(None), Doomed(exitcode))
    with pytest.raises(NerlinkError, match=f"exit code {exitcode} before it could serve"):
        looked_after._replace()
    assert started == []
    assert all(one.killed for one in looked_after.workers)


@pytest.mark.parametrize("dead", [Doomed(1), Doomed(1, serves=True)], ids=["never", "served"])
def test_a_worker_takes_the_place_of_another_while_one_serves(workers, dead):
    looked_after, started = workers(Doomed(None, serves=True), dead)
    looked_after._replace()
    assert looked_after.workers[1:] == started != []


@pytest.mark.skipif(n_cores() < 2, reason="two workers need two cores")
def test_a_model_that_workers_cannot_load_ends_the_server(joint_folder, tmp_path):
    folder = shutil.copytree(joint_folder, tmp_path / "model")
    site = tmp_path / "sitecustomize.py"
    site.write_text("import sys, os\nif 'spawn_main' in str(sys.orig_argv): os._exit(7)\n")
    command = [sys.executable, "-m", "nerlink", "serve", str(folder), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    ended = subprocess.run(
        [*command, "--workers", "2", "--threads", "1"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 1
    assert "exit code 7 before it could serve" in ended.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "{port}"], "cannot listen at 127.0.0.1, port"),
        (["--host", ""], "host"),
        (["--host", "[]"], "host"),
        (["--host", "192.0.2.1"], "cannot listen at 192.0.2.1, port 8000"),
        (["--editable"], "editable = True needs a token"),
        (["--timeout", "0"], "timeout"),
        (["--uri-template", "http://a"], "should have {id} once"),
        (["--workers", "1000"], "1000 workers with 1 threads each are more than"),
        (["--token", "a b"], "ASCII"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_what_cannot_be_is_told_before_the_model_is_loaded(run, joint_folder, options, message):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", joint_folder, *(one.format(port=port) for one in options))
    assert result.code == 1
    assert message in result.err.splitlines()[-1]
    assert result.err.count("\n") == 1 + ("no token is asked for" in result.err)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ()),
        ({"host": "::1", "allowed_hosts": ["a"]}, ("a",)),
        ({"host": "localhost", "token": "s3cret"}, None),
        ({"host": "192.0.2.1"}, None),
        ({"host": "192.0.2.1", "allowed_hosts": ["a"]}, ("a",)),
    ],
    ids=str,
)
def test_who_asks_for_no_token_on_the_loopback_answers_to_its_names_alone(
    joint_folder, monkeypatch, given, names
):
    seen = []
    monkeypatch.setattr(serving_run, "_prepared", lambda _, settings, __: seen.append(settings))
    monkeypatch.setattr(serving_run, "bound", lambda _: closing(socket.create_server(("", 0))))
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    serving_run.serve(joint_folder, ServingSettings(**given), loading={}, say=lambda _: None)
    assert [one.allowed_hosts for one in seen] == [names]


def test_an_empty_token_lets_nobody_in(run, joint_folder, monkeypatch):
    monkeypatch.setenv("NERLINK_TOKEN", "")
    result = run("serve", joint_folder, "--port", "0")
    assert (result.code, result.err) == (
        1,
        "nerlink: NERLINK_TOKEN is empty. Put a token there, or unset it.\n",
    )


def test_an_address_may_stand_in_brackets():
    assert ServingSettings(host="[::1]").host == ServingSettings(host="::1").host == "::1"


def test_parts_of_an_answer_are_not_kept_back():
    async def scene():
        accepted = asyncio.Queue()
        with bound(ServingSettings(port=0)) as listener:
            server = await asyncio.start_server(
                lambda *pair: accepted.put_nowait(pair), sock=listener
            )
            _, ours = await asyncio.open_connection(*listener.getsockname())
            _, theirs = await accepted.get()
            connection = theirs.get_extra_info("socket")
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for writer in (ours, theirs):
                writer.close()
            server.close()

    asyncio.run(scene())


def test_a_model_that_is_not_there_is_told(run, tmp_path):
    result = run("serve", tmp_path / "none", "--port", "0")
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert re.search(r"^nerlink: .*none.* (no such|not found|is no)", result.err)
