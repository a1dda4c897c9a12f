"""Reviewers from the first document to the last, in Chromium: names, ends, kills, disputes."""

import socket
import subprocess
import sys
import time

import pytest

from nerlink import sources
from nerlink.serving.settings import ServingSettings
from tests.serving.review.browser import DOC, OTHER, done, gold, marks, press, served, until

pytest.importorskip("playwright.sync_api")


def test_two_who_differ_and_a_third_who_decides(visit, base, output):
    with served(base, output, [DOC], overlap=1) as address:
        ada, bob = visit(address), visit(address, reviewer="bob")
        press(ada, "n")
        done(ada)
        done(bob)
        assert "Others have the last" not in bob.inner_text("#over-text")
        assert sources.read(output)[0].meta["disputed"] is True
        bob.click("#agree")
        bob.wait_for_selector("#agree-dialog[open]")
        assert "ada and bob: 1 document, 0 the same" in bob.inner_text("#agree-text")
        press(bob, "Escape")
        eve = visit(address, reviewer="eve")
        press(eve, "o")
        eve.click("#list-rows button")
        eve.wait_for_selector("#notes .version")
        assert eve.locator("#notes .version .name").all_inner_texts() == ["ada", "bob"]
        eve.click("#notes .version:has-text('ada') button")
        assert marks(eve)[0] == ["Jordan", "PER", ""]
        done(eve)
    (doc,) = sources.read(output)
    assert "disputed" not in doc.meta
    assert (doc.meta["reviewer"], doc.mentions[0].entity) == ("eve", "NIL")


def test_unfinished_work_outlives_the_page(visit, address, output):
    page = visit(address)
    press(page, "n", "ArrowRight", "x")
    page.close()
    page = visit(address, context=page.context)
    assert "unfinished work is here again" in page.inner_text("#status")
    assert marks(page) == [["Jordan", "PER", ""]]
    assert not output.exists()
    press(page, "z")
    assert marks(page) == [["Jordan", "PER", "Mike Jordan"], ["Paris", "LOC", ""]]
    press(page, "y")
    done(page)
    assert gold(output) == [[("Jordan", "PER", "NIL")]]
    page.reload()
    page.wait_for_selector("#paper:not([hidden])")
    assert page.inner_text("#name").endswith("b")


def test_a_key_that_is_held_down_saves_one_document(visit, address, output):
    page = visit(address)
    press(page, "n", "ArrowRight", "n")
    for _ in range(5):
        page.keyboard.down("d")
    page.wait_for_function("() => document.querySelector('#name').innerText.endsWith('b')")
    for _ in range(5):
        page.keyboard.down("d")
    page.keyboard.up("d")
    assert len(gold(output)) == 1


def test_the_end_and_a_document_that_is_opened_again(visit, address, output):
    page = visit(address)
    press(page, "k")
    page.wait_for_function("() => document.querySelector('#name').innerText.endsWith('b')")
    done(page)
    assert page.inner_text("#name").endswith("a")  # what was skipped comes last
    done(page)
    assert page.inner_text("#over-text") == "All 2 documents are done: they are in gold.jsonl."
    press(page, "o")
    page.wait_for_selector("#list-dialog[open]")
    page.keyboard.type("byron")
    press(page, "ArrowDown", "Enter")
    page.wait_for_selector("#paper:not([hidden])")
    assert "You have done this document" in page.inner_text("#notes")
    press(page, "m", "Shift+ArrowRight", "1")
    until(page, [["Ada Byron", "PER", "Ada Byron"]])
    done(page)
    assert [len(one) for one in gold(output)] == [1, 2]  # in the order in which they were done


def test_the_token_is_asked_for(visit, base, output):
    visit.expected = ("401",)
    settings = ServingSettings(token="secret")
    with served(base, output, [DOC], settings=settings) as address:
        page = visit(address, reviewer=None)
        page.fill("#who-name", "ada")
        press(page, "Enter")
        page.wait_for_selector("#door:not([hidden])")
        page.fill("#token", "secret")
        press(page, "Enter")
        page.wait_for_selector("#text mark")


def test_the_name_is_asked_for_and_remembered(visit, address, output):
    page = visit(address, reviewer=None)
    page.wait_for_selector("#who-dialog[open]")
    press(page, "Escape")
    assert page.is_visible("#who-dialog")
    page.keyboard.type("Ada Byron")
    press(page, "Enter")
    page.wait_for_selector("#text mark")
    done(page)
    assert sources.read(output)[0].meta["reviewer"] == "Ada Byron"
    again = visit(address, reviewer=None, context=page.context)
    again.wait_for_selector("#paper:not([hidden])")
    assert again.inner_text("#who") == "Ada Byron"


def test_a_server_that_is_killed_loses_nothing(visit, base, output, tmp_path):
    ask, log = tmp_path / "ask.jsonl", tmp_path / "log"
    sources.write([DOC, OTHER], ask)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nerlink", "review", ask, "--kb", base.path, "-o", output]
    with log.open("w") as stderr:
        server = subprocess.Popen([*map(str, command), "--port", str(port)], stderr=stderr)
    try:
        while "is ready" not in log.read_text():
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        visit.expected = ("ERR_CONNECTION_REFUSED",)
        page = visit(f"http://127.0.0.1:{port}/")
        press(page, "n")
        done(page)
        press(page, "m", "1")
        page.wait_for_selector("#text mark")
    finally:
        server.kill()
        server.wait()
    assert gold(output) == [[("Jordan", "PER", "NIL"), ("Paris", "LOC", None)]]
    press(page, "Control+Enter", "Control+Enter")
    lost = "() => document.querySelector('#status').innerText.includes('Nothing is lost')"
    page.wait_for_function(lost)
    with served(base, output, [DOC, OTHER], port=port):
        page.wait_for_selector("#over:not([hidden])")  # it is saved by itself
        assert page.inner_text("#over-text").startswith("All 2 documents are done")
    assert [one[0][0] for one in gold(output)] == ["Jordan", "Ada"]


def test_open_ends_are_told_once(visit, address, output):
    page = visit(address)
    press(page, "Control+Enter")
    assert page.inner_text("#status").startswith("1 mention without a label or a link")
    assert page.inner_text("#surface") == "Paris"
    assert not output.exists()
    press(page, "Control+Enter")
    page.wait_for_function("() => document.querySelector('#name').innerText.endsWith('b')")
    assert gold(output)[0][1] == ("Paris", "LOC", None)
