"""A trained model for every program on the network, over HTTP.

    app = create_app(Pipeline.load("my-model"))

Needs FastAPI and uvicorn: `pip install 'nerlink[serve]'`. `nerlink serve` runs the app.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from nerlink.errors import ConfigError

if TYPE_CHECKING:
    from nerlink.serving.app import create_app
    from nerlink.serving.service import Service
    from nerlink.serving.settings import ServingSettings

__all__ = ["Service", "ServingSettings", "create_app"]

_HOMES: Final = {"Service": "service", "ServingSettings": "settings", "create_app": "app"}


def __getattr__(name: str) -> Any:
    """The public names, when they are asked for: who only starts others needs no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nerlink.serving' has no attribute {name!r}")
    if find_spec("fastapi") is None:
        raise ConfigError(f"{name} needs FastAPI. Install it: pip install 'nerlink[serve]'")
    return getattr(import_module(f"nerlink.serving.{_HOMES[name]}"), name)
