"""``Chart``: a plotly figure as a widget that is redrawn in place, and tells which rows are picked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from afif_explorer.figures import CONFIG

Picked = Callable[[tuple[int, ...]], None]


class Chart:
    """One figure in a notebook. ``widget`` is what ipywidgets shows.

    Args:
        figure: any plotly figure. picked: called with the row ids (``customdata``) of the marks that
            a person lassoed or clicked.
    """

    def __init__(self, figure: go.Figure, picked: Picked | None = None) -> None:
        self._lock = threading.RLock()
        self._picked = picked
        self._heard: list[int] = []  # ids of a gesture that not all traces have told yet
        self.widget = _Figure()
        self.widget._config = dict(CONFIG)
        self.draw(figure)

    def draw(self, figure: go.Figure) -> None:
        """Show ``figure`` in the widget that is there, so that zoom and place on the page stay."""
        # Not update(figure.to_dict()): that leaves arrays in their encoded form behind.
        drawn = figure.to_plotly_json()
        with self._lock, self.widget.batch_update():
            if self._kinds() == [trace["type"] for trace in drawn["data"]]:
                for trace, values in zip(self.widget.data, figure.data, strict=True):
                    trace.update(values.to_plotly_json(), overwrite=True)
            else:
                self.widget.data = ()
                self.widget.add_traces(figure.data)
                self._listen()
            for name in set(self.widget.layout.to_plotly_json()) - set(drawn["layout"]):
                self.widget.layout[name] = None  # the browser keeps what nobody mentions
            self.widget.layout = figure.layout

    def _kinds(self) -> list[str]:
        return [trace.type for trace in self.widget.data]

    def _listen(self) -> None:
        if self._picked is None:
            return
        for trace in self.widget.data:
            trace.on_selection(self._report)
            trace.on_click(self._report)

    def _report(self, trace: Any, points: Any, _: Any) -> None:
        """Tell a gesture once: plotly asks all traces in turn, and a row may have marks in several."""
        ids = trace.customdata
        if ids is not None:
            self._heard += (int(ids[i]) for i in points.point_inds)
        if trace is self.widget.data[-1] and self._picked is not None:
            heard, self._heard = self._heard, []
            self._picked(tuple(dict.fromkeys(heard)))


class _Figure(go.FigureWidget):
    """A figure that a reloaded page gets as it is now, not as it was when it was made."""

    _made = False  # while it is being made it has no traces yet

    def __init__(self) -> None:
        super().__init__()
        self._made = True

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The state of the widget; all of it (``key`` None) is what a page asks for to begin with."""
        if key is None and self._made:
            self._widget_data = [trace.to_plotly_json() for trace in self.data]
            self._widget_layout = self.layout.to_plotly_json()
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        return state


def chart(figure: go.Figure) -> go.FigureWidget:
    """A plotly figure as a widget whose tool bar uploads nothing anywhere.

    JupyterLab shows it as the last expression of a cell.
    """
    return Chart(figure).widget
