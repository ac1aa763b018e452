"""``Strip``: declared parts that stand above all views."""

from __future__ import annotations

from collections.abc import Iterable

from afif_explorer.notebook.bridge import Following
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.render import render
from afif_explorer.screens.parts import Item


class Strip:
    """``items`` as widgets, brought up to date with what they show."""

    def __init__(self, context: ViewContext, items: Iterable[Item]) -> None:
        self._made = render(items, context)
        self.widgets, self.shown = self._made.widgets, self._made.shown
        hears = frozenset().union(*(one.part.hears for one in self.shown.values()))
        self._following = Following(context.explorer, hears, self._made.update)
        self._made.update(hears)

    def close(self) -> None:
        """Follow the explorer no longer."""
        self._following.close()
