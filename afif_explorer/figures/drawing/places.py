"""The coordinates of a figure's rows, drawn or not, and which of them a region contains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Places(NamedTuple):
    """The coordinates of every row that a figure represents; it may draw only a sample of them."""

    ids: np.ndarray  # [n] row ids
    x: np.ndarray  # [n]
    y: np.ndarray  # [n]

    def within(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Ids of the rows inside a polygon with the corners ``x``, ``y`` ``[v]``.

        Self-intersecting polygons follow the even-odd rule.
        """
        if x.size < 3:
            return self.ids[:0]
        near = np.flatnonzero(_between(self.x, x) & _between(self.y, y))
        return self.ids[near[_inside(self.x[near], self.y[near], x, y)]]


def _between(values: np.ndarray, corners: np.ndarray) -> np.ndarray:
    return (values >= corners.min()) & (values <= corners.max())


def _inside(px: np.ndarray, py: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether a ray from each point to the right crosses an odd number of edges."""
    inside = np.zeros(px.size, dtype=bool)
    for x0, y0, x1, y1 in zip(np.roll(x, 1), np.roll(y, 1), x, y, strict=True):
        crossed = np.flatnonzero((y0 > py) != (y1 > py))
        meets = x0 + (py[crossed] - y0) * ((x1 - x0) / (y1 - y0)) if crossed.size else px[:0]
        inside[crossed] ^= px[crossed] < meets
    return inside
