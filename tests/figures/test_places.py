"""Rows inside a lasso, against a crossing count with exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from afif_explorer.figures import FIGURES
from afif_explorer.figures.drawing.places import Places
from tests.helpers.figures import RESULTS, holds

BRUSHED = [name for name, figure in FIGURES.items() if figure.places]


@pytest.mark.parametrize("corners", [3, 4, 7, 40])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_region_holds_what_lies_inside(seed: int, corners: int) -> None:
    """Also polygons that cross themselves, as hasty lassos do."""
    rng = np.random.default_rng(seed)
    places = Places(rng.permutation(900)[:300], rng.normal(size=300), rng.normal(size=300))
    x, y = rng.normal(size=(2, corners))
    polygon = [[Fraction(corner) for corner in axis.tolist()] for axis in (x, y)]
    wanted = [
        row
        for row, px, py in zip(*map(np.ndarray.tolist, places), strict=True)
        if holds(Fraction(px), Fraction(py), *polygon)
    ]
    assert wanted
    assert places.within(x, y).tolist() == wanted


def test_a_region_without_corners_holds_nothing() -> None:
    places = Places(np.arange(3), np.zeros(3), np.zeros(3))
    for corners in (np.empty(0), np.zeros(2)):
        assert places.within(corners, corners).size == 0


def test_figures_that_can_be_brushed() -> None:
    assert set(BRUSHED) == {
        "row_map",
        "agreement",
        "verification",
        "effect_comparison",
        "added_variable",
        "coefficient_rows",
        "residual_leverage",
    }


@pytest.mark.parametrize("name", BRUSHED)
def test_rows_lie_where_they_are_drawn(name: str) -> None:
    figure = FIGURES[name]
    result = RESULTS[figure.needs]()
    assert figure.places is not None
    places = figure.places(result)
    where = {row: (x, y) for row, x, y in zip(*map(np.ndarray.tolist, places), strict=True)}
    drawn = [trace for trace in figure.draw(result).data if trace.customdata is not None]
    assert sum(len(trace.x) for trace in drawn) == len(where)
    for trace in drawn:
        for row, x, y in zip(trace.customdata, trace.x, trace.y, strict=True):
            assert where[row] == pytest.approx((x, y), rel=1e-6)


@pytest.mark.parametrize("name", ["row_map", "agreement"])
def test_rows_that_a_sample_leaves_out_have_their_place(name: str) -> None:
    result = RESULTS[FIGURES[name].needs](n=300)
    places = FIGURES[name].places(result)
    drawn = FIGURES[name].draw(result, limit=40).data
    assert max(len(trace.customdata) for trace in drawn if trace.customdata is not None) == 40
    ends = [[v.min() - 1, v.max() + 1] for v in (places.x, places.y)]
    (left, right), (low, high) = ends
    box = np.array([left, right, right, left]), np.array([low, low, high, high])
    assert sorted(places.within(*box)) == sorted(result.ids)
