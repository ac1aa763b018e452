"""Notices above the views: errors, corrected settings, unreadable parts of a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import (
    NO_MARGIN,
    Text,
    banner,
    flow,
    pressed,
    share,
    stack,
)

TITLES = {
    "failed": "Error",
    "cancelled": "Cancelled",
    "done": "A setting was adjusted to match the others",
}
KINDS = {"failed": "error", "cancelled": "info", "done": "info"}


class Notices:
    """Three notices: for the link, for messages of the computation, and for invalid settings."""

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._link, self._work, self._choice = _Notice(), _Notice(), _Notice()
        parts = (self._link, self._work, self._choice)
        self.panel = stack(*(part.panel for part in parts), gap=8)

    def link(self, notes: Sequence[str]) -> None:
        """Show which parts of the link that opened the page were ignored."""
        if notes:
            self._link.show("warning", "Parts of the link were ignored", notes)

    def refuse(self, reason: str) -> None:
        """Show why a setting was rejected."""
        self._choice.show("error", "Invalid value", [reason])

    def say(self, text: str) -> None:
        """Show a short confirmation."""
        self._choice.show("info", text)

    def update(self) -> None:
        """Show the status message of the computation, if it has one."""
        status = self._explorer.status
        if status.kind == "running":
            self._choice.hide()
        elif status.message and status.kind in TITLES:
            self._work.show(KINDS[status.kind], TITLES[status.kind], [status.message])
        else:
            self._work.hide()


class _Notice:
    """A notice that can be dismissed; its parts are made when it is first shown."""

    def __init__(self) -> None:
        self._text = Text(stylesheets=share(240))
        self.panel = flow(gap=6, align="center", visible=False)

    def show(self, kind: str, title: str, lines: Sequence[str] = ()) -> None:
        self._text.put(banner(kind, title, lines))
        if not self.panel.objects:
            self.panel.objects = [self._text, self._dismiss()]
        self.panel.visible = True

    def _dismiss(self) -> Any:
        return toolkit.IconButton(
            icon="close",
            size="small",
            label="Dismiss",
            description="Dismiss",
            margin=NO_MARGIN,
            on_click=pressed(self.hide),
        )

    def hide(self) -> None:
        self.panel.visible = False
