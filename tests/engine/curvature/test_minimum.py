"""Detection of minima with non-smooth penalties, against Hessians by autograd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import hessian, vmap

import afif_explorer as ax
from afif_explorer.engine.curvature.minimum import negative_curvature
from tests.helpers.cases import Case, Problem

STRENGTH = 0.05


def lasso(t: Tensor) -> Tensor:
    return STRENGTH * t.abs().sum()


def elastic_net(t: Tensor) -> Tensor:
    return STRENGTH * (0.6 * t.abs().sum() + 0.4 * t.square().sum() / 2)


def group_lasso(t: Tensor) -> Tensor:
    groups = t.split(3)
    live = [g for g in groups if bool((g.detach() != 0).any())]
    return STRENGTH * sum((len(g) ** 0.5 * g.norm() for g in live), start=t.new_zeros(()))


def truth(problem: Problem, penalty: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    """Eigenvalues of the Hessian among the parameters that are not zero, and the intercept."""
    objective = problem.objective
    q = int(objective.penalised.sum())

    def value(free: Tensor) -> Tensor:
        full = theta.index_put((place,), free)
        losses = vmap(problem.nll)(problem.outputs(full, objective.X), objective.y)
        return losses.mean() + penalty(theta[:q].index_put((inside,), free[: len(inside)]))

    inside = torch.nonzero(theta[:q]).flatten()
    place = torch.cat([inside, torch.arange(q, len(theta))])
    return torch.linalg.eigvalsh(hessian(value)(theta[place]))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("penalty", [lasso, elastic_net, group_lasso], ids=lambda p: p.__name__)
def test_parameters_held_at_a_kink_do_not_count(penalty, seed: int) -> None:
    kinks = penalty.__name__.replace("_", " ")
    case = Case("network", "gaussian", "mlp", ridge=STRENGTH, kinks=kinks)
    problem = case.make(seed=seed, spread=3.0)
    theta = problem.theta.clone()
    theta[3:9] = 0.0  # whole groups
    wanted = float(truth(problem, penalty, theta)[0])
    assert wanted < 0
    assert negative_curvature(problem.objective, theta) == pytest.approx(wanted, rel=1e-8)


def test_a_fit_with_zeros_at_a_minimum_bends_nowhere_down() -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(120, 10))
    y = X @ (np.arange(10) % 3 == 0) + 0.5 * draw.normal(size=120)
    problem = ax.Objective(ax.MLP(10, (4,), 1), "gaussian", ax.Lasso(0.03), X, y)
    fit = ax.fit_objective(problem)
    assert fit.converged
    assert (fit.theta == 0).any()
    assert fit.negative_curvature == 0.0
    everything = torch.linalg.eigvalsh(ax.Hessian(problem, fit.theta).dense())
    assert float(everything[0]) < 0  # along the zeros, where the kink holds


def test_a_flat_direction_is_no_negative_curvature() -> None:
    """The same number added to all intercepts of a softmax changes nothing."""
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(60, 4)), draw.integers(3, size=60)
    model = ax.MLP(4, (3,), 3)
    problem = ax.Objective(model, "categorical", ax.Ridge(0.02), X, y)
    theta = ax.fit_objective(problem).parameters
    lowest = float(torch.linalg.eigvalsh(ax.Hessian(problem, theta).dense())[0])
    assert abs(lowest) < 1e-12
    assert negative_curvature(problem, theta) == 0.0
