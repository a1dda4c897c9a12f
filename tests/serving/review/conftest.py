"""A review of a few documents, and what talks to it without a network."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nerlink.data import Document
from nerlink.kb import KnowledgeBase
from nerlink.pipeline import Pipeline
from nerlink.serving.review.app import create_review_app
from nerlink.serving.review.bare import BaseService
from nerlink.serving.review.journal import Journal
from nerlink.serving.review.session import ReviewOptions, Session
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings
from tests.serving.review.browser import DOC, OTHER, Visitors, served
from tests.world import DOCUMENTS, ENTITIES

PLAIN = tuple(Document(id=doc.id, text=doc.text) for doc in DOCUMENTS)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """A base of the world of the tests, which may be changed."""
    with KnowledgeBase.create(tmp_path / "base.sqlite", ENTITIES) as kb:
        yield kb


@pytest.fixture(scope="session")
def own_model(joint_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A model that finds and links, whose base may be changed."""
    folder = tmp_path_factory.mktemp("review") / "model"
    return Pipeline.load(shutil.copytree(joint_folder, folder), device="cpu")


class Reviewing:
    """A client of the page of a review, as a reviewer."""

    def __init__(self, client: TestClient, session: Session, output: Path) -> None:
        self.client, self.session, self.output = client, session, output

    def ask(
        self, path: str, *, reviewer: str | None = "ada", status: int = 200, **body: Any
    ) -> Any:
        """The answer to a request."""
        said = body if reviewer is None else {"reviewer": reviewer, **body}
        answer = self.client.post(f"/review/{path}", json=said)
        assert answer.status_code == status, answer.text
        return answer.json()

    def next(self, reviewer: str = "ada", **body: Any) -> Any:
        """The next document."""
        return self.ask("next", reviewer=reviewer, **body)["document"]

    def save(self, key: str, *mentions: Any, reviewer: str = "ada", **body: Any) -> Any:
        """Save `(start, end, label, entity)`s as the mentions of a document."""
        names = ("start", "end", "label", "entity")
        records = [dict(zip(names, one, strict=True)) for one in mentions]
        return self.ask("save", reviewer=reviewer, key=key, mentions=records, **body)

    @property
    def gold(self) -> list[Any]:
        """The records of the output."""
        return [json.loads(line) for line in self.output.read_text("utf8").splitlines()]


@contextmanager
def reviewing(
    helper: Pipeline | KnowledgeBase | Service,
    output: Path,
    documents: Any = PLAIN,
    *,
    settings: ServingSettings | None = None,
    **options: Any,
) -> Iterator[Reviewing]:
    """A review that is ready."""
    settings = settings or ServingSettings()
    if isinstance(helper, KnowledgeBase):
        service: Service = BaseService(helper, settings)
    elif isinstance(helper, Service):
        service = helper
    else:
        service = Service(helper, settings)
    with Journal(output, say=lambda _: None) as journal:
        session = Session(service, documents, journal, ReviewOptions(**options))
        with TestClient(create_review_app(session)) as client:
            yield Reviewing(client, session, output)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not (chromium := shutil.which("chromium")):
        pytest.skip("there is no Chromium")
    with pytest.importorskip("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Visitors]:
    """Opens the page; no script may fail, nothing be refused, and nobody else be asked."""
    visitors = Visitors(browser)
    yield visitors
    for context in visitors.contexts:
        context.close()
    assert visitors.faults == []


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "gold.jsonl"


@pytest.fixture
def address(base: KnowledgeBase, output: Path) -> Iterator[str]:
    with served(base, output, [DOC, OTHER]) as address:
        yield address
