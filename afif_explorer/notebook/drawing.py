"""One declared figure as a chart: drawn when what it shows has changed, and never else."""

from __future__ import annotations

from typing import Any

from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.context import ViewContext
from afif_explorer.screens.gestures import brushed, clicked
from afif_explorer.screens.parts import Figure


class Drawing:
    """The chart of one figure."""

    def __init__(self, context: ViewContext, figure: Figure) -> None:
        self._context, self._figure = context, figure
        self._result: Any = None  # what is drawn
        self._drawn: dict[str, Any] | None = None  # how
        self.chart = Chart(
            name=figure.name,
            title=figure.label,
            clicked=self._click if figure.brush or figure.click else None,
            brushed=self._brush if figure.brush else None,
        )
        self.chart.observe(lambda _: self.draw(), names="dark_page")

    def draw(self) -> None:
        """Show the result as it is now, if that is not what is shown already."""
        explorer, figure = self._context.explorer, self._figure
        result = figure.result(explorer)
        options = figure.options(explorer, dark=self._context.dark())
        if result is None:
            why = explorer.absence(figure.drawn.needs)
            options = {"why": why, "dark": options["dark"]}
        if result is not self._result or options != self._drawn:
            self._result, self._drawn = result, options
            self.chart.draw(figure.sketch(result, options))

    def _brush(self, brush: Brush) -> None:
        explorer = self._context.explorer
        self._context.attempt(lambda: brushed(explorer, self._figure, self._result, brush))

    def _click(self, click: Click) -> None:
        self._context.attempt(lambda: clicked(self._context.explorer, self._figure, click))
