"""``FigureSpec``: builds a figure as the plain dictionaries that plotly.js reads.

plotly's own objects validate every value, which takes most of the time of a redraw. Here nothing is
validated until :meth:`FigureSpec.figure`; the dashboard draws from :meth:`FigureSpec.plain` instead,
and the tests validate every figure with plotly.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

Trace = dict[str, Any]


def trace(kind: str, **settings: Any) -> Trace:
    """A trace of plotly's type ``kind``; settings that are None are left out."""
    return {"type": kind} | {name: value for name, value in settings.items() if value is not None}


class FigureSpec:
    """Traces and a layout in plotly's terms, and the head for pages that render it themselves.

    ``head`` holds "title", "notes" and "key" as plain text, and in "room" the height in px at the top
    of the layout that such a page can reclaim.
    """

    def __init__(self, head: dict[str, Any] | None, layout: dict[str, Any]) -> None:
        self.head = head
        self.data: list[Trace] = []
        self.layout = layout

    def add(self, *traces: Trace) -> None:
        """Add ``traces`` on top of the existing ones."""
        self.data += traces

    def lay_out(self, **settings: Any) -> None:
        """Set parts of the layout."""
        self.layout |= settings

    def annotate(self, **settings: Any) -> None:
        """Add an annotation."""
        self.layout.setdefault("annotations", []).append(settings)

    def shape(self, **settings: Any) -> None:
        """Add a shape."""
        self.layout.setdefault("shapes", []).append(settings)

    def vertical(self, x: float, line: dict[str, Any]) -> None:
        """A line at ``x`` from the bottom to the top of the plot."""
        self.shape(
            type="line", x0=x, x1=x, xref="x", y0=0, y1=1, yref="y domain", layer="above", line=line
        )

    def plain(self) -> dict[str, Any]:
        """The figure as a dictionary, "head" with it; its arrays are NumPy's."""
        return {"data": self.data, "layout": self.layout, "head": self.head}

    def figure(self) -> go.Figure:
        """The figure as plotly's object, every value checked."""
        return go.Figure(data=self.data, layout=self.layout)
