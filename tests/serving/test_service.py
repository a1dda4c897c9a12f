import asyncio
import time

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from nerlink.data import Document, Mention
from nerlink.errors import ConfigError, DataError, KnowledgeBaseError
from nerlink.pipeline import Pipeline
from nerlink.serving import Service, ServingSettings, create_app
from nerlink.serving.refusals import Broken, Invalid
from nerlink.serving.service import tokens_of
from tests.serving.conftest import serving
from tests.world import DOCUMENTS, TEXTS


def run(pipeline, scene, **settings):
    """What a scene with a service gives."""

    async def whole():
        service = Service(pipeline, ServingSettings(**settings))
        await service.start()
        try:
            return await scene(service)
        finally:
            await service.close()

    return asyncio.run(whole())


def test_answers_are_those_of_the_pipeline(pipeline):
    documents = [Document(text=text) for text in TEXTS]
    assert run(pipeline, lambda service: service.tag(documents)) == pipeline(TEXTS)
    linked = run(pipeline, lambda service: service.tag(DOCUMENTS, link_only=True))
    assert linked == pipeline.link_only(DOCUMENTS)
    assert run(pipeline, lambda service: service.tag([])) == []


def test_a_call_runs_in_the_thread_of_the_model_and_raises_what_it_raises(pipeline):
    async def scene(service):
        assert await service.call(lambda word: word.upper(), "a") == "A"
        with pytest.raises(DataError, match="no mention"):
            await service.explain(Document(text="Ada"), Mention(start=0, end=3))
        with pytest.raises(Broken):
            await service.call(lambda: 1 / 0)
        with pytest.raises(Broken):
            await service.look_up(lambda: 1 / 0)

    run(pipeline, scene)


@pytest.mark.parametrize(
    ("task", "link_only", "message"),
    [("nel", False, "links given mentions only"), ("ner", True, "finds mentions only")],
)
def test_what_a_model_was_not_trained_for_is_refused(trained, task, link_only, message):
    pipeline = Pipeline.load(trained(task), device="cpu")

    async def scene(service):
        with pytest.raises(Invalid, match=message):
            await service.tag([Document(text="Ada")], link_only=link_only)
        return await service.tag(DOCUMENTS[:2], link_only=not link_only)

    assert len(run(pipeline, scene)) == 2


def test_addresses_and_ids_are_turned_into_each_other(pipeline):
    async def scene(service):
        return [
            (service.address_of(entity), service.entity_of(service.address_of(entity)))
            for entity in ("Q1", "São Tomé/x")
        ], service.entity_of("http://elsewhere/Q1")

    pairs, foreign = run(pipeline, scene, uri_template="http://a/{id}#it")
    assert pairs == [
        ("http://a/Q1#it", "Q1"),
        ("http://a/S%C3%A3o%20Tom%C3%A9%2Fx#it", "São Tomé/x"),
    ]
    assert foreign == "http://elsewhere/Q1"
    assert run(pipeline, scene)[0][0] == ("Q1", "Q1")


def test_tokens_are_counted_by_bytes_and_by_layers_of_mentions():
    assert tokens_of(Document(text="")) == 1
    assert tokens_of(Document(text="a" * 40)) == 11
    assert tokens_of(Document(text="\u6771" * 40)) == 31
    layers = tuple(Mention(start=start, end=9) for start in (0, 0, 3, 8))
    doc = Document(text="a" * 40, mentions=(*layers, Mention(start=9, end=10)))
    assert tokens_of(doc, link_only=True) == 44
    assert tokens_of(doc) == 11


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"port": 70_000}, "port = 70000"),
        ({"workers": 0}, "workers = 0"),
        ({"timeout": 0}, "timeout = 0"),
        ({"timeout": float("nan")}, "timeout"),
        ({"token": "a b"}, "without blanks"),
        ({"token": "é"}, "without blanks"),
        ({"editable": True}, "editable = True needs a token"),
        ({"root_path": "a"}, "root_path"),
        ({"root_path": "/a/"}, "root_path"),
        ({"uri_template": "http://a"}, "should have {id} once"),
        ({"quue_tokens": 3}, "did you mean queue_tokens"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        ServingSettings(**wrong)


def test_a_model_that_cannot_get_ready_is_told(pipeline, monkeypatch):
    def fail():
        raise KnowledgeBaseError("the base is gone")

    monkeypatch.setattr(pipeline, "refresh", fail)
    app = FastAPI()
    app.mount("/below", create_app(pipeline))
    with TestClient(app) as client:
        while (answer := client.get("/below/ready")).status_code == 503:
            time.sleep(0.01)
        assert (answer.status_code, "cannot get ready" in answer.text) == (500, True)
    with pytest.raises(KnowledgeBaseError, match="the base is gone"), serving(pipeline):
        pass
