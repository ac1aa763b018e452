"""``Visibility``: whether a part of the page is visible, or nearly so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from panel.custom import JSComponent

from afif_explorer.app.theme import STATIC


class Visibility(JSComponent):
    """A zero-height sentinel; place it above content that is expensive to update.

    ``near`` is False until the browser has reported; ``on_near()`` is called when it comes near the viewport.
    """

    _esm = STATIC / "visibility.js"

    def __init__(self, on_near: Callable[[], None], **params: Any) -> None:
        super().__init__(width=1, height=1, margin=0, **params)
        self._on_near = on_near
        self.near = False

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("near"), bool):
            return
        self.near = data["near"]
        if self.near:
            self._on_near()
