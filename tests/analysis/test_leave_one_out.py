"""Four leave-one-outs: importance sampling against closed forms, and all of them against refits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax

STRENGTH = 1e-2


def gaussian(outlier: float = 0.0) -> tuple[ax.Fit, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    X = np.column_stack([draw.normal(size=(60, 2)), np.ones(60)])
    y = 30 * (X @ [1.0, -2.0, 3.0] + draw.normal(size=60))  # far from unit variance
    X[5, :2] *= 1 + outlier
    y[5] += 100 * outlier
    objective = ax.Objective(ax.LinearMap(2), "gaussian", ax.Ridge(STRENGTH), X[:, :2], y)
    return ax.fit_objective(objective), X, y


def test_a_gaussian_model_is_its_closed_form() -> None:
    fit, X, y = gaussian()
    found = ax.psis(fit, draws=8000)
    residual = y - X @ fit.theta
    phi = residual @ residual / (60 - 3)
    inner = X.T @ X + 60 * STRENGTH * np.diag([1, 1, 0])
    for i in range(0, 60, 6):
        kept = np.linalg.inv(inner - np.outer(X[i], X[i]))
        mean = X[i] @ kept @ (X.T @ y - X[i] * y[i])
        spread = 1 + X[i] @ kept @ X[i]  # of the predictive distribution, over phi
        loss = (y[i] - mean) ** 2 / (2 * spread) + phi * np.log(spread) / 2
        np.testing.assert_allclose(found.losses[i], loss, rtol=0.03, atol=0.01 * phi)
        np.testing.assert_allclose(
            found.plug_in[i], (y[i] - mean) ** 2 / 2, rtol=0.03, atol=phi / 50
        )
    assert found.pareto_k.max() < 0.7
    assert found.notes == ()
    assert found.to_frame().shape == (60, 3)


def test_a_row_that_importance_sampling_cannot_remove_is_told() -> None:
    fit, _, _ = gaussian(outlier=6.0)
    with pytest.warns(ax.NotConverged, match="Pareto k above 0.7"):
        found = ax.psis(fit)
    assert np.argmax(found.pareto_k) == 5
    table = ax.leave_one_out(fit, refits=5)
    assert 5 in table.apart
    row = table.table.loc[5]
    assert np.isclose(row["corrected"], row["refit"], rtol=1e-8)  # exact for least squares
    assert row["one_step"] < 0.9 * row["refit"]


def test_the_columns_are_those_of_the_functions() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    found = ax.leave_one_out(fit, refits=12)
    table = found.table
    np.testing.assert_array_equal(table["corrected"], ax.cross_validate(fit).losses)
    plain = ax.cross_validate(fit, ax.AFIF(leverage_correction=False)).losses
    np.testing.assert_array_equal(table["one_step"], plain)
    np.testing.assert_array_equal(table["psis"], ax.psis(fit).losses)
    rows = np.flatnonzero(table["refit"].notna())
    assert len(rows) == 12
    X, y = np.column_stack([fit.data.train.X, np.ones(fit.n)]), fit.data.train.y
    for row, theta in zip(
        rows, ax.retrain_each(fit, fit.ids[rows], ax.MeanLoss()).theta.T, strict=True
    ):
        f = X[row] @ theta
        np.testing.assert_allclose(table["refit"].iloc[row], np.logaddexp(0, f) - y[row] * f)
    others = table.iloc[rows]
    for name in ("one_step", "corrected", "psis_plug_in"):
        np.testing.assert_allclose(others[name], others["refit"], rtol=0.03)
    assert "refit" not in found.means
    assert len(found.apart) == 0
    assert len(repr(found)) < 250


def test_all_rows_can_be_refitted() -> None:
    fit, _, _ = gaussian()
    found = ax.leave_one_out(fit, refits=None)
    np.testing.assert_allclose(found.table["corrected"], found.table["refit"], rtol=1e-7)
    np.testing.assert_allclose(found.means["psis_plug_in"], found.means["refit"], rtol=0.02)


def test_what_has_no_posterior_is_told() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3))
    lasso = ax.fit_objective(
        ax.Objective(ax.LinearMap(3), "gaussian", ax.Lasso(0.1), X, X[:, 0] + X[:, 1] ** 2)
    )
    with pytest.raises(ax.InvalidChoice, match="non-smooth penalty"):
        ax.psis(lasso)
    table = ax.leave_one_out(lasso, refits=3)
    assert "left out" in table.notes[0]
    assert table.table["psis"].isna().all()
    few = ax.fit_objective(
        ax.Objective(ax.LinearMap(3), "gaussian", ax.Ridge(1.0), X[:3], X[:3, 0])
    )
    with pytest.raises(ax.InvalidChoice, match="no residual variance"):
        ax.psis(few)
    with pytest.raises(ax.InvalidChoice, match="At least 100 draws"):
        ax.psis(lasso, draws=20)
    with pytest.raises(ax.InvalidChoice, match="number of refits"):
        ax.leave_one_out(lasso, refits=-1)


def test_some_rows_have_the_numbers_that_they_have_among_all() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    every = ax.leave_one_out(fit, refits=0).table
    ids = fit.ids[[40, 3, 7]]
    found = ax.leave_one_out(fit, ids=ids, refits=None)
    assert found.table.index.tolist() == ids.tolist()
    assert found.table["refit"].notna().all()
    assert found.means["refit"] == found.table["refit"].mean()
    same = ["loss", "one_step", "corrected", "psis"]
    pd.testing.assert_frame_equal(found.table[same], every.loc[ids, same])
    with pytest.raises(ax.InvalidChoice):
        ax.leave_one_out(fit, ids=[-5])
