"""``Browser``: functions of the visitor's browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from afif_explorer.app.theme import STATIC


class Browser(JSComponent):
    """Invisible: keeps the address bar at ``query`` (without filling the history), copies text to the
    clipboard, remembers the visitor's theme.

    ``on_copied(worked)`` is called with the outcome of a copy; ``on_arrival(dark, narrow)`` once, with
    the visitor's theme and whether the window is as narrow as a phone's; ``on_key("undo" or "redo")`` for
    Ctrl+Z and Ctrl+Shift+Z.
    """

    query = param.String(doc="The query string of the page's address.")
    themed = param.Boolean(doc="Whether the page has the visitor's preferred theme.")
    dark = param.Boolean(default=None, allow_None=True, doc="The theme to remember; None: none.")

    _esm = "\n".join((STATIC / name).read_text("utf-8") for name in ("undo.js", "browser.js"))

    def __init__(
        self,
        *,
        on_copied: Callable[[bool], None],
        on_arrival: Callable[[bool, bool], None],
        on_key: Callable[[str], None],
        **params: Any,
    ) -> None:
        super().__init__(width=0, height=0, margin=0, **params)
        self._on_copied = on_copied
        self._on_arrival, self._on_key = on_arrival, on_key

    def copy(self, text: str) -> None:
        """Copy ``text`` to the visitor's clipboard."""
        self._send_msg(json.dumps({"copy": text}))

    def copy_address(self) -> None:
        """Copy the page's full address to the clipboard."""
        self._send_msg(json.dumps({"copy": None}))

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        if isinstance(data.get("copied"), bool):
            self._on_copied(data["copied"])
        elif data.get("key") in ("undo", "redo"):
            self._on_key(data["key"])
        elif data.get("arrived") is True:
            self._on_arrival(data.get("dark") is True, data.get("narrow") is True)
