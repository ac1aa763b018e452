"""``Strip``: the declared parts above all views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.render import render, update
from afif_explorer.screens.parts import Item


class Strip:
    """Rendered ``items``, kept up to date."""

    def __init__(self, context: PageContext, items: Iterable[Item]) -> None:
        made = render(items, context)
        self.panels: list[Any] = made.panels
        self._shown = made.shown
        hears = frozenset().union(*(one.part.hears for one in made.shown))
        context.follower.on(hears, self._follow)
        self._follow(set(hears))

    def _follow(self, changed: set[str]) -> None:
        update(self._shown, changed)
