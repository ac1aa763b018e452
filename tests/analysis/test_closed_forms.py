"""Ridge regression and the classical diagnostics against their closed forms."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.engine.models.model import LinearMap

STRENGTHS = (1e-4, 1e-2, 1.0)


@functools.cache
def regression(strength: float | None):
    penalty = None if strength is None else ax.Ridge(strength)
    return ax.fit(ax.load_dataset("diabetes"), model="linear", penalty=penalty)


def design(fit) -> tuple[np.ndarray, np.ndarray]:
    X = fit.objective.X.numpy()
    return np.column_stack([X, np.ones(len(X))]), fit.objective.y.numpy()


def hat(fit, strength: float) -> np.ndarray:
    Z, _ = design(fit)
    ridge = len(Z) * strength * np.diag([1.0] * (Z.shape[1] - 1) + [0.0])
    return Z @ np.linalg.solve(Z.T @ Z + ridge, Z.T)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_leverages_are_the_diagonal_of_the_hat_matrix(strength: float) -> None:
    fit = regression(strength)
    H = hat(fit, strength)
    table = ax.diagnostics(fit)
    np.testing.assert_allclose(table["leverage"], np.diag(H), rtol=1e-10)
    _, y = design(fit)
    np.testing.assert_allclose(table["residual"], y - H @ y, rtol=1e-8, atol=1e-9 * np.abs(y).max())


@pytest.mark.parametrize("strength", STRENGTHS)
def test_corrected_afif_is_exact_leave_one_out_for_every_row(strength: float) -> None:
    fit = regression(strength)
    Z, y = design(fit)
    influence = ax.AFIF(leverage_correction=True).prepare(fit.objective, fit.parameters)
    weights = 1 - np.eye(len(Z))
    moved = influence.parameters(fit.objective.vector(weights)).numpy()
    ridge = len(Z) * strength * np.diag([1.0] * (Z.shape[1] - 1) + [0.0])
    for row in range(len(Z)):
        kept = np.arange(len(Z)) != row
        exact = np.linalg.solve(Z[kept].T @ Z[kept] + ridge, Z[kept].T @ y[kept])
        change = np.linalg.norm(exact - fit.theta)
        assert np.linalg.norm(moved[:, row] - exact) <= 1e-10 * max(1.0, np.linalg.norm(exact))
        assert np.linalg.norm(moved[:, row] - exact) <= 1e-7 * change


@pytest.mark.parametrize("strength", STRENGTHS)
def test_cross_validation_is_the_closed_form(strength: float) -> None:
    fit = regression(strength)
    _, y = design(fit)
    H = hat(fit, strength)
    exact = 0.5 * ((y - H @ y) / (1 - np.diag(H))) ** 2
    found = ax.cross_validate(fit)
    np.testing.assert_allclose(found.losses, exact, rtol=1e-8)
    assert found.mean == pytest.approx(exact.mean(), rel=1e-10)
    assert found.standard_error == pytest.approx(exact.std(ddof=1) / len(exact) ** 0.5, rel=1e-10)
    plain = ax.cross_validate(fit, ax.AFIF(leverage_correction=False))
    once = 0.5 * ((y - H @ y) * (1 + np.diag(H))) ** 2  # one step undershoots
    np.testing.assert_allclose(plain.losses, once, rtol=1e-8)


@pytest.mark.parametrize("count", [3, 60], ids=["fewer rows than parameters", "more"])
def test_corrected_steps_are_exact_for_sets_of_rows(count: int) -> None:
    fit = regression(1e-2)
    rows = np.arange(count)
    theta = ax.unlearn(fit, fit.ids[rows]).theta
    np.testing.assert_allclose(theta, ax.retrain(fit, fit.ids[rows]).theta, rtol=1e-8)
    far = np.abs(
        ax.unlearn(fit, fit.ids[rows], ax.AFIF(leverage_correction=False)).theta - theta
    ).max()
    assert far > 1e-4


def test_newton_steps_are_exact_for_sets_of_rows() -> None:
    fit = regression(1e-2)
    rows = np.arange(0, 60)
    truth = ax.retrain(fit, fit.ids[rows])
    newton = ax.unlearn(fit, fit.ids[rows], ax.NewtonStep())
    np.testing.assert_allclose(newton.theta, truth.theta, rtol=1e-8)


def test_ordinary_least_squares_is_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    fit = regression(None)
    Z, y = design(fit)
    influence = sm.OLS(y, Z).fit().get_influence()
    table = ax.diagnostics(fit)
    np.testing.assert_allclose(table["leverage"], influence.hat_matrix_diag, rtol=1e-8)
    np.testing.assert_allclose(table["cooks_distance"], influence.cooks_distance[0], rtol=1e-8)
    corrected = ax.AFIF(leverage_correction=True).prepare(fit.objective, fit.parameters)
    moved = corrected.parameters(fit.objective.vector(1 - np.eye(len(Z)))).numpy()
    np.testing.assert_allclose(fit.theta[:, None] - moved, influence.dfbeta.T, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("family", ["Binomial", "Poisson"])
def test_generalised_linear_models_are_statsmodels(family: str) -> None:
    sm = pytest.importorskip("statsmodels.api")
    draw = np.random.default_rng(0)
    X = draw.normal(size=(200, 4))
    score = X @ draw.normal(size=4) * 0.4
    y = (
        draw.poisson(np.exp(score))
        if family == "Poisson"
        else draw.random(200) < 1 / (1 + np.exp(-score))
    )
    y = y.astype(float)
    loss = "poisson" if family == "Poisson" else "bernoulli"
    fit = ax.fit_objective(ax.Objective(LinearMap(4), loss, None, X, y))
    Z = np.column_stack([X, np.ones(200)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sm.GLM(y, Z, family=getattr(sm.families, family)()).fit(tol=1e-14)
        influence = theirs.get_influence(observed=False)
        leverage, cooks = influence.hat_matrix_diag, influence.cooks_distance[0]
    table = ax.diagnostics(fit)
    np.testing.assert_allclose(fit.theta, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(table["leverage"], leverage, rtol=1e-8)
    np.testing.assert_allclose(table["cooks_distance"], cooks, rtol=1e-8)


def test_self_influence_is_the_effect_of_a_row_on_itself() -> None:
    fit = regression(1e-2)
    table = ax.diagnostics(fit)
    row = int(table["self_influence"].to_numpy().argmax())
    effect = ax.attribute(fit, ax.PointLoss("train", fit.ids[row]), order=1)[row]
    assert table["self_influence"].iloc[row] == pytest.approx(effect, rel=1e-10)


def test_diagnostics_are_a_table_by_row_id() -> None:
    data = ax.load_dataset("digits")
    fit = ax.fit(data, penalty=ax.Ridge(1e-2))
    table = ax.diagnostics(fit)
    assert isinstance(table, pd.DataFrame)
    assert list(table.index) == list(data.train.ids)
    assert table.columns.tolist() == [
        "leverage",
        "cooks_distance",
        "self_influence",
        "loss",
        "residual",
    ]
    assert (table["leverage"].between(0, len(data.classes))).all()
    probability = fit.predict(data.train.X)[np.arange(len(data.train)), data.train.y.astype(int)]
    np.testing.assert_allclose(table["residual"], 1 - probability, atol=1e-12)
    np.testing.assert_allclose(table["loss"], -np.log(probability), rtol=1e-9, atol=1e-12)
