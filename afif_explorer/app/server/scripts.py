"""Serves the page's scripts, each in one chunk."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from bokeh.embed.bundle import extension_dirs
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.static_handler import StaticHandler
from tornado.web import ErrorHandler, HTTPError, StaticFileHandler

from afif_explorer.app.theme import STATIC


class Whole(StaticFileHandler):
    """Sends a file in one chunk. In tornado's chunks of 64 KB, the ten megabytes of a page's scripts take
    half a second."""

    def parse_url_path(self, url_path: str) -> str:
        if "\0" in url_path:
            raise HTTPError(404)
        return str(super().parse_url_path(url_path))

    @classmethod
    def get_content(
        cls, abspath: str, start: int | None = None, end: int | None = None
    ) -> Generator[bytes]:
        yield Path(abspath).read_bytes()[start:end]


class Scripts(Whole, StaticHandler):
    """Bokeh's static files."""


class Artifacts(Whole, MultiRootStaticHandler):
    """The static files of Panel and its components."""


def send_whole(application: Any) -> None:
    """Make Bokeh's tornado application serve its static files this way, and ours; pages are not embedded."""
    patterns: list[Any] = [
        ("/assets/(.*)", Whole, {"path": STATIC}),
        ("/static/extensions/(.*)", Artifacts, {"root": extension_dirs}),
        ("/static/(.*)", Scripts),
        (
            "/autoload.js",
            ErrorHandler,
            {"status_code": 404},
        ),  # embeds a page in one of another site
    ]
    application.add_handlers(".*", patterns)
