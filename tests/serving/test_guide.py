"""The code of the guide to serving runs as it stands there, against a small real model."""

import re
import shutil
import time
from contextlib import chdir
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.serving.test_browser import CHROMIUM, listening

sync_api = pytest.importorskip("playwright.sync_api")

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "serving.md").read_text(encoding="utf8")
BLOCKS = dict.fromkeys(re.findall(r"```(\w+)\n(.*?)```", GUIDE, flags=re.DOTALL))
HERE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def address(pipeline):
    with listening(pipeline) as address:
        yield address.rstrip("/")


def code(language: str, number: int = 0) -> str:
    return [text for name, text in BLOCKS if name == language][number]


def test_a_program_in_python_asks_as_the_guide_says(address, capsys):
    exec(compile(code("python").replace(HERE, address), "guide", "exec"), names := {})  # noqa: S102
    assert names["doc"]["text"] == "Jordan scored in Paris."
    assert list(names["tagged"].columns) == ["id", "text", "mentions"]
    assert "mentions" in capsys.readouterr().out


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")
def test_a_program_in_javascript_asks_as_the_guide_says(address):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(bypass_csp=True)  # a page of its own would have another policy
        page.goto(f"{address}/health")
        said = code("js").replace(HERE, address)
        doc = page.evaluate(f"(async () => {{ {said}; return doc; }})()")
        browser.close()
    assert doc["text"] == "Jordan scored in Paris. 😀"


def test_an_app_of_ones_own_mounts_the_server(joint_folder, tmp_path):
    shutil.copytree(joint_folder, tmp_path / "my-model")
    with chdir(tmp_path):
        exec(compile(code("python", 1), "guide", "exec"), names := {})  # noqa: S102
    with TestClient(names["app"]) as client:
        assert client.get("/entities/health").json()["status"] == "UP"
        while client.get("/entities/ready").status_code == 503:
            time.sleep(0.05)
        answer = client.post("/entities/v1/tag", json={"text": "Ada met Bea in Paris."})
        assert answer.json()["text"] == "Ada met Bea in Paris."
