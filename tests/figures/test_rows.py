"""Rows in figures: ids, selections, samples with the extremes, non-finite values."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from afif_explorer import figures
from afif_explorer.figures.drawing.sampling import drawn_rows
from afif_explorer.figures.drawing.scatter import WEBGL_ABOVE
from afif_explorer.figures.points.distribution import bin_edges
from tests.helpers import figures as cases

OF_EFFECTS = {"points", "agreement", "cross_validation"}  # the others: test_clouds.py
OWN = {name: figure for name, figure in figures.FIGURES.items() if figure.needs in OF_EFFECTS}
SELECTING = [name for name, figure in OWN.items() if "selected" in figure.takes]
SAMPLING = [name for name, figure in OWN.items() if "limit" in figure.takes]


def result(name, n=300):
    return cases.RESULTS[figures.FIGURES[name].needs](n=n)


def ids_of(trace):
    return [] if trace.customdata is None else list(trace.customdata)


def magnitude(value):
    if hasattr(value, "effect"):
        return np.abs(value.effect)
    if hasattr(value, "leverage"):
        return value.leverage
    return np.maximum(np.abs(value.fisher), np.abs(value.hessian))


def test_the_marks_carry_ids_values_and_what_the_row_is():
    points = cases.points()
    trace = figures.row_map(points).data[0]
    where = {row: i for i, row in enumerate(points.ids)}
    rows = [where[row] for row in trace.customdata]
    assert sorted(trace.customdata) == sorted(points.ids)
    np.testing.assert_allclose(trace.x, points.across.values[rows], rtol=1e-6)
    np.testing.assert_allclose(trace.marker.color, points.effect[rows], rtol=1e-6)
    strongest = rows[-1]
    assert strongest == np.abs(points.effect).argmax(), "strong effects lie on top"
    assert "%{marker.color:.3s}\u00a0nats if removed<br>" in trace.hovertemplate
    assert points.group[strongest] in trace.text[-1]
    assert float(trace.hovertext[-1]) == pytest.approx(points.prediction[strongest], abs=6e-4)


def test_the_pages_ramp_says_what_the_colour_bar_says():
    sheet = figures.FIGURES["row_map"].sketch(cases.points())
    ramp, marker = sheet["head"]["ramp"], sheet["data"][0]["marker"]
    bar = marker["colorbar"]
    assert ramp["words"] == list(bar["ticktext"])
    assert bar["title"]["text"].replace("<br>", " ") == ramp["title"]
    np.testing.assert_allclose(bar["tickvals"], np.linspace(marker["cmin"], marker["cmax"], 5))
    assert [[place / 2, colour] for place, colour in enumerate(ramp["colours"])] == marker[
        "colorscale"
    ]


def test_the_ranking_holds_the_strongest_of_both_signs_in_order():
    points = cases.points()
    rises, falls = figures.ranking(points, top=5).data
    order = np.argsort(points.effect)
    assert list(rises.customdata) == list(points.ids[order[::-1][:5]])
    assert list(falls.customdata) == list(points.ids[order[:5][::-1]])
    np.testing.assert_array_equal(rises.x, points.effect[order[::-1][:5]])
    assert (
        figures.ranking(points, top=5)
        .layout.yaxis.ticktext[0]
        .startswith(f"#{rises.customdata[0]} ")
    )


def test_agreement_has_the_hessian_to_the_right_and_the_fisher_upwards():
    agreement = cases.agreement()
    marks = next(trace for trace in figures.agreement(agreement).data if ids_of(trace))
    np.testing.assert_allclose(marks.x, agreement.hessian, rtol=1e-6)
    np.testing.assert_allclose(marks.y, agreement.fisher, rtol=1e-6)


@pytest.mark.parametrize("name", SELECTING)
def test_a_selection_is_a_trace_of_its_own(name):
    value = result(name)
    selected = tuple(value.ids[np.argsort(-magnitude(value))[:4]])
    plain = figures.FIGURES[name].draw(value)
    marked = figures.FIGURES[name].draw(value, selected=(*selected, 10**9))
    assert len(marked.data) == len(plain.data) + 1
    assert sorted(marked.data[-1].customdata) == sorted(selected)
    for before, after in zip(plain.data, marked.data, strict=False):
        assert before.to_plotly_json().keys() == after.to_plotly_json().keys()
        np.testing.assert_array_equal(before.x, after.x)
    assert "selected\u00a0(4)" in marked.layout.title.text.replace(" ", "\u00a0")


@pytest.mark.parametrize("name", SAMPLING)
def test_a_sample_says_so_and_keeps_extremes_and_selected_rows(name):
    value = result(name, n=30_000)
    quiet = tuple(value.ids[np.argsort(magnitude(value))[:40]])
    drawn = figures.FIGURES[name].draw(value, selected=quiet)
    trace = next(trace for trace in drawn.data if len(ids_of(trace)) > 1000)
    limit = inspect.signature(figures.FIGURES[name].draw).parameters["limit"].default
    shown = set(trace.customdata)
    assert len(shown) == len(trace.customdata) == limit
    assert trace.type == ("scattergl" if limit > WEBGL_ABOVE else "scatter")
    assert set(value.ids[np.argsort(-magnitude(value))[: limit // 10]]) <= shown
    assert set(quiet) <= shown
    words = drawn.layout.title.text.replace("<br>", " ").replace("\u00a0", " ")
    share = f"{limit // 1000} 000 of 30 000 rows"
    ground = f"Marks: {share}, with all extreme values."
    assert (ground if name == "row_map" else f"Showing {share}; all extreme values") in words
    again = figures.FIGURES[name].draw(value, selected=quiet)
    assert again.to_json() == drawn.to_json()
    every = figures.FIGURES[name].draw(value, limit=30_000)
    assert "30 000 rows" not in every.layout.title.text.replace("\u00a0", " ")


@pytest.mark.parametrize("name", SAMPLING)
def test_of_a_large_selection_the_key_says_how_many_are_drawn(name):
    value = result(name, n=9000)
    drawn = figures.FIGURES[name].draw(value, selected=value.ids)
    rows, ring = (set(ids_of(trace)) for trace in drawn.data if ids_of(trace))
    assert rows == ring
    assert f"selected (9 000, {len(ring) // 1000} 000 of them drawn)".replace(
        " ", "\u00a0"
    ) in drawn.layout.title.text.replace(" ", "\u00a0")
    few = figures.FIGURES[name].draw(value, selected=value.ids[:900])
    assert set(few.data[-1].customdata) == set(value.ids[:900])


@pytest.mark.parametrize("name", SELECTING)
def test_30_000_rows_stay_a_small_message(name):
    value = result(name, n=30_000)
    drawn = figures.FIGURES[name].draw(value, selected=tuple(value.ids[:100]))
    assert len(drawn.to_json()) < 1_500_000


@pytest.mark.parametrize("n", [1, 10, 100])
def test_a_sample_has_the_length_that_was_asked_for(n):
    rng = np.random.default_rng(0)
    values, x = rng.normal(size=1000), rng.normal(size=1000)
    rows = drawn_rows((values,), (x,), np.array([3, 4]), n)
    assert {3, 4, x.argmin(), x.argmax(), np.abs(values).argmax()} <= set(rows)
    assert rows.size == max(n, rows.size if n < 10 else n)
    assert np.all(np.diff(rows) > 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["ranking", "row_map", "effect_distribution", "agreement"])
def test_rows_without_a_finite_value_are_counted_and_not_drawn(name, bad):
    value = result(name)
    field = "fisher" if name == "agreement" else "effect"
    broken = getattr(value, field).copy()
    broken[[5, 7]] = bad
    drawn = figures.FIGURES[name].draw(replace(value, **{field: broken}), selected=(value.ids[5],))
    assert "2 rows have no finite value" in drawn.layout.title.text.replace("<br>", " ")
    for trace in drawn.data:
        assert value.ids[5] not in ids_of(trace)
        assert np.isfinite(np.asarray(trace.x, dtype=float)).all()
    nothing = np.full_like(broken, bad)
    blank = figures.FIGURES[name].draw(replace(value, **{field: nothing}))
    assert not blank.data
    assert blank.layout.annotations


def test_zoom_survives_a_selection_and_not_another_target():
    points = cases.points()
    before = figures.ranking(points).layout.uirevision
    assert figures.ranking(points, selected=points.ids[:3]).layout.uirevision == before
    assert figures.ranking(points, dark=True).layout.uirevision == before
    other = replace(points, target_label="demographic parity gap")
    assert figures.ranking(other).layout.uirevision != before
    assert figures.row_map(other).layout.uirevision == figures.row_map(points).layout.uirevision
    assert figures.row_map(cases.points(n=200)).layout.uirevision != before


def test_the_bins_of_the_distribution_hold_every_row_and_split_at_zero():
    points = cases.points(n=5000)
    edges = bin_edges(points.effect)
    assert np.isclose(edges, 0, atol=1e-12).any()
    bars = figures.effect_distribution(points).data[0]
    assert sum(bars.y) == 5000
    negative = np.asarray(bars.x) < 0
    assert sum(np.asarray(bars.y)[negative]) == (points.effect < 0).sum()


@pytest.mark.parametrize("effect", [np.full(300, 2e-6), np.r_[1e-6, np.zeros(299)], -np.ones(300)])
def test_one_sided_and_constant_effects_are_drawn(effect):
    points = replace(cases.points(), effect=effect)
    assert sum(figures.effect_distribution(points).data[0].y) == 300
    assert figures.ranking(points).data
    assert figures.row_map(points).data
