"""``Strip``: declared parts that stand above all views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.render import render
from afif_explorer.screens.parts import Item


class Strip:
    """``items`` as widgets, brought up to date with what they show."""

    def __init__(self, context: ViewContext, items: Iterable[Item]) -> None:
        self._explorer = context.explorer
        self._made = render(items, context)
        self.widgets, self.shown = self._made.widgets, self._made.shown
        hears = frozenset().union(*(one.part.hears for one in self.shown.values()))
        self._watcher = self._explorer.param.watch(self._follow, sorted(hears))
        self._made.update(hears)

    def _follow(self, *events: Any) -> None:
        self._made.update({event.name for event in events})

    def close(self) -> None:
        """Follow the explorer no longer."""
        self._explorer.param.unwatch(self._watcher)
