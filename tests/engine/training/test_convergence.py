"""A fit has converged if its gradient is small relative to the summed terms, in any unit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.training.convergence import gradient_threshold
from afif_explorer.engine.training.fit import minimise

N, D = 400, 6
LOSSES = ("gaussian", "bernoulli", "poisson", "categorical")
every_loss = pytest.mark.parametrize("loss", LOSSES)


def objective(loss: str, penalty: ax.Penalty | None, dtype: torch.dtype, offset=0.0) -> Objective:
    draw = np.random.default_rng(3)
    X = draw.normal(size=(N, D)) + offset
    score = (X - offset) @ draw.normal(size=D) * 0.5
    y = {
        "gaussian": score + draw.normal(size=N) + offset,
        "bernoulli": (draw.random(N) < 1 / (1 + np.exp(-score))).astype(float),
        "poisson": draw.poisson(np.exp(0.5 * score)).astype(float),
        "categorical": np.stack([score, -score, draw.gumbel(size=N)], 1).argmax(1),
    }[loss]
    model = ax.LinearMap(D, 3 if loss == "categorical" else 1)
    return Objective(model, loss, penalty, torch.tensor(X, dtype=dtype), torch.tensor(y))


def size_of_terms(fit: ax.Fit) -> float:
    """The mean norm of the rows' loss gradients, one after the other."""
    point = fit.objective.at(fit.theta)
    return float(point.gradients(torch.arange(fit.n)).norm(dim=1).mean())


@pytest.mark.parametrize(
    "penalty", [ax.Ridge(1e-3), ax.Lasso(1e-2)], ids=lambda p: type(p).__name__
)
@every_loss
def test_a_fit_in_float32_that_is_at_its_floor_has_converged(loss: str, penalty) -> None:
    single = ax.fit_objective(objective(loss, penalty, torch.float32))
    double = ax.fit_objective(objective(loss, penalty, torch.float64))
    assert single.converged
    assert not single.advice
    assert single.gradient_norm <= single.gradient_threshold < 1e-5
    assert double.gradient_threshold == pytest.approx(1e-8 * size_of_terms(double), rel=0.5)
    assert double.gradient_norm <= 1e-3 * double.gradient_threshold
    np.testing.assert_allclose(
        single.predict(single.objective.X), double.predict(double.objective.X), atol=1e-4
    )


def test_what_rounding_leaves_can_be_more_than_the_threshold_of_float64() -> None:
    fit = ax.fit_objective(objective("gaussian", ax.Ridge(1e-3), torch.float32))
    assert 1e-8 < fit.gradient_norm <= fit.gradient_threshold
    assert fit.converged
    assert ax.retrain(fit, [0, 1]).converged


@pytest.mark.parametrize("loss", ["bernoulli", "poisson", "categorical"])
def test_a_fit_in_float32_that_is_stopped_early_has_not(loss: str) -> None:
    fit = ax.fit_objective(objective(loss, ax.Ridge(1e-3), torch.float32), max_steps=2)
    assert not fit.converged
    assert fit.gradient_norm > fit.gradient_threshold
    assert f"{fit.gradient_norm:.1g}, above {fit.gradient_threshold:.1g}" in fit.advice


@pytest.mark.parametrize("offset", [0.0, 3.0, 30.0])
@every_loss
def test_the_threshold_lies_between_rounding_and_a_step_away(loss: str, offset: float) -> None:
    exact = minimise(objective(loss, ax.Ridge(1e-2), torch.float64, offset)).theta
    problem = objective(loss, ax.Ridge(1e-2), torch.float32, offset)
    weights = problem.weights(None)
    rounded = problem.at(exact)
    threshold = gradient_threshold(rounded, weights)
    assert rounded.optimality(weights) <= threshold
    step = torch.randn(len(exact), generator=torch.Generator().manual_seed(0))
    away = problem.at(exact + 1e-3 * step)  # the third digit is wrong
    assert away.optimality(weights) > 10 * gradient_threshold(away, weights)


def test_the_threshold_has_the_unit_of_the_gradient() -> None:
    one = objective("gaussian", None, torch.float32)
    theta, found = np.full(D, 0.3), []
    for unit in (1.0, 100.0):  # of inputs and target, so that theta keeps its own
        model = ax.LinearMap(D, intercept=False)
        scaled = Objective(model, "gaussian", None, one.X * unit, one.y * unit)
        found.append(gradient_threshold(scaled.at(theta), scaled.weights(None)))
    assert found[1] / found[0] == pytest.approx(100**2, rel=1e-3)


UNITS = (1e-10, 1e-4, 1e6, 1e12)
RULES = {
    "ridge": lambda unit: ax.Ridge(1e-2),
    "none": lambda unit: None,
    "lasso": lambda unit: ax.Lasso(1e-2 * unit),
    "group lasso": lambda unit: ax.GroupLasso(1e-2 * unit, groups=((0, 1), (2, 3, 4), (5,))),
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_the_unit_of_the_target_changes_no_verdict(unit: float, rule, offset: float) -> None:
    base = objective("gaussian", None, torch.float64, offset)
    rows, one = [0, 7], {}
    for c in (1.0, unit):
        problem = Objective(base.model, "gaussian", rule(c), base.X, base.y * c)
        fit = ax.fit_objective(problem, test=(base.X[:50], base.y[:50] * c))
        target = ax.MeanLoss("test")
        refit = ax.retrain(fit, rows)
        each = ax.retrain_each(fit, rows, target)
        assert fit.converged
        assert refit.converged
        one[c] = (
            fit.theta / c,
            refit.theta / c,
            each.effects / c**2,
            ax.attribute(fit, target) / c**2,
            ax.unlearn(fit, rows, targets=target).effects[target] / c**2,
        )
        assert np.abs(refit.theta - fit.theta).max() > 1e-5 * np.abs(fit.theta).max()
    for found, expected in zip(one[unit], one[1.0], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


def test_targets_that_are_met_exactly_have_converged() -> None:
    base = objective("gaussian", None, torch.float64)
    for penalty in (None, ax.Ridge(1e-3)):
        y = base.X @ torch.arange(D, dtype=torch.float64)
        assert ax.fit_objective(Objective(base.model, "gaussian", penalty, base.X, y)).converged


def test_a_large_mean_does_not_hide_what_is_left() -> None:
    """Beside a mean of a million the rows' residuals are small; the gradient is held against these."""
    base = objective("gaussian", None, torch.float64)
    fit = ax.fit_objective(Objective(base.model, "gaussian", ax.Ridge(1e-3), base.X, base.y + 1e6))
    assert fit.converged
    assert fit.gradient_threshold < 1e-7
