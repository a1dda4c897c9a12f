"""The page at `/` as a server sends it; what people do with it is in `test_browser.py`."""

import json
import re

import pytest

from nerlink.pipeline import Pipeline
from tests.display.parsing import parse
from tests.serving.conftest import serving


@pytest.fixture(scope="module")
def page(client):
    answer = client.get("/")
    assert answer.status_code == 200
    return answer


def setup_of(page):
    body = next(parse(page.text).all("body"))
    return json.loads(body.attributes["data-setup"])


def test_the_page_runs_and_loads_its_own_files_alone(page):
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy


def test_nothing_is_written_inline(page):
    root = parse(page.text)
    assert all(script.attributes["src"] and not script.text for script in root.all("script"))
    assert not list(root.all("style"))
    for element in root.all():
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)


def test_every_file_that_the_page_names_is_there(client, page):
    names = re.findall(r'(?:src|href)="(static/[^"]+)"', page.text)
    assert len(names) >= 9
    for name in names:
        answer = client.get(f"/{name}")
        assert (answer.status_code, bool(answer.text)) == (200, True)
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "index.html", "../page.py", "..%2fpage.py", "%2e%2e/page.py", "/etc/passwd"],
)
def test_no_other_file_is_read(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_no_script_makes_html_of_strings(client, page):
    for name in re.findall(r'src="(static/[^"]+)"', page.text):
        script = client.get(f"/{name}").text
        words = "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function"
        assert not re.search(words, script), name


def test_the_page_knows_the_model(page, pipeline):
    setup = setup_of(page)
    assert setup["about"].startswith("7 entities")
    assert (setup["finds"], setup["links"]) == (True, True)
    assert setup["hues"].keys() >= set(pipeline.info()["labels"])


def test_settings_are_data_and_no_markup(pipeline):
    with serving(pipeline, uri_template="http://e.org/{id}\"'><b>") as client:
        page = client.get("/")
        assert setup_of(page)["uri_template"] == "http://e.org/{id}\"'><b>"
        assert "<b>" not in page.text


def test_the_page_comes_without_the_token_that_its_questions_need(pipeline):
    with serving(pipeline, token="secret") as client:
        assert client.get("/").status_code == 200
        assert client.get("/static/app.js").status_code == 200
        assert client.post("/v1/tag", json={"text": "Paris"}).status_code == 401


def test_what_the_token_guards_is_not_on_the_page(pipeline):
    settings = {"token": "secret", "uri_template": "http://e.org/{id}"}
    with serving(pipeline, **settings) as client:
        page = client.get("/")
        assert setup_of(page).keys() == {
            *("finds", "links", "hues", "max_characters", "max_top_k", "is_guarded")
        }
        assert setup_of(page)["hues"] == {}
        assert "e.org" not in page.text
        assert client.get("/setup.json").status_code == 401
        known = client.get("/setup.json", headers={"Authorization": "Bearer secret"}).json()
    with serving(pipeline, uri_template="http://e.org/{id}") as client:
        whole = setup_of(client.get("/"))
    assert known["about"].startswith("7 entities")
    assert known.items() <= whole.items()


def test_a_model_that_finds_only_has_a_page_too(trained):
    with serving(Pipeline.load(trained("ner"), device="cpu")) as client:
        assert setup_of(client.get("/"))["links"] is False
