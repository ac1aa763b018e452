"""``Chart``: a figure as a widget that is redrawn in place, and tells which rows are picked."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import ipywidgets
import plotly.graph_objects as go
import plotly.io as pio
from traitlets import Bool, Instance, Int, Unicode

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import CONFIG
from afif_explorer.figures.drawing.serialization import (
    KINDS,
    Brush,
    Click,
    brush,
    click,
    plain,
    whole,
)
from afif_explorer.figures.drawing.text import clean

Clicked = Callable[[Click], None]
Brushed = Callable[[Brush], None]
HEIGHT = 450  # px, for figures that do not say theirs


def static(name: str) -> str:
    """The text of one of the package's scripts and styles."""
    return (files("afif_explorer") / "static" / name).read_text(encoding="utf-8")


class Library(ipywidgets.Widget):
    """What draws: plotly.js and our script. A browser gets it once for all charts of a kernel."""

    scripts = Unicode().tag(sync=True)
    styles = Unicode().tag(sync=True)

    _shared: ClassVar[Library | None] = None

    @classmethod
    def shared(cls) -> Library:
        """The one of this kernel; a new one if somebody has closed it."""
        if cls._shared is None or cls._shared.comm is None:
            scripts = (
                static("plotly/plotly.min.js"),
                "globalThis.Plotly ??= Plotly",
                static("drawing.js"),
            )
            styles = tuple(map(static, ("plotly/plotly.css", "plot.css", "chart.css")))
            cls._shared = cls(scripts="\n".join(scripts), styles="\n".join(styles))
        return cls._shared


class Chart(anywidget.AnyWidget):
    """One figure in a notebook.

    Args:
        name: which figure it is, in the page's markup. title: what a reader of the screen hears.
        clicked: called with the mark that a person clicked: its row and where it lies.
        brushed: called with the region of a lasso or box.
    """

    _esm = static("notebook.js")

    library = Instance(Library).tag(sync=True, **ipywidgets.widget_serialization)
    figure_name = Unicode().tag(sync=True)
    title = Unicode().tag(sync=True)
    height = Int(HEIGHT, help="px, until the figure says its own").tag(sync=True)
    dark_page = Bool(help="whether the page is dark, as it says").tag(sync=True)
    message = Unicode(help="the figure as it is now, for static/drawing.js").tag(sync=True)

    page_was_dark: ClassVar[bool] = False  # as the last page said that had a chart on it

    def __init__(
        self,
        *,
        name: str = "",
        title: str = "",
        clicked: Clicked | None = None,
        brushed: Brushed | None = None,
    ) -> None:
        was = Chart.page_was_dark
        super().__init__(library=Library.shared(), figure_name=name, title=title, dark_page=was)
        self.observe(_remember, names="dark_page")
        self.figure: dict[str, Any] = {}
        self._clicked, self._brushed = clicked, brushed
        self._version = 0
        self.add_class("afif-chart")
        self.on_msg(self._hear)

    def draw(self, figure: dict[str, Any]) -> None:
        """Show ``figure`` ("data", "layout", "head") in the place that is there; zoom and pan stay."""
        self.figure = plain(figure)
        self._version += 1
        message = {"whole": whole(self.figure, CONFIG), "version": self._version}
        self.message = json.dumps(message)

    def _hear(self, _widget: Any, told: Any, _buffers: Any) -> None:
        kind = told.get("kind") if isinstance(told, dict) else None
        if kind == "click" and self._clicked is not None:
            self._clicked(click(told))
        elif kind == "select" and self._brushed is not None and (drawn := brush(told)):
            self._brushed(drawn)


def chart(figure: go.Figure) -> Chart:
    """A plotly figure of your own as a widget, as wide as its cell; its tool bar uploads nothing.

    On a dark page plotly's dark template takes the place of the figure's. JupyterLab shows the widget as
    the last expression of a cell.

    Args:
        figure: with traces of the kinds that the explorer's own figures use.

    Returns:
        A widget.

    Raises:
        InvalidChoice: for other kinds of traces; show those by ``figure.show()``.

    >>> import plotly.graph_objects as go, afif_explorer as ax
    >>> ax.notebook.chart(go.Figure(go.Bar(y=[1, 3, 2]))).height
    450
    """
    unknown = sorted({trace.type for trace in figure.data} - set(KINDS))
    if unknown:
        raise InvalidChoice(
            f"A chart draws {', '.join(KINDS)}, not {', '.join(unknown)}; show this one by figure.show()."
        )
    drawn = json.loads(figure.to_json())  # plotly's own way knows dates and the like
    drawn["layout"].setdefault("height", HEIGHT)
    made = Chart(title=clean(figure.layout.title.text or ""))

    def draw(_change: Any = None) -> None:
        made.draw(_on_dark(drawn) if made.dark_page else drawn)

    made.observe(draw, names="dark_page")
    draw()
    return made


def _remember(change: Any) -> None:
    Chart.page_was_dark = change.new


def _on_dark(figure: dict[str, Any]) -> dict[str, Any]:
    """The figure with plotly's dark template, unless it chose a ground of its own."""
    layout = figure["layout"]
    if layout.keys() & {"paper_bgcolor", "plot_bgcolor"}:
        return figure
    dark = pio.templates["plotly_dark"].to_plotly_json()
    see_through = dict.fromkeys(("paper_bgcolor", "plot_bgcolor"), "rgba(0,0,0,0)")
    return {**figure, "layout": {**layout, **see_through, "template": dark}}
