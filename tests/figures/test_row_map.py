"""The map of the rows: all of them as a ground, and what its axes and colours show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from afif_explorer import figures
from afif_explorer.figures.drawing.density import density
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.figures.points.row_map import SPREAD, map_places
from afif_explorer.results import RowValues
from tests.helpers import figures as cases


def with_colour(values, levels=(), n=300):
    return replace(cases.points(n=n), colour=RowValues(np.asarray(values), "age", levels))


def said(figure):
    return figure.layout.title.text.replace("<br>", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("n", [1, 2, 50, 40_000])
def test_the_ground_counts_every_row_where_it_lies(n):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.standard_t(2, n)
    ground = density(x, y, theme(False))
    counts = np.rint(np.expm1(np.nan_to_num(ground["z"])))
    assert abs(counts.sum() - n) <= 0.002 * n  # the grid is rounded for the way to the browser
    rows, columns = ground["z"].shape
    edges = [
        start - step / 2 + step * np.arange(number + 1)
        for start, step, number in (
            (ground["x0"], ground["dx"], columns),
            (ground["y0"], ground["dy"], rows),
        )
    ]
    spans = [np.r_[edge[0] - 1e-9, edge[1:-1], edge[-1] + 1e-9] for edge in edges]
    expected, _, _ = np.histogram2d(y, x, bins=spans[::-1])
    assert np.abs((counts > 0).astype(int) - (expected > 0)).sum() <= 2  # rounding at an edge


def test_cells_of_whole_numbers_leave_no_stripes():
    x = np.arange(17, 91).astype(float)  # ages
    ground = density(np.repeat(x, 3), np.tile([0.0, 0.4, 1.1], x.size), theme(False))
    assert np.isfinite(ground["z"]).any(0).all()
    wide = density(np.arange(1000.0), np.zeros(1000), theme(False))
    filled = np.rint(np.expm1(wide["z"][0]))
    assert (filled[:-1] == filled[0]).all()
    assert 0 < filled[-1] <= filled[0]


def test_more_rows_than_marks_have_a_ground_below_them_and_the_head_says_so():
    few, many = figures.row_map(cases.points()), figures.row_map(cases.points(n=9000))
    assert [trace.name for trace in few.data] == ["rows"]
    assert [trace.name for trace in many.data] == ["all rows", "rows"]
    assert many.data[0].type == "heatmap"
    assert many.data[0].hoverinfo == "skip"
    assert "Marks: 3 000 of 9 000 rows, with all extreme values." in said(many)


def test_a_number_as_colour_runs_over_its_usual_range_and_rows_without_one_are_grey():
    values = np.linspace(20, 60, 300)
    values[0], values[1] = 1e9, np.nan
    points = with_colour(values)
    drawn = figures.row_map(points)
    without, rows = drawn.data
    assert list(without.customdata) == [points.ids[1]]
    assert rows.marker.cmax < 61
    where = {row: i for i, row in enumerate(points.ids)}
    order = [where[row] for row in rows.customdata]
    np.testing.assert_allclose(rows.marker.color, values[order], rtol=1e-6)
    assert "Colour: age." in said(drawn)
    assert "no value (1)" in said(drawn)
    assert "if removed" in rows.hovertemplate
    assert rows.hovertext[-1] == f"{values[order[-1]]:.4g}"


@pytest.mark.parametrize("values", [np.full(300, 7.0), np.full(300, np.nan)])
def test_a_colour_without_a_range_is_drawn(values):
    assert figures.row_map(with_colour(values)).data


def test_levels_have_a_colour_each_and_the_key_counts_their_rows():
    codes = np.arange(300) % 3
    points = with_colour(codes.astype(float), ("<b>one", "two", "three"))
    drawn = figures.row_map(points)
    [rows] = drawn.data
    where = {row: i for i, row in enumerate(points.ids)}
    shown = [codes[where[row]] for row in rows.customdata]
    np.testing.assert_array_equal(rows.marker.color, shown)
    for words in ("one (100)", "two (100)", "three (100)"):
        assert words in said(drawn)
    assert "<b>one" not in said(drawn)
    scale = dict.fromkeys(colour for _, colour in rows.marker.colorscale)
    assert list(scale) == list(theme(False).series[:3])
    assert rows.hovertext[-1] != "<b>one"


def test_rows_of_one_level_lie_beside_each_other_and_are_selected_where_they_lie():
    points = cases.points()
    levels = RowValues((np.arange(300) % 2).astype(float), "sex", ("Female", "Male"))
    points = replace(points, across=levels)
    places = map_places(points)
    assert np.abs(places.x - levels.values).max() <= SPREAD / 2
    assert np.unique(places.x).size > 250
    drawn = figures.row_map(points)
    assert list(drawn.layout.xaxis.ticktext) == ["Female", "Male"]
    box = np.array([0.5, 1.5, 1.5, 0.5]), np.array([-99.0, -99.0, 99.0, 99.0])
    assert set(places.within(*box)) == set(points.ids[levels.values == 1])
