"""How the server is: alive, ready, how busy, and what it serves."""

from fastapi import APIRouter

from nerlink.serving.service import Service

__all__ = ["router"]


def router(service: Service) -> APIRouter:
    """The routes that monitors ask."""
    routes = APIRouter(tags=["state"])

    @routes.get("/health")
    async def health() -> dict[str, str]:
        """Whether the process lives; `status` is `UP`, as Label Studio expects."""
        return {"status": "UP", "model_class": "nerlink"}

    @routes.get("/ready")
    async def ready() -> dict[str, bool]:
        """Whether requests are answered: after the warm-up, and until the server drains."""
        service.check_ready()
        return {"ready": True}

    return routes
