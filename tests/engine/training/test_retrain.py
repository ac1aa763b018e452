"""Refits, row weights, and measures of agreement."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from afif_explorer.analysis.rows.compare import (
    pearson,
    relative_error,
    relative_gap,
    slope,
    spearman,
    top_overlap,
)
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import checked_rows, folds, leave_out, leave_out_each
from afif_explorer.engine.training import retrain
from afif_explorer.engine.training.fit import minimise
from afif_explorer.engine.training.retrain import refit, refit_each
from afif_explorer.errors import InvalidChoice
from tests.helpers.cases import CANONICAL, CASES, Case, Problem
from tests.helpers.twin import Twin

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def predictions(problem: Problem, theta: torch.Tensor) -> torch.Tensor:
    """Mean predictions: what of softmax's parameters counts."""
    return problem.objective.loss.mean(problem.outputs(theta, problem.objective.X))


@every_case
def test_refits_side_by_side_are_refits_one_by_one(case: Case, monkeypatch) -> None:
    problem = case.make(seed=2)
    theta = minimise(problem.objective).theta
    sets = np.arange(5)[:, None]
    weights = torch.as_tensor(leave_out_each(problem.objective.n, sets))
    monkeypatch.setattr(retrain, "AT_ONCE", 2 * problem.objective.n)
    found = refit_each(problem.objective, theta, sets)
    for column in range(5):
        alone = refit(problem.objective, theta, weights[:, column])
        before, here, wanted = (
            predictions(problem, t) for t in (theta, found.theta[:, column], alone.theta)
        )
        moved = float((wanted - before).norm())
        assert float((here - wanted).norm()) <= 1e-6 * moved + 1e-9
        twin = Twin(problem, weights=weights[:, column])
        norm = float(torch.func.grad(twin.value)(found.theta[:, column]).norm())
        assert norm == pytest.approx(float(found.gradient_norm[column]), rel=1e-2, abs=1e-12)
        assert not case.canonical or norm < 1e-8


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_a_refit_is_a_fit_of_the_rows_that_are_left(case: Case) -> None:
    """With ``n`` kept, dropping ``m`` rows is a fit of the rest with the strength times ``n/(n-m)``."""
    problem = case.make(seed=2)
    objective, kept = problem.objective, torch.arange(problem.objective.n) >= 5
    penalty = objective.penalty and type(objective.penalty)(
        objective.penalty.strength * objective.n / int(kept.sum())
    )
    rest = Objective(objective.model, objective.loss, penalty, objective.X[kept], objective.y[kept])
    wanted = minimise(rest).theta
    weights = torch.as_tensor(leave_out(objective.n, range(5)))
    warm = refit(objective, minimise(objective).theta, weights)
    cold = refit(objective, minimise(objective).theta, weights, warm=False)
    for found in (warm, cold):
        torch.testing.assert_close(
            predictions(problem, found.theta), predictions(problem, wanted), rtol=1e-7, atol=1e-8
        )


def test_weights_leave_out_what_they_say() -> None:
    assert leave_out(4, [1, 3]).tolist() == [1, 0, 1, 0]
    assert leave_out(4, []).tolist() == [1, 1, 1, 1]
    assert leave_out(3, np.array([True, False, False])).tolist() == [0, 1, 1]
    sets = [np.array([2]), np.array([0, 1]), np.array([], dtype=int)]
    assert leave_out_each(3, sets).tolist() == [[1, 0, 1], [1, 0, 1], [0, 1, 1]]
    assert leave_out_each(3, []).shape == (3, 0)
    assert checked_rows(5, [3, 1, 3]).tolist() == [1, 3]


@pytest.mark.parametrize(
    "rows", [[-1], [4], [0.5], ["a"], [True, False], np.array([np.nan])], ids=str
)
def test_rows_that_do_not_exist_are_refused(rows) -> None:
    with pytest.raises(InvalidChoice, match=r"from 0 to 3|must have 4"):
        checked_rows(4, rows)


@given(n=st.integers(2, 60), k=st.integers(2, 60), seed=st.integers(0, 100))
def test_folds_leave_every_row_out_once(n: int, k: int, seed: int) -> None:
    if k > n:
        with pytest.raises(InvalidChoice, match=f"from 2 to {n}"):
            folds(n, k, seed)
        return
    sets = folds(n, k, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(sets)), np.arange(n))
    sizes = [len(fold) for fold in sets]
    assert len(sizes) == k
    assert max(sizes) - min(sizes) <= 1
    for fold, same in zip(sets, folds(n, k, seed), strict=True):
        np.testing.assert_array_equal(fold, same)


@settings(deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(3, 40))
def test_agreement_is_scipys(seed: int, n: int) -> None:
    draw = np.random.default_rng(seed)
    a, b = draw.normal(size=(2, n))
    line = scipy.stats.linregress(a, b)
    assert pearson(a, b) == pytest.approx(line.rvalue)
    assert slope(a, b) == pytest.approx(line.slope)
    assert spearman(a, b) == pytest.approx(scipy.stats.spearmanr(a, b).statistic)
    assert top_overlap(a, a, 3) == 1.0
    assert relative_error(b, b) == 0.0


def test_agreement_of_what_does_not_vary_is_not_a_number_made_up() -> None:
    flat, varied = np.ones(4), np.arange(4.0)
    assert pearson(flat, varied) is None
    assert spearman(varied, flat) is None
    assert slope(flat, varied) is None
    assert slope(np.empty(0), np.empty(0)) is None
    assert top_overlap(flat, varied, 0) == 1.0
    assert relative_error(flat * 0, flat * 0) == 0.0
    assert relative_error(flat, flat * 0) == np.inf


def test_the_relative_gap_bounds_how_far_solves_differ() -> None:
    problem = CASES[6].make(seed=1, spread=0.3)
    twin = Twin(problem)
    eye = 3 * torch.eye(twin.p, dtype=torch.float64)
    F, H = (twin.fisher() + eye).numpy(), (twin.hessian() + eye).numpy()
    gap = relative_gap(F, H)
    root = np.linalg.cholesky(H)
    inner = np.linalg.solve(root, np.linalg.solve(root, F).T) - np.eye(twin.p)
    assert gap == pytest.approx(np.abs(np.linalg.eigvalsh(inner)).max())
    c = twin.gradients[0].numpy()
    differ, size = np.linalg.solve(F, c) - np.linalg.solve(H, c), np.linalg.solve(H, c)
    assert np.sqrt(differ @ H @ differ) <= gap / (1 - gap) * np.sqrt(size @ H @ size)
    assert relative_gap(F, -H) is None
    assert relative_gap(np.diag([0.2, 1.5]), np.eye(2)) == pytest.approx(0.8)
    assert relative_gap(np.diag([0.9, 1.5]), np.eye(2)) == pytest.approx(0.5)
