"""The page's scripts, sent in one piece each."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from bokeh.embed.bundle import extension_dirs
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.static_handler import StaticHandler
from tornado.web import StaticFileHandler

from afif_explorer.app.theme import STATIC


class Whole(StaticFileHandler):
    """Sends a file at once. In tornado's pieces of 64 KB the ten megabytes of a page take turns for
    half a second."""

    @classmethod
    def get_content(
        cls, abspath: str, start: int | None = None, end: int | None = None
    ) -> Generator[bytes]:
        yield Path(abspath).read_bytes()[start:end]


class Scripts(Whole, StaticHandler):
    """Bokeh's own."""


class Artifacts(Whole, MultiRootStaticHandler):
    """Those of Panel and of its components."""


def send_whole(application: Any) -> None:
    """Let a tornado application of Bokeh's send its static files so, and ours."""
    patterns: list[Any] = [
        ("/assets/(.*)", Whole, {"path": STATIC}),
        ("/static/extensions/(.*)", Artifacts, {"root": extension_dirs}),
        ("/static/(.*)", Scripts),
    ]
    application.add_handlers(".*", patterns)
