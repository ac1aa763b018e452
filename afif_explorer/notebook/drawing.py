"""One declared figure as a chart: drawn when what it shows has changed, and never else."""

from __future__ import annotations

from typing import Any

from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.context import ViewContext
from afif_explorer.screens.files.pictures import about_picture
from afif_explorer.screens.parts import Figure
from afif_explorer.screens.selecting.gestures import Sums, brushed, clicked


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
            pressed=context.explorer.prepare_brush if figure.brush else None,
            still=self.still,
        )
        self._sums = Sums(figure, self.chart.add_up)
        self.chart.observe(lambda _: self.draw(), names="dark_page")

    def draw(self) -> None:
        """Show the result as it is now, if that is not what is shown already."""
        explorer, figure = self._context.explorer, self._figure
        result, options = self._now(dark=self._context.dark())
        if result is not self._result or options != self._drawn:
            self._result, self._drawn = result, options
            about = about_picture(explorer, figure.drawn.needs)
            self.chart.draw(figure.sketch(result, options, about))
        if figure.brush:
            self._sums.send(explorer, result)

    def still(self) -> dict[str, Any]:
        """The figure on white, for a picture."""
        result, options = self._now(dark=False)
        about = about_picture(self._context.explorer, self._figure.drawn.needs)
        sketch: dict[str, Any] = self._figure.sketch(result, options, about)
        return sketch

    def _now(self, dark: bool) -> tuple[Any, dict[str, Any]]:
        """The result, and how it is drawn."""
        explorer, figure = self._context.explorer, self._figure
        result = figure.result(explorer)
        if result is None:
            return None, {"why": explorer.absence(figure.drawn.needs), "dark": dark}
        return result, figure.options(explorer, dark=dark)

    def _brush(self, brush: Brush) -> None:
        explorer = self._context.explorer
        self._context.attempt(lambda: brushed(explorer, self._figure, self._result, brush))

    def _click(self, click: Click) -> None:
        self._context.attempt(lambda: clicked(self._context.explorer, self._figure, click))
