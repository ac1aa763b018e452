"""What a removal changes: gaps on one axis from zero, and their intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from afif_explorer import figures
from afif_explorer.results import Spread
from tests.helpers import figures as cases

FIRST, SECOND = "Demographic parity difference, by sex", "Equal opportunity difference, by sex"


def two_gaps(**spreads):
    plain = cases.unlearning()
    units = {**plain.units, SECOND: "share of rows"}
    compares = {FIRST: "Male minus Female", SECOND: "Male minus Female"}
    return replace(plain, units=units, compares=compares, spreads=spreads)


def axes(drawn):
    return [drawn.layout[f"xaxis{place or ''}"] for place in ("", 2, 3, 4)]


def test_gaps_of_one_unit_share_an_axis_from_zero_and_other_metrics_do_not():
    drawn = figures.metrics_change(two_gaps())
    first, accuracy, loss, second = axes(drawn)
    assert first.range == second.range
    assert first.range[0] < 0 < 0.1702 < first.range[1]
    assert accuracy.range[0] > 0.8
    assert loss.range != first.range
    assert all(axis.showticklabels for axis in axes(drawn))
    apart = figures.metrics_change(replace(two_gaps(), units={**two_gaps().units, SECOND: "nats"}))
    first, _, _, second = axes(apart)
    assert first.range != second.range


def test_the_interval_of_a_gap_is_drawn_where_it_is_known():
    bands = [
        shape
        for shape in figures.metrics_change(two_gaps(**{FIRST: Spread(0.1, 0.4)})).layout.shapes
        if shape.xref == "x"
    ]
    assert [(band.x0, band.x1) for band in bands] == [(0.1, 0.4)]
    drawn = figures.metrics_change(two_gaps(**{FIRST: Spread(0.1, 0.4)}))
    assert axes(drawn)[3].range[1] > 0.4
    assert "95\u00a0%\u00a0interval" in drawn.layout.title.text.replace(" ", "\u00a0")
    unknown = figures.metrics_change(two_gaps(**{FIRST: Spread(np.nan, np.nan)}))
    assert "interval" not in unknown.layout.title.text
    assert unknown.layout.xaxis.range == figures.metrics_change(two_gaps()).layout.xaxis.range


def test_the_axis_of_a_sweep_begins_at_zero_only_where_the_change_is_still_seen():
    plain = cases.unlearning()
    for raised, mode in ((0.0, "tozero"), (5.0, "normal")):
        sweep = {name: np.asarray(values) + raised for name, values in plain.sweep.items()}
        assert figures.sweep(replace(plain, sweep=sweep)).layout["yaxis"].rangemode == mode


def test_the_trade_off_has_a_point_for_each_share_and_begins_at_the_fit():
    plain = cases.unlearning()
    *curves, start = figures.trade_off(plain).data
    assert [curve.name for curve in curves] == [*plain.sweep]
    for curve in curves:
        np.testing.assert_allclose(curve.x, plain.utilities[curve.name])
        np.testing.assert_allclose(curve.y, plain.sweep[curve.name])
    assert "20\xa0% removed" in curves[0].hovertext[-1]
    assert (start.x[0], start.y[0]) == (curves[0].x[0], curves[0].y[0])
    assert figures.trade_off(plain).layout.xaxis.title.text == "Accuracy on the test rows"
    reason = {plain.disparity: "One group has no rows."}
    nothing = figures.trade_off(replace(plain, sweep={}, utilities={}, undefined=reason))
    assert not nothing.data
    assert "One group has no rows." in nothing.to_json()
