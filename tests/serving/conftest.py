"""An app over a small real model, and what talks to it without a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nerlink.pipeline import Pipeline
from nerlink.serving import ServingSettings, create_app


@pytest.fixture(scope="session")
def pipeline(joint_folder: Path) -> Pipeline:
    """A model that finds and links; not to be changed."""
    return Pipeline.load(joint_folder, device="cpu")


@contextmanager
def serving(pipeline: Any, **settings: Any) -> Iterator[TestClient]:
    """A client of an app that is ready."""
    with TestClient(create_app(pipeline, ServingSettings(**settings))) as client:
        wait_until_ready(client)
        yield client


def wait_until_ready(client: TestClient) -> None:
    for _ in range(1000):
        if client.get("/ready").status_code == 200:
            return
    raise AssertionError("never ready")


@pytest.fixture(scope="module")
def client(pipeline: Pipeline) -> Iterator[TestClient]:
    """A client of an app with the settings that are the default."""
    with serving(pipeline) as client:
        yield client
