"""Unconverged results are marked on every figure that uses them; overlapping marks remain visible."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from afif_explorer import figures
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import SolverSummary
from tests.helpers import figures as cases

SHORT = SolverSummary(
    "LiSSA", "max_steps", "With 700 steps it would be complete.", 0.02, 0.7, 0.1, 2.0, 30, 0.58
)
MARKED = (
    "ranking",
    "row_map",
    "effect_distribution",
    "agreement",
    "verification",
    "curvature_truths",
    "metrics_change",
    "sweep",
    "trade_off",
    "score_distributions",
)


def words(drawn) -> str:
    """The title of the picture as it is read."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", drawn.layout.title.text)).strip()


@pytest.mark.parametrize("name", MARKED)
def test_an_unconverged_solver_is_reported_on_the_page_and_in_the_image(name: str) -> None:
    figure = figures.FIGURES[name]
    good = cases.RESULTS[figure.needs]()
    bad = replace(good, solver=SHORT)
    assert figure.sketch(good)["head"]["warning"] == ""
    said = figure.sketch(bad)["head"]["warning"].replace("\u00a0", " ")
    assert said == (
        "LiSSA has not converged after 30 steps: the values shown differ by 58 % from the direct solution. "
        "With 700 steps it would be complete."
    )
    assert said in words(figure.draw(bad)).replace("\u00a0", " ")


def test_every_figure_of_a_result_with_a_solver_is_among_them() -> None:
    solved = {n for n, f in figures.FIGURES.items() if hasattr(cases.RESULTS[f.needs](), "solver")}
    assert solved - set(MARKED) == {"spectra"}  # eigenvalues are computed directly


def test_the_sentence_says_what_is_known() -> None:
    assert unsettled(cases.SOLVER) == ""
    unknown = replace(SHORT, off=None)
    assert "the relative residual is 2\u00a0%" in unsettled(unknown)
    nothing = replace(unknown, residual=None, depth=None)
    assert unsettled(nothing) == f"LiSSA has not converged. {SHORT.advice}"


def test_lissas_own_figure_warns() -> None:
    diverged = figures.FIGURES["lissa_error"].sketch(cases.lissa(scale=10.0))
    assert diverged["head"]["warning"].startswith("LiSSA diverges")
    settled = figures.FIGURES["lissa_error"].sketch(cases.lissa())
    assert settled["head"]["warning"] == ""


@pytest.mark.parametrize("name", figures.FIGURES)
def test_without_a_result_the_reason_is_said(name: str) -> None:
    reason = "LiSSA diverged: set the scale to 2."
    drawn = figures.FIGURES[name].draw(None, why=reason)
    assert " ".join(drawn.layout.annotations[0].text.split("<br>")) == reason


def test_a_page_with_words_of_its_own_can_leave_the_verdict_out() -> None:
    reach = cases.unlearning().reach.text
    sketch = figures.FIGURES["metrics_change"].sketch(cases.unlearning())
    assert reach in sketch["head"]["verdict"]
    assert reach not in sketch["head"]["notes"]
    assert reach in words(figures.metrics_change(cases.unlearning()))


def test_equal_curves_of_the_sweep_are_all_seen() -> None:
    unlearning = cases.unlearning()
    same = dict.fromkeys(unlearning.sweep, unlearning.sweep["AFIF"])
    curves = figures.sweep(replace(unlearning, sweep=same)).data
    widths = [curve.line.width for curve in curves]
    sizes = [curve.marker.size for curve in curves]
    assert widths == sorted(set(widths), reverse=True)  # each inside the one under it
    assert sizes == sorted(set(sizes), reverse=True)
    assert len({curve.marker.symbol for curve in curves}) == len(curves)
    assert len({curve.line.color for curve in curves}) == len(curves)


def test_equal_states_of_a_metric_are_all_seen() -> None:
    unlearning = cases.unlearning()
    metrics = unlearning.metrics.copy()
    metrics[:] = 0.5
    drawn = figures.metrics_change(replace(unlearning, metrics=metrics))
    marks = {trace.name: trace.marker for trace in drawn.data}
    assert marks["before"].size > marks["retrained"].size > marks["predicted"].size
    assert [marks[state].symbol for state in ("before", "retrained")] == [
        "circle-open",
        "diamond-open",
    ]


def test_a_run_on_the_computed_curve_leaves_it_to_be_seen() -> None:
    mean, run = figures.lissa_error(cases.lissa()).data[-2:]
    assert mean.line.width >= run.line.width + 2


@pytest.mark.parametrize("chosen", [[3], [0, 7], [2, 3, 4], [1, 13, 20]])
def test_the_outline_of_a_picked_bar_is_as_high_as_the_bar(chosen: list[int]) -> None:
    points = cases.points()
    rows = np.concatenate([trace.customdata for trace in figures.ranking(points).data])
    drawn = figures.ranking(points, selected=rows[chosen])
    *bars, outline = drawn.data
    assert outline.name == "selected"
    assert set(outline.customdata) == set(rows[chosen])
    assert {bar.width for bar in drawn.data} == {outline.width}
    assert 0.5 < outline.width < 1
    assert len(bars) == 2
