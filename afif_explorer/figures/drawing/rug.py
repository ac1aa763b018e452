"""A rug: one tick for every selected row, in a strip below the bars of a distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer.figures.drawing.figure_spec import Trace, trace
from afif_explorer.figures.drawing.frame import compact
from afif_explorer.figures.drawing.theme import Theme


def rug(
    values: np.ndarray, ids: np.ndarray, texts: list[str], colours: Theme, *, of: str = ""
) -> Trace:
    """The ticks at ``values``; each says its row and, after ``of``, its text."""
    return trace(
        "scatter",
        x=compact(values),
        y=np.zeros(values.size, dtype=np.int8),
        yaxis="y2",
        mode="markers",
        name="selected rows",
        customdata=ids,
        text=texts,
        hovertemplate=f"<b>Row %{{customdata}}</b> (selected)<br>{of}%{{text}}<extra></extra>",
        marker={
            "symbol": "line-ns-open",
            "size": 14,
            "color": colours.selection,
            "line": {"width": 1.5, "color": colours.selection},
        },
    )


def strip(present: bool) -> tuple[list[float], str, dict[str, Any]]:
    """Where the bars are, the axis that theirs is tied to, and the axis of the rug."""
    hidden = {"domain": [0, 0.07], "visible": False, "range": [-1, 1], "fixedrange": True}
    return ([0.1, 1], "y2", hidden) if present else ([0, 1], "y", hidden)
