"""``Plot``: a plotly figure on the page, updated in place.

A figure is sent to the browser once; after that only what changed is sent, so zoom and selection
are kept and a redraw costs no more than the change. The browser sends back only row ids and
coordinates, which :mod:`afif_explorer.figures.drawing.serialization` validates.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from afif_explorer.app.theme import PLOT_CSS, PLOTLY_URL, STATIC
from afif_explorer.figures.drawing.serialization import (
    Brush,
    Click,
    brush,
    click,
    difference,
    plain,
    whole,
)


class Plot(JSComponent):
    """A pane for one figure. ``state`` is one of the constants of this class.

    ``on_select(Brush)`` is called with the region of a lasso or box, ``on_click(Click)`` with a clicked
    mark, ``on_press()`` when a hand begins to draw a region.
    """

    LOADING, READY, STALE, EMPTY, FAILED = "loading", "ready", "stale", "empty", "failed"

    state = param.Selector(
        default="loading", objects=["loading", "ready", "stale", "empty", "failed"]
    )
    note = param.String(doc="The text shown when there is no figure.")
    figure_name = param.String(constant=True, doc="The figure's name in the page's markup.")
    title = param.String(
        constant=True, doc="The figure's title, shown while it is loading as well."
    )
    library = param.String(default=PLOTLY_URL, constant=True)

    height_hint = param.Integer(default=320, doc="Height in px until the figure is known.")

    _esm = STATIC / "plot.js"
    _stylesheets = PLOT_CSS

    def __init__(
        self,
        *,
        on_select: Callable[[Brush], None] | None = None,
        on_click: Callable[[Click], None] | None = None,
        on_press: Callable[[], None] | None = None,
        config: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(sizing_mode="stretch_width", **params)
        self._on_select, self._on_click, self._on_press = on_select, on_click, on_press
        self._config = config or {}
        self._figure: dict[str, Any] | None = None
        self._first_paint: dict[str, dict[str, Any]] = {}
        self._mounted = False
        self._drawn = False
        self._version = 0

    @property
    def awaited(self) -> bool:
        """Whether the browser has not drawn the first figure yet."""
        return self._mounted and self._figure is not None and not self._drawn

    def show(self, figure: dict[str, Any]) -> None:
        """Draw ``figure`` ("data", "layout", "head"); only what changed is sent to the browser."""
        new = plain(figure)
        old, self._figure = self._figure, new
        self.param.update(state=self.READY, note="")
        if not self._mounted:
            return
        if old is None:
            self._send_whole()
        elif change := difference(old, new):
            self._send(change)

    def first_paint(self, dark: dict[str, Any]) -> dict[str, Any]:
        """The data with which the page draws the figure before the server's components have loaded.

        The figure of :meth:`show` is for a light page, ``dark`` for a dark one; the page draws the one
        that matches its theme.
        """
        self._version = 1
        self._first_paint = {"light": self._figure or {}, "dark": plain(dark)}
        wholes = {
            scheme: whole(figure, self._config) for scheme, figure in self._first_paint.items()
        }
        place = {"url": self.library, "height": self.height_hint}
        return {"name": self.figure_name, "title": self.title} | place | wholes

    def tell(self, message: dict[str, Any]) -> None:
        """Send what belongs to the figure but is not drawn."""
        if self._mounted:
            self._send_msg(json.dumps(message))

    def say(self, state: str, note: str) -> None:
        """Show ``note`` instead of the figure."""
        self.param.update(state=state, note=note)

    def fade(self, stale: bool) -> None:
        """Dim the figure while newer results are being computed."""
        if self.state in (self.READY, self.STALE):
            self.state = self.STALE if stale else self.READY

    def _send_whole(self) -> None:
        self._send({"whole": whole(self._figure or {}, self._config)})

    def _arrive(self, scheme: Any) -> None:
        """The browser's component has loaded; it has drawn the first paint of ``scheme``, or nothing."""
        self._mounted = True
        painted, self._first_paint = self._first_paint, {}
        wanted, drawn = self._figure, painted.get(scheme) if isinstance(scheme, str) else None
        if wanted is None:
            return
        if drawn is None:
            self._send_whole()
        elif wanted == painted["light"]:
            self._figure = drawn  # a dark page requests the dark figure next
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
            self._arrive(data.get("scheme"))
        elif kind == "drawn":
            self._drawn = True
        elif kind == "select" and self._on_select and (drawn := brush(data)):
            self._on_select(drawn)
        elif kind == "click" and self._on_click:
            self._on_click(click(data))
        elif kind == "sums" and self._on_press:
            self._on_press()
