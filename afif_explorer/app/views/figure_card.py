"""One figure of the catalogue on a card; redrawn only if its content has changed."""

from __future__ import annotations

from typing import Any

from afif_explorer.app.components.elements import ask, card
from afif_explorer.app.components.plot import Plot
from afif_explorer.app.views.context import PageContext
from afif_explorer.figures import CONFIG
from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.screens.files.pictures import about_picture
from afif_explorer.screens.parts import Figure
from afif_explorer.screens.selecting.gestures import Sums, brushed, clicked

BARE = ":host { position: relative; padding: 0; }"
HEIGHT = 360  # px, until the figure's own height is known


class Drawing:
    """The card of one declared figure."""

    def __init__(self, context: PageContext, figure: Figure) -> None:
        self._context, self._figure = context, figure
        self._drawn: tuple[Any, ...] | None = None
        self._result: Any = None  # what is drawn
        self.plot = Plot(
            config=CONFIG,
            figure_name=figure.name,
            title=figure.label,
            height_hint=HEIGHT,
            on_select=self._select if figure.brush else None,
            on_click=self._click if figure.brush or figure.click else None,
            on_press=context.explorer.prepare_brush if figure.brush else None,
        )
        self._sums = Sums(figure, self.plot.tell)
        about = ask(
            figure.label,
            lambda: context.explain(figure.page),
            styles={"position": "absolute", "top": "8px", "right": "8px", "z-index": "3"},
        )
        self.panel = card(
            self.plot, about, width=figure.width, grow=figure.grow, stylesheets=[BARE]
        )

    def draw(self) -> None:
        """Draw the current result, unless it is already shown."""
        explorer, figure = self._context.explorer, self._figure
        result = self._result = figure.result(explorer)
        if result is None:
            self._drawn = None
            self.plot.say(*self._absence())
            return
        options = figure.options(explorer, dark=self._context.dark())
        now = (id(result), *options.values())
        if now != self._drawn:
            about = about_picture(explorer, figure.drawn.needs)
            self.plot.show(figure.sketch(result, options, about))
            self._drawn = now
        self.plot.fade(explorer.stale)
        if figure.brush:
            self._sums.send(explorer, result)

    def first_paint(self) -> dict[str, Any] | None:
        """The data for the first paint; None without a result."""
        explorer, figure = self._context.explorer, self._figure
        result = figure.result(explorer)
        if result is None or self.plot.state != Plot.READY:
            return None
        about = about_picture(explorer, figure.drawn.needs)
        dark = figure.sketch(result, figure.options(explorer, dark=True), about)
        return self.plot.first_paint(dark) | {"width": figure.width, "grow": figure.grow}

    def _absence(self) -> tuple[str, str]:
        """The state and message shown without a result."""
        explorer, drawn = self._context.explorer, self._figure.drawn
        if explorer.status.kind == "running" and drawn.on_request is None:
            return Plot.LOADING, ""
        if why := explorer.absence(drawn.needs):
            return Plot.FAILED, why
        return Plot.EMPTY, drawn.waiting

    def _select(self, brush: Brush) -> None:
        self._context.attempt(
            lambda: brushed(self._context.explorer, self._figure, self._result, brush)
        )

    def _click(self, click: Click) -> None:
        self._context.attempt(lambda: clicked(self._context.explorer, self._figure, click))
