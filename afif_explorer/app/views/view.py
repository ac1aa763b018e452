"""What all views have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from afif_explorer.app.components.elements import stack
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.figure_card import Drawing


class View:
    """One tab. ``name`` is its value in ``Spec.view``; ``hears`` the fields that it shows; ``first`` how
    many of its drawings a visitor sees first: the others are drawn a moment later."""

    name: ClassVar[str]
    title: ClassVar[str]
    hears: ClassVar[tuple[str, ...]]
    first: ClassVar[int] = 2

    def __init__(self, desk: PageContext) -> None:
        self.desk = desk
        self.drawings: list[Drawing] = []
        self._outdated = True
        # Made at once: what is added to a page while somebody turns to it may not reach the browser.
        self.panel: Any = stack(self.build(), visible=False)
        hears = ("status", "stale", *self.hears)
        desk.follower.on(hears, lambda _changed: self.refresh())
        desk.follower.on(("view",), lambda _changed: self.refresh(changed=False))

    def build(self) -> Any:
        """Make the parts; called once."""
        raise NotImplementedError

    @property
    def awaited(self) -> bool:
        """Whether the browser is still to draw a figure of this view for the first time."""
        return any(drawing.plot.awaited for drawing in self.drawings)

    def first_paint(self) -> list[dict[str, Any]]:
        """What a page needs to draw the first figures before anything else, if all are there."""
        if self.desk.explorer.view != self.name:
            return []
        found = [drawing.first_paint() for drawing in self.drawings[: self.first]]
        return [figure for figure in found if figure is not None]

    def update(self) -> None:
        """Bring parts other than drawings up to date."""

    def drawing(self, name: str, **settings: Any) -> Any:
        """The card of a figure, kept up to date with this view."""
        drawing = Drawing(self.desk, name, **settings)
        self.drawings.append(drawing)
        return drawing.panel

    def refresh(self, changed: bool = True) -> None:
        """Bring the view up to date, now if it is on screen, or else when it comes there."""
        self._outdated |= changed
        if self._outdated and self.desk.explorer.view == self.name:
            self._outdated = False
            for drawing in self.drawings[: self.first]:
                drawing.draw()
            self.update()
            self.desk.scheduler.after_paint(self._draw_others)

    def _draw_others(self) -> None:
        if self.desk.explorer.view != self.name:
            self._outdated = True  # somebody has turned to another view meanwhile
            return
        for drawing in self.drawings[self.first :]:
            drawing.draw()
