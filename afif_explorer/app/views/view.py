"""``View``: one declared view on the page, kept up to date while it is on screen."""

from __future__ import annotations

from typing import Any

from afif_explorer.app.components.elements import TabPanel
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.figure_card import Drawing
from afif_explorer.app.views.render import Shown, render, update
from afif_explorer.screens import Screen


class View:
    """One tab: what ``screen`` declares, made when it is first open. What has not changed is not made
    again; figures beyond the first are drawn a moment later."""

    def __init__(self, context: PageContext, screen: Screen) -> None:
        self.screen = screen
        self._context = context
        self.panel: Any = TabPanel(screen.title, visible=False, css_classes=["afif-view"])
        self.drawings: list[Drawing] = []
        self._prompt: list[Shown] = []
        self._late: list[Shown] = []
        self._changed: set[str] = set()  # and not shown yet
        self._behind: set[str] = set()  # shown by the prompt parts, and not by the late ones
        context.follower.on(screen.hears, self.refresh)
        context.follower.on(("view",), lambda _changed: self.refresh(set()))

    @property
    def awaited(self) -> bool:
        """Whether the browser is still to draw a figure of this view for the first time."""
        return any(drawing.plot.awaited for drawing in self.drawings)

    @property
    def _open(self) -> bool:
        return bool(self._context.explorer.view == self.screen.name)

    def first_paint(self) -> list[dict[str, Any]]:
        """What a page needs to draw the first figures before anything else, if all are there."""
        first = self.drawings[: self.screen.first] if self._open else []
        found = [drawing.first_paint() for drawing in first]
        return [figure for figure in found if figure is not None]

    def redraw(self) -> None:
        """Bring all of the view up to date."""
        self.refresh(set(self.screen.hears))

    def refresh(self, changed: set[str]) -> None:
        """Show what has changed, now if the view is on screen, or else when it comes there."""
        self._changed |= changed
        if not self._open:
            return
        if not self.panel.objects:
            self._make()
        if self._changed:
            new, self._changed = self._changed, set()
            self._behind |= new
            update(self._prompt, new)
        if self._behind:
            self._context.scheduler.after_paint(self._follow)

    def _make(self) -> None:
        """Make all parts, and bring the prompt ones up to date before they are on the page."""
        made = render(self.screen.body, self._context)
        figures = [shown for shown in made.shown if shown.drawing]
        others = [shown for shown in made.shown if not shown.drawing]
        self.drawings = [shown.drawing for shown in figures if shown.drawing]
        self._prompt = figures[: self.screen.first] + others
        self._late = figures[self.screen.first :]
        self._changed = set(self.screen.hears)
        update(self._prompt, self._changed)
        self.panel.objects = made.panels

    def _follow(self) -> None:
        """Draw what :meth:`refresh` has left."""
        if self._behind and self._open:
            new, self._behind = self._behind, set()
            update(self._late, new)
