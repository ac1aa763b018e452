"""Fits against scikit-learn, and reports of convergence."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import MLP
from afif_explorer.engine.problem import penalties
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.training.convergence import CONVERGED_AT
from afif_explorer.engine.training.fit import minimise
from tests.helpers.cases import CANONICAL, CURVED, Case
from tests.helpers.twin import Twin

N, D = 300, 5


def rows(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, D)) + draw.normal(size=D)
    return X, X @ draw.normal(size=D) * 0.5 + 0.4


def fitted(loss: str, X: np.ndarray, y: np.ndarray, strength: float, k: int = 1):
    penalty = penalties.Ridge(strength) if strength else None
    found = minimise(Objective(LinearMap(D, k), loss, penalty, X, y))
    assert found.converged
    assert found.gradient_norm < 1e-8
    return found.theta.numpy()


@pytest.mark.parametrize("strength", [1e-4, 1e-2, 1.0])
def test_least_squares_is_scikit_learns_ridge(strength: float) -> None:
    X, score = rows()
    y = score + np.random.default_rng(1).normal(size=N)
    theirs = Ridge(alpha=N * strength, solver="svd").fit(X, y)
    theta = fitted("gaussian", X, y, strength)
    np.testing.assert_allclose(theta, [*theirs.coef_, theirs.intercept_], rtol=1e-9)


@pytest.mark.parametrize("strength", [1e-3, 1e-1])
def test_logistic_is_scikit_learns(strength: float) -> None:
    X, score = rows()
    y = (np.random.default_rng(1).random(N) < 1 / (1 + np.exp(-score))).astype(float)
    settings = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
    theirs = LogisticRegression(C=1 / (N * strength), **settings).fit(X, y)
    theta = fitted("bernoulli", X, y, strength)
    np.testing.assert_allclose(theta, [*theirs.coef_[0], *theirs.intercept_], rtol=1e-7)


def test_softmax_is_scikit_learns_multinomial() -> None:
    strength, (X, score) = 1e-2, rows()
    draw = np.random.default_rng(1)
    y = np.stack([score, -score, X[:, 0]], 1) + draw.gumbel(size=(N, 3))
    y = y.argmax(1)
    settings = {"solver": "newton-cg", "tol": 1e-13, "max_iter": 10_000}
    theirs = LogisticRegression(C=1 / (N * strength), **settings).fit(X, y)
    theta = fitted("categorical", X, y, strength, k=3)
    np.testing.assert_allclose(theta[: 3 * D].reshape(3, D), theirs.coef_, rtol=1e-6, atol=1e-8)
    ours, other = theta[3 * D :], theirs.intercept_  # only differences between intercepts count
    np.testing.assert_allclose(ours - ours.mean(), other - other.mean(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("strength", [1e-3, 1e-1])
def test_poisson_is_scikit_learns(strength: float) -> None:
    X, score = rows()
    y = np.random.default_rng(1).poisson(np.exp(0.5 * score)).astype(float)
    theirs = PoissonRegressor(
        alpha=strength, solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(X, y)
    theta = fitted("poisson", X, y, strength)
    np.testing.assert_allclose(theta, [*theirs.coef_, theirs.intercept_], rtol=1e-7)


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_no_direction_from_a_fit_goes_down(case: Case) -> None:
    problem = case.make(seed=3)
    weights = torch.linspace(0, 2, problem.objective.n, dtype=torch.float64)
    found = minimise(problem.objective, weights=weights)
    twin = Twin(problem, weights=weights)
    assert found.converged
    assert float(torch.func.grad(twin.value)(found.theta).norm()) < 1e-8
    here = float(twin.value(found.theta))
    for seed in range(10):
        step = torch.randn(
            twin.p, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
        )
        assert float(twin.value(found.theta + 0.01 * step)) >= here


@pytest.mark.parametrize("case", CURVED, ids=lambda case: case.name)
def test_networks_reach_a_small_gradient_and_say_which(case: Case) -> None:
    problem = case.make(seed=3)
    found = minimise(problem.objective)
    norm = float(torch.func.grad(Twin(problem).value)(found.theta).norm())
    assert found.gradient_norm == pytest.approx(norm, rel=1e-3, abs=1e-12)
    point = problem.objective.at(found.theta)
    terms = point.gradients(torch.arange(problem.objective.n)).norm(dim=1).mean()
    assert found.gradient_threshold == pytest.approx(CONVERGED_AT * float(terms), rel=0.7)
    assert found.converged == (norm <= found.gradient_threshold)
    assert found.converged or found.advice


def test_starts_of_networks_differ_by_seed_and_repeat() -> None:
    model = MLP(4, (3,), 1)
    assert torch.equal(model.initial(1), model.initial(1))
    assert not torch.equal(model.initial(1), model.initial(2))


def test_a_stopped_fit_reports_its_gradient_norm() -> None:
    problem = CURVED[0].make(seed=3, n=200)
    model = MLP(4, (80, 80), 1)  # too many parameters for Newton steps
    objective = Objective(model, "gaussian", None, problem.objective.X, problem.objective.y)
    found = minimise(objective, max_steps=3)
    assert not found.converged
    assert f"gradient norm {found.gradient_norm:.1g}" in found.advice


def test_more_parameters_than_rows_are_fitted_with_a_penalty() -> None:
    X, _ = rows()
    y = X[:4, 0]
    objective = Objective(LinearMap(D), "gaussian", penalties.Ridge(1e-3), X[:4], y)
    assert minimise(objective).converged


def test_what_linear_models_do_not_need_is_not_imported() -> None:
    code = (
        "import sys, afif_explorer as ax\n"
        "assert 'torch' not in sys.modules\n"
        "ax.AFIF, ax.fit, ax.attribute, ax.MeanLoss, ax.load_dataset\n"
        "slow = {'scipy.optimize', 'scipy.stats', 'sklearn', 'panel', 'plotly', 'torch._dynamo'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("penalty", [None, penalties.Ridge(1e-2)], ids=str)
@pytest.mark.parametrize(("loss", "k"), [("bernoulli", 1), ("categorical", 3)])
def test_rows_of_a_single_class_leave_no_minimum(
    loss: str, k: int, penalty: penalties.Ridge | None
) -> None:
    X = torch.randn(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = torch.ones(30, dtype=torch.float64 if k == 1 else torch.int64)
    found = minimise(Objective(LinearMap(2, k), loss, penalty, X, y))
    assert not found.converged
    assert "all training rows have the same class" in found.advice
    bounded = LinearMap(2, k, intercept=False)
    held = minimise(Objective(bounded, loss, penalties.Ridge(1e-2), X, y))
    assert held.converged  # the penalty bounds every parameter
