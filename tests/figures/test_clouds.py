"""Figures with a mark for each row at two coordinates: selections, and samples with the extremes."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from afif_explorer import figures
from tests.helpers import figures as cases

CLOUDS = {
    name: figure
    for name, figure in figures.FIGURES.items()
    if figure.places is not None and figure.needs in {"comparison", "diagnostics"}
}
MANY = 30_000


@pytest.fixture(params=CLOUDS)
def cloud(request):
    """A figure, a result with many rows, and where each row lies."""
    figure = CLOUDS[request.param]
    value = cases.RESULTS[figure.needs](n=MANY)
    return figure, value, figure.places(value)


def ids_of(traces):
    found = [trace.customdata for trace in traces if trace.customdata is not None]
    return np.concatenate(found) if found else np.zeros(0, int)


def apart(values):
    return np.abs(values - np.median(values))


def test_a_sample_keeps_extremes_and_selected_rows_and_says_so(cloud) -> None:
    figure, value, places = cloud
    limit = inspect.signature(figure.draw).parameters["limit"].default
    quiet = places.ids[np.argsort(apart(places.x) + apart(places.y))[:40]]
    plain, drawn = figure.draw(value), figure.draw(value, selected=tuple(quiet))
    shown = ids_of(drawn.data)
    assert len(plain.data) < len(drawn.data)
    assert len(set(shown)) == len(set(ids_of(plain.data))) == limit
    assert len(shown) == limit + quiet.size, "the rings lie around marks"
    assert set(quiet) <= set(shown)
    for values in (places.x, places.y):
        assert set(places.ids[np.argsort(-apart(values))[: limit // 20]]) <= set(shown)
    words = drawn.layout.title.text.replace("<br>", " ").replace("\u00a0", " ")
    assert f"Showing {limit // 1000} 000 of 30 000 rows" in words
    assert "selected (40)" in words
    assert len(drawn.to_json()) < 1_500_000


def test_all_rows_are_drawn_where_they_lie_if_there_is_room(cloud) -> None:
    figure, value, places = cloud
    drawn = figure.draw(value, limit=MANY)
    traces = [trace for trace in drawn.data if trace.customdata is not None]
    order = np.argsort(ids_of(traces))
    np.testing.assert_array_equal(ids_of(traces)[order], np.sort(places.ids))
    by_id = np.argsort(places.ids)
    for name in ("x", "y"):
        seen = np.concatenate([trace[name] for trace in traces])[order]
        np.testing.assert_allclose(seen, getattr(places, name)[by_id], rtol=1e-5, atol=1e-7)


def test_a_few_extreme_responses_do_not_hide_the_others() -> None:
    found = cases.RESULTS["diagnostics"](n=1000)
    x, y = found.coefficient.added
    drawn = figures.FIGURES["added_variable"].draw(found)
    assert drawn.layout.yaxis.range is None
    y = y.copy()
    y[[3, 7]] = (-1e5, 2e4)
    one = replace(found.coefficient, added=(x, y))
    drawn = figures.FIGURES["added_variable"].draw(replace(found, coefficient=one))
    low, high = drawn.layout.yaxis.range
    outside = int(((y < low) | (y > high)).sum())
    assert 2 <= outside <= 10
    words = drawn.layout.title.text.replace("<br>", " ")
    assert f"Rows beyond the vertical axis, seen by zooming out: {outside}." in words
    assert set(found.ids[[3, 7]]) <= set(ids_of(drawn.data))
