import base64
import re

import pytest

from nerlink import serving as serving_package
from nerlink.config import Config
from nerlink.errors import ConfigError
from nerlink.serving import ServingSettings
from tests.serving.conftest import serving
from tests.world import TEXTS


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def guarded(pipeline):
    with serving(pipeline, token="s3cret") as client:
        yield client


def test_health_and_readiness_are_told(client):
    assert client.get("/health").json() == {"status": "UP", "model_class": "nerlink"}
    assert client.get("/ready").json() == {"ready": True}


def test_info_has_the_model_and_the_limits(client, pipeline):
    info = client.get("/v1/info").json()
    assert info["labels"] == list(pipeline.info()["labels"])
    assert info["limits"]["max_documents"] == ServingSettings().max_documents
    assert info["top_k"] == Config().linker.top_k
    assert str(pipeline.kb.path.parent) not in str(info)


def test_metrics_count_documents_batches_and_failures(pipeline):
    with serving(pipeline) as client:
        client.post("/v1/tag", json=[*TEXTS[:3], ""])
        client.post("/v1/tag", content=b"{")
        text = client.get("/metrics").text
    values = dict(re.findall(r"^(nerlink_\S+) (\S+)$", text, flags=re.MULTILINE))
    assert float(values["nerlink_documents_total"]) == 4
    assert float(values["nerlink_tokens_total"]) > 10
    assert float(values["nerlink_batch_documents_sum"]) == 4
    assert float(values["nerlink_queue_tokens"]) == 0
    route = 'route="/v1/tag"'
    assert float(values[f'nerlink_requests_total{{method="POST",{route},status="400"}}']) == 1


def test_a_token_is_asked_for_where_there_is_one(pipeline):
    with serving(pipeline, token="s3cret") as client:
        for path in ("/metrics", "/v1/info", "/v1/entities?q=a"):
            assert client.get(path).status_code == 401
            given = {"Authorization": "Bearer s3cret"}
            assert client.get(path, headers=given).status_code == 200
        assert client.post("/v1/tag", json={"text": "a"}).status_code == 401
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        *(("Bearer s3cret", 200), ("bearer s3cret", 200), ("Bearer s3cre", 401), ("Bearer", 401)),
        *((basic("", "s3cret"), 200), (basic("somebody", "s3cret"), 200)),
        *((basic("s3cret", ""), 401), (basic("", "other"), 401), ("Basic s3cret", 401)),
        *((basic("", "\xe9"), 401), ("Basic " + "=" * 9, 401), ("Digest s3cret", 401)),
    ],
)
def test_a_token_comes_as_a_bearer_or_as_a_password(guarded, given, status):
    answer = guarded.get("/v1/info", headers={"Authorization": given})
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["error"]["code"] == "unauthorised"
        # No `Basic`, or a browser would ask for a name and a password where the page asks itself.
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/v1/tag", "/v1/link", "/v1/explain", "/v1/entities/{entity}"])
def test_the_description_has_bodies_answers_and_refusals(client, path):
    described = client.get("/openapi.json").json()
    for method, one in described["paths"][path].items():
        assert {"429", "503", "504"} <= one["responses"].keys()
        if method in ("post", "put"):
            schema = one["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            assert schema.rpartition("/")[2] in described["components"]["schemas"]
    for name in re.findall(r"'#/components/schemas/(\w+)'", str(described)):
        assert name in described["components"]["schemas"]


def test_two_apps_may_share_a_process(pipeline):
    with serving(pipeline, token="s3cret") as first, serving(pipeline) as second:
        assert second.post("/v1/tag", json=TEXTS[:3]).status_code == 200
        assert first.post("/v1/tag", json=TEXTS[:3]).status_code == 401
        counts = [
            re.search(
                r"^nerlink_documents_total (\S+)", one.get("/metrics", headers=given).text, re.M
            )
            for one, given in ((first, {"Authorization": "Bearer s3cret"}), (second, {}))
        ]
    assert [float(found[1]) for found in counts] == [0, 3]


@pytest.mark.parametrize("path", ["/", "/health", "/ready"])
def test_who_watches_asks_for_heads(client, path):
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr(serving_package, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"create_app needs FastAPI.*nerlink\[serve\]"):
        serving_package.create_app  # noqa: B018
