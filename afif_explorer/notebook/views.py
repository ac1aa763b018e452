"""The tabs: every declared view as a page of widgets, brought up to date while it is open."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import ipywidgets

from afif_explorer.notebook.bridge import Following
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.render import Rendered, Shown, render
from afif_explorer.screens import SCREENS, Screen


class Page:
    """One tab: what ``screen`` declares, made when it is first opened."""

    def __init__(self, screen: Screen, context: ViewContext) -> None:
        self.screen, self._context = screen, context
        self.shown: dict[str, Shown] = {}
        self.widget = ipywidgets.VBox()
        self.widget.add_class("afif-view")
        self._made: Rendered | None = None

    def update(self, changed: Container[str]) -> None:
        """Bring it up to date; all of it at first."""
        first = self._made is None
        made = self._made = self._made or render(self.screen.body, self._context)
        if first:
            self.shown, self.widget.children = made.shown, made.widgets
        made.update(self.screen.hears if first else changed)


class Tabs:
    """The views of an explorer; the open tab is the explorer's ``view``."""

    def __init__(self, context: ViewContext) -> None:
        self.explorer = context.explorer
        self.pages = {name: Page(screen, context) for name, screen in SCREENS.items()}
        self.widget = ipywidgets.Tab(
            [page.widget for page in self.pages.values()],
            titles=[screen.title for screen in SCREENS.values()],
        )
        self.widget.add_class("afif-views")
        self.widget.observe(self._opened, names="selected_index")
        hears = frozenset({"view", "stale"}).union(*(screen.hears for screen in SCREENS.values()))
        self._following = Following(self.explorer, hears, self._refresh)
        self._refresh({"view"})

    @property
    def charts(self) -> dict[str, Chart]:
        """The figures of the views that have been opened, by name."""
        shown = [one for page in self.pages.values() for one in page.shown.values()]
        return {one.part.name: one.widget for one in shown if isinstance(one.widget, Chart)}

    def _refresh(self, changed: Container[str]) -> None:
        """Open the explorer's view and show what has changed in it; all of it, if it was not open."""
        page = self.pages[self.explorer.view]
        self.widget.selected_index = list(SCREENS).index(self.explorer.view)
        (self.widget.add_class if self.explorer.stale else self.widget.remove_class)("afif-stale")
        page.update(page.screen.hears if "view" in changed else changed)

    def _opened(self, change: Any) -> None:
        if change.new is not None:
            self.explorer.view = list(SCREENS)[change.new]

    def close(self) -> None:
        """Follow the explorer no longer."""
        self._following.close()
