"""The proximal Bregman response, and its agreement with AFIF on a network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Categorical, Normal, Poisson, kl_divergence

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson
from afif_explorer.engine.problem.losses import LOSSES
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.bregman import BregmanObjective, bregman_response
from afif_explorer.engine.training.fit import minimise
from afif_explorer.engine.training.retrain import refit
from tests.helpers.cases import CANONICAL, CASES, CURVED, NLL, Case

FAMILIES = {
    "gaussian": lambda f: Normal(f[:, 0], 1.0),
    "bernoulli": lambda f: Bernoulli(logits=f[:, 0]),
    "poisson": lambda f: Poisson(f[:, 0].exp()),
    "categorical": lambda f: Categorical(logits=f),
}
named = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_divergence_is_that_of_the_predicted_distributions(name: str) -> None:
    k = 3 if name == "categorical" else 1
    f, f0 = torch.randn(2, 6, k, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    family = FAMILIES[name]
    found = LOSSES[name]().divergence(f, f0, torch.ones(6))
    torch.testing.assert_close(found, kl_divergence(family(f0), family(f)))


@named
def test_nothing_removed_leaves_the_parameters_although_they_are_no_minimum(case: Case) -> None:
    problem = case.make()
    found = bregman_response(problem.objective, problem.theta, torch.ones(problem.objective.n))
    torch.testing.assert_close(found.theta, problem.theta, rtol=0, atol=1e-12)
    assert found.gradient_norm < 1e-12


@named
def test_its_objective_is_the_formula(case: Case) -> None:
    """The value, less that at the fit, and its gradient, from the formula with torch's derivatives."""
    problem = case.make()
    objective, theta = problem.objective, problem.theta
    weights = torch.as_tensor(leave_out(objective.n, range(3)))
    tilted = BregmanObjective(objective, theta, weights, damping=0.3)
    f0 = problem.outputs(theta, objective.X)
    free = objective.penalised

    def formula(t: torch.Tensor) -> torch.Tensor:
        f = problem.outputs(t, objective.X)
        loss = torch.func.vmap(NLL[case.loss])
        r0 = torch.func.vmap(torch.func.grad(NLL[case.loss]))(f0, objective.y)
        apart = loss(f, objective.y) - loss(f0, objective.y) - (r0 * (f - f0)).sum(1)
        risk = (apart + (weights - 1) * loss(f, objective.y)).mean()
        ridge = 0.5 * case.ridge * ((t - theta)[free] ** 2).sum()
        return risk + ridge + 0.15 * ((t - theta) ** 2).sum()

    t = theta + 0.1 * torch.randn(len(theta), dtype=theta.dtype)
    rise = tilted.at(t).value() - tilted.at(theta).value()
    torch.testing.assert_close(rise, formula(t) - formula(theta))
    torch.testing.assert_close(tilted.at(t).gradient(), torch.func.grad(formula)(t))


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_for_a_converged_linear_map_it_is_the_refit(case: Case) -> None:
    objective = case.make(seed=1).objective
    theta = minimise(objective).theta
    weights = torch.as_tensor(leave_out(objective.n, [0, 7]))
    found, wanted = bregman_response(objective, theta, weights), refit(objective, theta, weights)
    assert found.gradient_norm < 1e-8
    X = objective.X
    torch.testing.assert_close(
        objective.loss.mean(objective.model.outputs(found.theta, X)),
        objective.loss.mean(objective.model.outputs(wanted.theta, X)),
        rtol=1e-7,
        atol=1e-9,
    )


@pytest.mark.parametrize(
    "penalty",
    [ax.Lasso(0.05), ax.ElasticNet(0.15, 0.5), ax.GroupLasso(0.05, ((0, 1), (3, 5), (4,)))],
)
def test_nonsmooth_are_held_where_the_fit_has_them(penalty: ax.Penalty) -> None:
    base = Case("logistic", "bernoulli", "linear").make(seed=3, d=6).objective
    objective = Objective(base.model, base.loss, penalty, base.X, base.y)
    theta = minimise(objective).theta
    assert int((theta == 0).sum()) >= 1
    still = bregman_response(objective, theta, torch.ones(objective.n))
    torch.testing.assert_close(still.theta, theta, rtol=0, atol=1e-9)
    weights = torch.as_tensor(leave_out(objective.n, [1, 2]))
    found, wanted = bregman_response(objective, theta, weights), refit(objective, theta, weights)
    torch.testing.assert_close(found.theta, wanted.theta, rtol=1e-6, atol=1e-9)


def test_the_newton_step_is_exact_for_least_squares_and_afif_once_rescaled(data_home) -> None:
    fit = ax.fit(ax.load_dataset("insurance"), model="linear", penalty=ax.Ridge(1e-2))
    rows = [3]
    truth = ax.bregman_response(fit, rows)
    for method in (ax.NewtonStep(), ax.AFIF(rescale=True)):
        found = ax.unlearn(fit, rows, method).theta
        np.testing.assert_allclose(found, truth.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CURVED[:3], ids=lambda case: case.name)
def test_the_error_of_afif_is_second_order(case: Case) -> None:
    """Halving what the rows lose quarters the error, at parameters that are no minimum."""
    problem = case.make()
    objective, theta, damping = problem.objective, problem.theta, 0.05
    influence = ax.AFIF(damping=damping).prepare(objective, theta)
    errors = []
    for share in (0.04, 0.02, 0.01):
        weights = torch.ones(objective.n, dtype=theta.dtype)
        weights[:4] -= share
        truth = bregman_response(objective, theta, weights, damping=damping)
        assert truth.gradient_norm < 1e-10
        errors.append(float((influence.parameters(weights) - truth.theta).norm()))
    ratios = np.array(errors[:-1]) / errors[1:]
    np.testing.assert_allclose(ratios, 4, rtol=0.1)


def test_on_a_network_afif_is_closer_to_it_and_the_hessian_to_retraining() -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 3))
    y = np.sin(2 * X[:, 0]) + X[:, 1] ** 2 / 2 + 0.8 * draw.normal(size=300)
    objective = Objective(ax.MLP(3, (4,), 1), "gaussian", ax.Ridge(3e-3), X, y)
    fit = ax.fit_objective(objective, test=(X[:40] + 0.1, y[:40]))
    target, rows = ax.MeanLoss("test"), np.arange(0, 300, 7)
    responses = ax.bregman_response_each(fit, rows, target)
    refits = ax.retrain_each(fit, rows, target)
    assert max(responses.gradient_norm.max(), refits.gradient_norm.max()) < 1e-8
    fisher, hessian, empirical = (
        ax.attribute(fit, target, method, order=2)[rows]
        for method in (ax.AFIF(), ax.InfinitesimalJackknife(), ax.EmpiricalFisherInfluence())
    )
    assert pearson(fisher, responses.effects) > 0.99 > 0.96 > pearson(hessian, responses.effects)
    assert pearson(hessian, refits.effects) > 0.99 > 0.96 > pearson(fisher, refits.effects)
    assert pearson(empirical, responses.effects) < pearson(fisher, responses.effects) - 0.01
    assert pearson(empirical, refits.effects) < pearson(fisher, refits.effects) - 0.02


def test_a_damping_below_zero_is_refused() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    with pytest.raises(ax.InvalidChoice, match="at least 0, not -1"):
        ax.bregman_response(fit, [0], damping=-1)
