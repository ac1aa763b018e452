"""A fit counts as converged when rounding alone is left of its gradient, in either precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.convergence import gradient_threshold
from afif_explorer.engine.fit import minimise
from afif_explorer.engine.objective import Objective

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
    assert double.gradient_threshold == 1e-8
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
