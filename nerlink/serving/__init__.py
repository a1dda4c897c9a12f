"""A trained model for every program on the network, over HTTP.

    app = create_app(Pipeline.load("my-model"))

Needs FastAPI and uvicorn: `pip install 'nerlink[serve]'`. `nerlink serve` runs the app.
"""

from nerlink.serving.app import create_app
from nerlink.serving.service import Service
from nerlink.serving.settings import ServingSettings

__all__ = ["Service", "ServingSettings", "create_app"]
