"""``Plot``: a plotly figure on the page, drawn in place.

A figure goes to the browser once; after that only the parts that changed do, so zoom and selection
stay and a redraw costs what changed. The browser answers with row ids and coordinates alone, which
:mod:`afif_explorer.figures.serialization` checks before anything acts on them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from afif_explorer.app.theme import PLOT_CSS, PLOTLY_URL, STATIC
from afif_explorer.figures.serialization import (
    Brush,
    Click,
    brush,
    click,
    difference,
    plain,
    whole,
)


class Plot(JSComponent):
    """A place for one figure. ``state`` says how it looks: see the constants of this class.

    ``on_select(Brush)`` hears the region of a lasso or box, ``on_click(Click)`` a clicked mark.
    """

    LOADING, READY, STALE, EMPTY, FAILED = "loading", "ready", "stale", "empty", "failed"

    state = param.Selector(
        default="loading", objects=["loading", "ready", "stale", "empty", "failed"]
    )
    note = param.String(doc="What stands in place of the figure when there is none.")
    figure_name = param.String(constant=True, doc="Which figure this is, in the page's markup.")
    title = param.String(constant=True, doc="What the figure shows, while it isn't there as well.")
    library = param.String(default=PLOTLY_URL, constant=True)

    height_hint = param.Integer(default=320, doc="Height in px until the figure says its own.")

    _esm = STATIC / "plot.js"
    _stylesheets = PLOT_CSS

    def __init__(
        self,
        *,
        on_select: Callable[[Brush], None] | None = None,
        on_click: Callable[[Click], None] | None = None,
        config: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(sizing_mode="stretch_width", **params)
        self._on_select, self._on_click = on_select, on_click
        self._config = config or {}
        self._figure: dict[str, Any] | None = None
        self._early: dict[str, dict[str, Any]] = {}
        self._mounted = False
        self._settled = False
        self._version = 0

    @property
    def awaited(self) -> bool:
        """Whether the browser has a figure to draw here, its first, and has not done it yet."""
        return self._mounted and self._figure is not None and not self._settled

    def show(self, figure: dict[str, Any]) -> None:
        """Draw ``figure`` ("data", "layout", "head"); what the browser has already is not sent again."""
        new = plain(figure)
        old, self._figure = self._figure, new
        self.param.update(state=self.READY, note="")
        if not self._mounted:
            return
        if old is None:
            self._send_whole()
        elif change := difference(old, new):
            self._send(change)

    def early(self, dark: dict[str, Any]) -> dict[str, Any]:
        """What a page needs to draw the figure by itself, before the server's part of it has come.

        The figure that :meth:`show` has shown is for a light page, ``dark`` for a dark one; the page
        draws the one that its visitor likes.
        """
        self._version = 1
        self._early = {"light": self._figure or {}, "dark": plain(dark)}
        wholes = {scheme: whole(figure, self._config) for scheme, figure in self._early.items()}
        place = {"url": self.library, "height": self.height_hint}
        return {"name": self.figure_name, "title": self.title} | place | wholes

    def say(self, state: str, note: str) -> None:
        """Show ``note`` instead of a figure."""
        self.param.update(state=state, note=note)

    def fade(self, stale: bool) -> None:
        """Dim the figure while newer results are on their way."""
        if self.state in (self.READY, self.STALE):
            self.state = self.STALE if stale else self.READY

    def _send_whole(self) -> None:
        self._send({"whole": whole(self._figure or {}, self._config)})

    def _arrive(self, scheme: Any) -> None:
        """The browser's part is there; it has drawn the early figure of ``scheme``, or nothing."""
        self._mounted = True
        early, self._early = self._early, {}
        wanted, drawn = self._figure, early.get(scheme) if isinstance(scheme, str) else None
        if wanted is None:
            return
        if drawn is None:
            self._send_whole()
        elif wanted == early["light"]:
            self._figure = drawn  # a dark page asks for it dark in a moment
        elif change := difference(drawn, wanted):
            self._send(change)

    def _send(self, message: dict[str, Any]) -> None:
        self._version += 1
        self._send_msg(json.dumps(message | {"version": self._version}))

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        kind = data.get("kind")
        if kind == "ready":
            self._arrive(data.get("early"))
        elif kind == "settled":
            self._settled = True
        elif kind == "select" and self._on_select and (drawn := brush(data)):
            self._on_select(drawn)
        elif kind == "click" and self._on_click:
            self._on_click(click(data))
