"""The second-order term of many targets together, against each separately and brute force."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.influence import second_order
from afif_explorer.engine.targets.bound import Fitted, Sample

draw = np.random.default_rng(4)
X, NEW = draw.normal(size=(60, 5)), draw.normal(size=(12, 5))
SCORE = X @ draw.normal(size=5)
TARGETS = {
    "gaussian": SCORE + draw.normal(size=60),
    "bernoulli": (SCORE + draw.normal(size=60) > 0).astype(float),
    "poisson": draw.poisson(np.exp(0.4 * SCORE)).astype(float),
    "categorical": np.digitize(SCORE + draw.normal(size=60), [-0.7, 0.7]),
}


class Spread(ax.Target):
    """Variance of all outputs: their second derivatives mix rows, and the first vanish at the mean."""

    where = "test"

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        return lambda f: f.square().mean() - f.mean().square()


class Flat(ax.Target):
    """Stationary at the fit in the one output that it reads."""

    where = "test"

    def rows(self, fit: Fitted) -> Sample:
        sample = fit.sample("test")
        return Sample(sample.X[:1], sample.y[:1])

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        here = fit.objective.model.outputs(fit.parameters, sample.X).detach()
        return lambda f: (f - here).square().sum()


MANY = [
    *(ax.PointLoss("test", i) for i in range(5)),
    ax.MeanLoss("test"),
    *(ax.Prediction("test", i) for i in range(5)),
    Spread(),
    ax.MeanLoss("train"),
    Flat(),
]


def fitted(loss: str) -> ax.Fit:
    y = TARGETS[loss]
    model = ax.LinearMap(5, 3 if loss == "categorical" else 1)
    objective = ax.Objective(model, loss, ax.Ridge(1e-2), X, y)
    return ax.fit_objective(objective, test=(NEW, y[:12]))


def by_brute_force(fit: ax.Fit, target: ax.Target) -> np.ndarray:
    """``D_i' (grad^2 T) D_i / 2`` from explicit steps and torch's own Hessian of the target."""
    point = fit.objective.at(fit.theta)
    gradients = point.gradients(torch.arange(fit.n))
    fisher = ax.Fisher(fit.objective, fit.theta).dense()
    jacobian = point.linearization.jacobian(torch.arange(fit.n))
    own = jacobian.mT @ fit.objective.loss.variance(point.outputs, jacobian) / fit.n
    # A number added to all intercepts of a softmax changes nothing, so its Fisher is singular.
    inverses = torch.linalg.pinv(fisher - own, rtol=1e-10, hermitian=True)
    steps = (inverses @ gradients[:, :, None] / fit.n)[:, :, 0].T
    sample = target.rows(fit)
    function = target.function(fit, sample)
    model = fit.objective.model

    def value(theta: Tensor) -> Tensor:
        rows = torch.cat([sample.X, torch.ones(len(sample.X), 1, dtype=sample.X.dtype)], 1)
        weights = theta[: model.k * 5].reshape(model.k, 5)
        return function(rows @ torch.cat([weights, theta[model.k * 5 :, None]], 1).T)

    bent = torch.autograd.functional.hessian(value, fit.parameters)
    return ((steps * (bent @ steps)).sum(0) / 2).numpy()


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("few", [0, 32], ids=["by the whitener", "by outputs"])
def test_many_targets_have_the_term_of_each(loss: str, few: int, monkeypatch) -> None:
    monkeypatch.setattr(second_order, "FEW_OUTPUTS", few)
    fit = fitted(loss)
    found = ax.attribute(fit, MANY, refine=False) - ax.attribute(fit, MANY, order=1)
    for column, target in enumerate(MANY):
        wanted = by_brute_force(fit, target)
        size = max(np.abs(wanted).max(), 1e-12)
        np.testing.assert_allclose(found[:, column], wanted, atol=1e-9 * size, err_msg=str(target))


def test_one_output_is_looked_at_without_any_step(monkeypatch) -> None:
    fit = fitted("bernoulli")
    points = [ax.PointLoss("test", i) for i in range(12)]
    expected = ax.attribute(fit, points)

    def refuse(*_: object) -> None:
        raise AssertionError("steps were worked out")

    monkeypatch.setattr(second_order, "_steps", refuse)
    np.testing.assert_array_equal(ax.attribute(fit, points), expected)


@pytest.mark.parametrize(
    "penalty", [ax.Lasso(2e-2), ax.GroupLasso(2e-2, groups=((0, 1), (2, 3, 4)))]
)
def test_steps_with_kinks_are_shared_by_all_targets(penalty: ax.Penalty) -> None:
    objective = ax.Objective(ax.LinearMap(5), "bernoulli", penalty, X, TARGETS["bernoulli"])
    fit = ax.fit_objective(objective, test=(NEW, TARGETS["bernoulli"][:12]))
    block = ax.attribute(fit, MANY[:7], order=2)
    alone = [ax.attribute(fit, target, order=2) for target in MANY[:7]]
    np.testing.assert_allclose(block, np.stack(alone, axis=1), rtol=1e-10, atol=1e-14)
