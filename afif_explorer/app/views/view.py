"""What all views have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from afif_explorer.app.desk import Desk
from afif_explorer.app.drawing import Drawing
from afif_explorer.app.parts import Postponed


class View:
    """One tab. ``name`` is its value in ``Spec.view``; ``hears`` the fields that it shows."""

    name: ClassVar[str]
    title: ClassVar[str]
    hears: ClassVar[tuple[str, ...]]

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.drawings: list[Drawing] = []
        self._body = Postponed(self.build)  # made when the view is first on screen, or before
        self.panel: Any = self._body.panel
        self._outdated = True
        hears = ("status", "stale", *self.hears)
        desk.follower.on(hears, lambda _changed: self.refresh())
        desk.follower.on(("view",), lambda _changed: self.refresh(changed=False))

    def build(self) -> Any:
        """Make the parts; called once."""
        raise NotImplementedError

    def prepare(self) -> bool:
        """Make the parts unless they are there; whether there was anything to do."""
        return self._body.prepare()

    @property
    def awaited(self) -> bool:
        """Whether the browser is still to draw a figure of this view for the first time."""
        return any(drawing.plot.awaited for drawing in self.drawings)

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
            self.prepare()
            for drawing in self.drawings:
                drawing.draw()
            self.update()
