"""Scatter traces: the rows, and the rings around the selected ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer.figures.drawing.figure_spec import Trace, trace
from afif_explorer.figures.drawing.frame import compact
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.theme import Theme
from afif_explorer.wording import count

WEBGL_ABOVE = 2000  # marks; fewer are drawn as SVG, which is sharper and needs no WebGL context
CROWD = 100  # above this number, rings are thinner so that the marks inside stay visible
ROW = "<b>Row %{customdata}</b><br>%{text}<extra></extra>"


def scatter(
    x: np.ndarray,
    y: np.ndarray,
    *,
    ids: np.ndarray,
    text: list[str] | None = None,
    marker: dict[str, Any],
    name: str = "rows",
    **hover: Any,
) -> Trace:
    """One mark per row; ``customdata`` holds the row ids, ``text`` (escaped) the hover text.

    ``hover`` may replace the default hover template.
    """
    return trace(
        "scattergl" if x.size > WEBGL_ABOVE else "scatter",
        x=compact(x),
        y=compact(y),
        mode="markers",
        name=name,
        customdata=ids,
        text=text,
        marker=marker,
        unselected={"marker": {"opacity": 0.3}},
        **({"hovertemplate": ROW} | hover),
    )


def ring_key(
    selected: int, colours: Theme, *, mark: str = "○", marked: int | None = None
) -> tuple[Key, ...]:
    """The key entry for :func:`ring`; none if nothing is selected.

    ``marked``: the number of selected rows that are drawn, if not all.
    """
    if not selected:
        return ()
    some = marked is not None and marked < selected
    part = f", {count(marked or 0)} of them drawn" if some else ""
    return (Key(mark, colours.selection, f"selected ({count(selected)}{part})"),)


def ring(
    x: np.ndarray, y: np.ndarray, *, ids: np.ndarray, text: list[str], colours: Theme
) -> Trace:
    """Rings around the selected rows: a separate trace, so that the rows are not sent again."""
    many = ids.size > CROWD
    marker = {
        "symbol": "circle-open",
        "size": 8 if many else 11,
        "color": colours.selection,
        "line": {"width": 1 if many else 2, "color": colours.selection},
    }
    return scatter(x, y, ids=ids, text=text, marker=marker, name="selected rows")
