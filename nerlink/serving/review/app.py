"""The app of a review: the page at `/`, what it asks, and a door as every server of ours has."""

from typing import Final

from fastapi import Depends, FastAPI

import nerlink
from nerlink.display.colours import all_hues_css
from nerlink.serving import page
from nerlink.serving.app import frame, guards_of, readiness_of
from nerlink.serving.review import routes
from nerlink.serving.review.session import Session
from nerlink.serving.routes import state

__all__ = ["create_review_app"]

SCRIPTS: Final = (
    "review-text.js",
    "review-marks.js",
    "review-panel.js",
    "review-desk.js",
    "review-lists.js",
    "review.js",
)
"""The page's own, in the order in which it loads them."""

_HERE: Final = "nerlink.serving.review"


def create_review_app(session: Session) -> FastAPI:
    """An app for the page of a review."""
    service = session.service
    app = frame(service, "A page to review documents on.")
    guards = [*guards_of(service), Depends(routes.check_origin), Depends(readiness_of(service))]
    app.include_router(routes.router(session), dependencies=guards)
    app.include_router(state.open_router(service))
    sent = {name: (page.own(name, _HERE), page.SCRIPT) for name in SCRIPTS}
    sent |= page.common_files() | {
        "talk.js": (page.own("talk.js"), page.SCRIPT),
        "review.css": (page.own("review.css", _HERE), page.STYLE),
        # All hues: labels may come in while the page is open.
        "colours.css": (all_hues_css(), page.STYLE),
    }
    setup = {"version": nerlink.__version__}
    app.include_router(page.pages(page.own("review.html", _HERE), setup, sent))
    return app
