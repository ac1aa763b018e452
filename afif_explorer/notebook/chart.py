"""``Chart``: a figure as a widget that is redrawn in place, and tells which rows are picked."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import anywidget
import plotly.graph_objects as go
import plotly.io as pio
from traitlets import Bool, Int, Unicode

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
from afif_explorer.notebook.output.assets import static
from afif_explorer.notebook.output.stills import Kept, Still

Clicked = Callable[[Click], None]
Brushed = Callable[[Brush], None]
HEIGHT = 450  # px, for figures that do not say theirs


@cache
def library() -> tuple[bytes, bytes]:
    """What draws: plotly.js with our scripts, and their styles. A page asks for it once, for all charts."""
    scripts = (
        static("plotly/plotly.min.js"),
        "globalThis.Plotly ??= Plotly",
        static("sums.js"),
        static("figure_table.js"),
        static("drawing.js"),
    )
    styles = map(static, ("plotly/plotly.css", "plot.css", "chart.css"))
    return "\n".join(scripts).encode(), "\n".join(styles).encode()


class Chart(Kept, anywidget.AnyWidget):
    """One figure in a notebook.

    Library and figure are sent as messages when a page asks for them, so that no notebook saves them with the
    widget's state; what it saves is :meth:`still`.

    Args:
        name: which figure it is, in the page's markup. title: what a reader of the screen hears.
        clicked: called with the mark that a person clicked: its row and where it lies.
        brushed: called with the region of a lasso or box.
        pressed: called when a hand begins to draw one.
        still: the figure for a picture on white; None: as it is drawn.
    """

    _esm = static("answering.js") + static("notebook.js")

    figure_name = Unicode().tag(sync=True)
    title = Unicode().tag(sync=True)
    height = Int(HEIGHT, help="px, until the figure says its own").tag(sync=True)
    dark_page = Bool(help="whether the page is dark, as it says").tag(sync=True)

    page_was_dark: ClassVar[bool] = False  # as the last page said that had a chart on it

    def __init__(
        self,
        *,
        name: str = "",
        title: str = "",
        clicked: Clicked | None = None,
        brushed: Brushed | None = None,
        pressed: Callable[[], None] | None = None,
        still: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        was = Chart.page_was_dark
        super().__init__(figure_name=name, title=title, dark_page=was)
        self.observe(_remember, names="dark_page")
        self.figure: dict[str, Any] = {}
        self._clicked, self._brushed, self._pressed = clicked, brushed, pressed
        self._still = still
        self._version = 0
        self._told: dict[str, str] = {}  # the newest message of each kind
        self._heard = False  # a page has asked for them
        self.add_class("afif-chart")
        self.on_msg(self._hear)

    @property
    def message(self) -> str:
        """The figure as it is now, for static/drawing.js."""
        return self._told.get("figure", "")

    def draw(self, figure: dict[str, Any]) -> None:
        """Show ``figure`` ("data", "layout", "head") in the place that is there; zoom and pan stay."""
        self.figure = plain(figure)
        self._version += 1
        message = {"whole": whole(self.figure, CONFIG), "version": self._version}
        self._tell("figure", json.dumps(message))

    def add_up(self, sums: dict[str, Any]) -> None:
        """Give the page the rows' effects, which it adds up while a hand draws."""
        self._tell("sums", json.dumps(sums))

    def still(self) -> Still:
        """The figure as a saved notebook shows it."""
        return Still(figures=[self._still() if self._still else self.figure])

    def _tell(self, kind: str, text: str) -> None:
        self._told[kind] = text
        if self._heard:
            self.send({"kind": kind, "text": text})

    def _hear(self, _widget: Any, told: Any, _buffers: Any) -> None:
        kind = told.get("kind") if isinstance(told, dict) else None
        if kind == "library":
            self.send({"kind": kind}, list(library()))
        elif kind == "present":
            self.send({"kind": kind})
        elif kind == "ready":
            self._heard = True
            for each, text in self._told.items():
                self.send({"kind": each, "text": text})
        elif kind == "click" and self._clicked is not None:
            self._clicked(click(told))
        elif kind == "select" and self._brushed is not None and (drawn := brush(told)):
            self._brushed(drawn)
        elif kind == "sums" and self._pressed is not None:
            self._pressed()


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
    made = Chart(title=clean(figure.layout.title.text or ""), still=lambda: drawn)

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
