from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient

from tests.serving.conftest import serving


@pytest.fixture(scope="module")
def serve(pipeline) -> Iterator[Callable[..., TestClient]]:
    """Starts a server of the small world with some settings; all end with the module."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(pipeline, **settings))
