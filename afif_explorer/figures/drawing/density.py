"""How many rows lie where, below the marks of a sample of them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from afif_explorer.figures.drawing.figure_spec import Trace, trace
from afif_explorer.figures.drawing.theme import Theme, faded
from afif_explorer.wording import count

CELLS = (96, 64)  # at most: across, up
FAINTEST, FULL = 0.12, 0.6  # opacities of a cell with one row, and of the fullest


def density(x: np.ndarray, y: np.ndarray, colours: Theme) -> Trace:
    """The rows at ``x`` and ``y`` ``[n]`` (finite), counted in cells; stronger for more, on a log scale."""
    across, up = (_cells(values, most) for values, most in zip((x, y), CELLS, strict=True))
    counts = np.bincount(up.of * across.number + across.of, minlength=across.number * up.number)
    grid = np.where(counts, np.log1p(counts), np.nan).reshape(up.number, across.number)
    return trace(
        "heatmap",
        z=np.round(grid, 3),
        x0=across.first,
        dx=across.width,
        y0=up.first,
        dy=up.width,
        zmin=np.log(2.0),
        zmax=max(float(np.nanmax(grid)), np.log(3.0)),
        colorscale=[[0, faded(colours.muted, FAINTEST)], [1, faded(colours.muted, FULL)]],
        showscale=False,
        hoverinfo="skip",
        name="all rows",
    )


def density_note(drawn: int, total: int) -> str:
    """What marks and ground show; empty if every row has a mark."""
    if drawn == total:
        return ""
    return (
        f"Marks: {count(drawn)} of {count(total)} rows, with all extreme values. "
        "Grey: where all rows lie, stronger where there are more."
    )


class _Cells(NamedTuple):
    of: np.ndarray  # [n] the cell of each value
    number: int
    first: float  # the middle of the first cell
    width: float


def _cells(values: np.ndarray, most: int) -> _Cells:
    """Cells of equal width; of whole numbers each has as many, so that none is empty between two others."""
    low, high = float(values.min()), float(values.max())
    if np.array_equal(values, np.rint(values)):
        low, width = low - 0.5, float(math.ceil((high - low + 1) / most))
        number = math.ceil((high + 0.5 - low) / width)
    else:
        width, number = (high - low) / most or 1.0, most
    of = ((values - low) / width).astype(np.intp)
    return _Cells(np.minimum(of, number - 1, out=of), number, low + width / 2, width)
