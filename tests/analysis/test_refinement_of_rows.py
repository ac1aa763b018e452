"""Rows for which one step is not enough: refined effects against exact refits."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.rows.compare import pearson, slope

CASES = {  # rows, inputs, signal, strength
    "nearly separable": (300, 60, 5.0, 1e-3),
    "more rows": (500, 80, 5.0, 1e-3),
    "hardly more rows than inputs": (150, 60, 2.0, 1e-3),
    "bernoulli ridge": (150, 20, 1.0, 1e-3),
}


@functools.cache
def fitted(name: str) -> ax.Fit:
    n, p, signal, strength = CASES[name]
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n + 200, p))
    linear = X @ (draw.normal(size=p) * signal / np.sqrt(p))
    y = (linear + 0.3 * draw.logistic(size=n + 200) > 0).astype(float)
    objective = ax.Objective(ax.LinearMap(p), "bernoulli", ax.Ridge(strength), X[:n], y[:n])
    return ax.fit_objective(objective, test=(X[n:], y[n:]))


TARGETS = [ax.MeanLoss("test"), ax.Prediction("test", 3)]


@pytest.mark.parametrize("name", CASES)
def test_leave_one_out_follows_refits(name: str) -> None:
    fit = fitted(name)
    effects = ax.attribute(fit, TARGETS)  # a warning would be an error: no row is marked
    assert len(effects.trust.refined) > 0
    assert len(effects.trust.marked) == 0
    rows = np.union1d(effects.trust.refined, np.arange(0, fit.n, 4))
    truth = ax.retrain_each(fit, rows, TARGETS).effects
    for column in range(2):
        assert pearson(effects[rows, column], truth[:, column]) >= 0.995
        assert 0.97 <= slope(effects[rows, column], truth[:, column]) <= 1.03


def test_one_step_alone_does_not() -> None:
    fit = fitted("bernoulli ridge")
    rows = np.arange(fit.n)
    with pytest.warns(ax.LargeStep, match="refine=True"):
        effects = ax.attribute(fit, TARGETS[0], refine=False)
    assert len(effects.trust.refined) == 0
    assert effects.trust.level == "fair"
    truth = ax.retrain_each(fit, rows, TARGETS[0]).effects
    assert not 0.97 <= slope(np.asarray(effects), truth) <= 1.03


def test_refined_rows_are_fits_of_scikit_learn() -> None:
    fit = fitted("bernoulli ridge")
    objective = fit.objective
    X, y = objective.X.numpy(), objective.y.numpy()
    found = prepared(ax.AFIF(), fit).row_refinement
    model = LogisticRegression(C=1 / (1e-3 * fit.n), tol=1e-10, max_iter=10_000)
    for row, step in list(zip(found.rows.tolist(), found.steps.numpy().T, strict=True))[:6]:
        kept = np.arange(fit.n) != row
        model.fit(X[kept], y[kept])
        truth = np.append(model.coef_[0], model.intercept_)
        missed = np.linalg.norm(fit.theta + step - truth) / np.linalg.norm(truth - fit.theta)
        assert missed < 0.02


def test_classes_and_counts_are_refined_too() -> None:
    draw = np.random.default_rng(3)
    X = draw.normal(size=(60, 12))
    score = X[:, :3] * 2 + draw.gumbel(size=(60, 3))
    for loss, y, k in (
        ("categorical", score.argmax(1), 3),
        ("poisson", draw.poisson(np.exp(1.5 * X[:, 0])), 1),
    ):
        objective = ax.Objective(ax.LinearMap(12, k), loss, ax.Ridge(1e-2), X, y)
        fit = ax.fit_objective(objective)
        effects = ax.attribute(fit, ax.MeanLoss("train"))
        refined = effects.trust.refined
        assert len(refined) > 0, loss
        truth = ax.retrain_each(fit, refined, ax.MeanLoss("train")).effects
        np.testing.assert_allclose(effects[refined], truth, rtol=0.02)


def test_held_out_losses_are_refined_too() -> None:
    fit = fitted("bernoulli ridge")
    found = ax.cross_validate(fit)
    refined = found.trust.refined
    objective = fit.objective
    for row in refined[:5]:
        theta = objective.vector(ax.retrain(fit, [row]).theta)
        outputs = objective.model.outputs(theta, objective.X[[row]])
        loss = float(objective.loss.value(outputs, objective.y[[row]]))
        assert found.losses[row] == pytest.approx(loss, rel=0.02)


def test_all_rows_can_be_refined_at_any_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    from afif_explorer.engine.influence import row_refinement

    fit = fitted("more rows")
    wanted = ax.attribute(fit, TARGETS[0])
    monkeypatch.setattr(row_refinement, "AFFORDABLE", 10 * fit.n * (fit.objective.p + 50))
    fresh = ax.fit_objective(fit.objective, test=(fit.sample("test").X, fit.sample("test").y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ax.LargeStep)
        few = ax.attribute(fresh, TARGETS[0])
    assert len(few.trust.refined) <= 10
    assert len(few.trust.marked) > 0
    full = ax.attribute(fresh, TARGETS[0], refine=True)
    assert set(full.trust.refined) == set(wanted.trust.refined)
    np.testing.assert_allclose(full, wanted, rtol=1e-6, atol=1e-12)


def test_what_is_not_refined() -> None:
    fit = fitted("bernoulli ridge")
    plain = ax.AFIF(leverage_correction=False)
    with pytest.warns(ax.HighLeverage):
        assert len(ax.attribute(fit, TARGETS[0], plain).trust.refined) == 0
    with pytest.warns(ax.LargeStep):
        assert len(ax.attribute(fit, TARGETS[0], order=1).trust.refined) == 0
    with pytest.raises(ax.InvalidChoice, match="refine=True needs"):
        ax.attribute(fit, TARGETS[0], order=1, refine=True)
    with pytest.raises(ax.InvalidChoice, match="True, False or 'auto'"):
        ax.attribute(fit, TARGETS[0], refine="always")
