"""Notices above the views: what went wrong, what was corrected, what a link could not say."""

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
    "failed": "That did not work",
    "cancelled": "Cancelled",
    "done": "A choice was changed to fit the others",
}
KINDS = {"failed": "error", "cancelled": "info", "done": "info"}


class Notices:
    """Three places: for the link, for the work's own messages, and for refused choices."""

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._link, self._work, self._choice = _Notice(), _Notice(), _Notice()
        parts = (self._link, self._work, self._choice)
        self.panel = stack(*(part.panel for part in parts), gap=8)

    def link(self, notes: Sequence[str]) -> None:
        """Tell what was left out of the link that opened the page."""
        if notes:
            self._link.show("warning", "Some parts of the link were left out", notes)

    def refuse(self, reason: str) -> None:
        """Tell why a choice was refused."""
        self._choice.show("error", "That cannot be", [reason])

    def say(self, text: str) -> None:
        """Confirm something small."""
        self._choice.show("info", text)

    def update(self) -> None:
        """Show the message of the work's status, if it has one."""
        status = self._explorer.status
        if status.kind == "running":
            self._choice.hide()
        elif status.message and status.kind in TITLES:
            self._work.show(KINDS[status.kind], TITLES[status.kind], [status.message])
        else:
            self._work.hide()


class _Notice:
    """One notice that can be put away."""

    def __init__(self) -> None:
        self._text = Text(stylesheets=share(240))
        away = toolkit.IconButton(
            icon="close",
            size="small",
            label="Put this notice away",
            description="Put this notice away",
            margin=NO_MARGIN,
            on_click=pressed(self.hide),
        )
        self.panel = flow(self._text, away, gap=6, align="center", visible=False)

    def show(self, kind: str, title: str, lines: Sequence[str] = ()) -> None:
        self._text.put(banner(kind, title, lines))
        self.panel.visible = True

    def hide(self) -> None:
        self.panel.visible = False
