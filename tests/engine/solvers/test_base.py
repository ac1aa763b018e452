"""The direct solve and conjugate gradients, and their errors without a solution."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Fisher, Hessian
from afif_explorer.engine.influence.methods import AFIF
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import MLP
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.solvers.base import Cholesky, ConjugateGradient, Solver, Status
from afif_explorer.engine.solvers.block_cg import BlockConjugateGradient
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import CurvatureError, SolverDiverged
from tests.helpers.cases import CASES, Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def block(p: int, m: int = 3) -> Tensor:
    return torch.randn(p, m, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


@every_case
@pytest.mark.parametrize("solver", [Cholesky(), ConjugateGradient(1e-12)], ids=lambda s: s.name)
def test_solutions_equal_numpys(case: Case, solver) -> None:
    problem = case.make(seed=1)
    fisher = Fisher(problem.objective, problem.theta, damping=0.1)
    c = block(fisher.p)
    c[:, 1] = 0
    found = solver.prepare(fisher).solve(c)
    np.testing.assert_allclose(found.value, np.linalg.solve(fisher.dense(), c), atol=1e-9)
    assert found.status is Status.CONVERGED
    assert found.stats["residual"] <= 1e-10
    one = solver.prepare(fisher).solve(c[:, 0])
    torch.testing.assert_close(one.value, found.value[:, 0], rtol=1e-9, atol=1e-11)


def softmax(dtype: torch.dtype = torch.float64) -> Fisher:
    """A softmax fit: raising all intercepts together changes nothing, so the Fisher is singular."""
    problem = Case("softmax", "categorical", "linear", k=3, ridge=0.05).make(seed=2)
    objective = problem.objective
    theta = minimise(objective).theta
    if dtype is not torch.float64:
        objective = Objective(
            objective.model, objective.loss, objective.penalty, objective.X.to(dtype), objective.y
        )
    return Fisher(objective, theta.to(dtype))


def test_a_singular_curvature_is_solved_on_its_range() -> None:
    fisher = softmax()
    c = fisher @ block(fisher.p)
    direct = Cholesky().prepare(fisher)
    assert direct.factor.rank == fisher.p - 1
    wanted = np.linalg.pinv(fisher.dense().numpy(), rcond=1e-12) @ c.numpy()
    np.testing.assert_allclose(direct.solve(c).value, wanted, atol=1e-10)
    by_steps = ConjugateGradient(1e-11).prepare(fisher).solve(c)
    assert by_steps.status is Status.CONVERGED
    np.testing.assert_allclose(by_steps.value, wanted, atol=1e-8)
    Z = direct.factor.whitener
    np.testing.assert_allclose(Z @ Z.T, np.linalg.pinv(fisher.dense(), rcond=1e-12), atol=1e-10)


def test_single_precision_solves_a_singular_curvature_too() -> None:
    fisher = softmax(torch.float32)
    found = Cholesky().prepare(fisher).solve(fisher @ block(fisher.p).float())
    assert found.stats["residual"] < 1e-3
    effects = (
        AFIF()
        .prepare(fisher.point.objective, fisher.point.theta)
        .effects(fisher.point.gradients(torch.arange(3)).T)
    )
    assert torch.isfinite(effects).all()


def test_a_right_hand_side_outside_the_range_is_refused() -> None:
    fisher = softmax()
    c = torch.zeros(fisher.p, dtype=torch.float64)
    c[-3:] = 1.0
    with pytest.raises(CurvatureError, match=r"Fisher is singular .*set damping to at least"):
        Cholesky().prepare(fisher).solve(c)


def named_damping(error: pytest.ExceptionInfo) -> float:
    return float(re.search(r"damping to at least ([\d.e+-]+),", str(error.value)).group(1))


@pytest.mark.parametrize("seed", range(8))
def test_the_damping_that_the_message_names_works(seed: int) -> None:
    problem = Case("network", "gaussian", "mlp", ridge=0.01).make(seed=seed, spread=3.0)
    curved = Hessian(problem.objective, problem.theta)
    with pytest.raises(CurvatureError, match="Hessian has negative curvature") as error:
        Cholesky().prepare(curved)
    enough = Hessian(problem.objective, problem.theta, damping=named_damping(error))
    c = block(curved.p)
    assert Cholesky().prepare(enough).solve(c).status is Status.CONVERGED
    half = Hessian(problem.objective, problem.theta, damping=0.5 * named_damping(error))
    with pytest.raises(CurvatureError):
        Cholesky().prepare(half)


def test_the_damping_named_for_a_singular_curvature_works() -> None:
    X = np.random.default_rng(0).normal(size=(5, 9))  # fewer rows than parameters
    objective = Objective(LinearMap(9), "gaussian", None, X, X[:, 0])
    theta = torch.zeros(10, dtype=torch.float64)
    c = block(10)
    with pytest.raises(CurvatureError, match="is singular") as error:
        Cholesky().prepare(Fisher(objective, theta)).solve(c)
    damped = Fisher(objective, theta, damping=named_damping(error))
    assert Cholesky().prepare(damped).solve(c).stats["residual"] < 1e-6


@pytest.mark.parametrize("solver", [ConjugateGradient(), BlockConjugateGradient()])
def test_conjugate_gradients_report_negative_curvature(solver: Solver) -> None:
    problem = Case("network", "gaussian", "mlp", ridge=0.01).make(seed=1, spread=3.0)
    curved = Hessian(problem.objective, problem.theta)
    found = solver.prepare(curved).solve(block(curved.p))
    assert found.status is Status.DIVERGED
    assert "negative or zero curvature" in found.advice
    assert "damping" in found.advice


def test_conjugate_gradients_that_stop_early_tell_the_residual() -> None:
    problem = CASES[3].make(seed=1)
    method = AFIF(solver=ConjugateGradient(max_steps=2))
    influence = method.prepare(problem.objective, problem.theta)
    influence.solve(block(problem.objective.p))
    assert re.search("relative residual of .*Raise max_steps above 2", influence.unfinished())
    assert not influence.unfinished()  # it is told once
    assert influence.solution.status is Status.MAX_STEPS
    assert influence.solution.stats["steps"] == 2


def test_a_divergence_is_raised_not_returned() -> None:
    problem = Case("network", "gaussian", "mlp", ridge=0.01).make(seed=1, spread=3.0)

    class Curved(AFIF):
        curvature = Hessian

    influence = Curved(solver=ConjugateGradient()).prepare(problem.objective, problem.theta)
    with pytest.raises(SolverDiverged, match="negative or zero curvature"):
        influence.solve(block(problem.objective.p))


def test_products_count_only_the_columns_that_are_not_done() -> None:
    problem = CASES[0].make(seed=1)
    fisher = Fisher(problem.objective, problem.theta)
    c = block(fisher.p)
    c[:, 0] = torch.linalg.eigh(fisher.dense()).eigenvectors[
        :, 0
    ]  # an eigenvector is done after one step
    found = ConjugateGradient(1e-10).prepare(fisher).solve(c)
    assert found.stats["products"] <= 1 + 2 * found.stats["steps"]


def test_nearly_singular_but_definite_is_solved_directly() -> None:
    problem = Case("ridge", "gaussian", "linear", ridge=1e-9).make(seed=0)
    X = problem.objective.X.clone()
    X[:, 1] = X[:, 0]  # a duplicate column: only the penalty tells the two apart
    objective = Objective(LinearMap(4), "gaussian", Ridge(1e-9), X, problem.objective.y)
    fisher = Fisher(objective, torch.zeros(5, dtype=torch.float64))
    c = fisher @ block(5)
    found = Cholesky().prepare(fisher).solve(c)
    assert found.stats["residual"] < 1e-6


def test_a_network_of_no_hidden_layer_is_a_linear_map() -> None:
    problem = CASES[0].make(seed=1)
    objective = Objective(
        MLP(4, (), 1), "gaussian", Ridge(0.1), problem.objective.X, problem.objective.y
    )
    torch.testing.assert_close(
        Fisher(objective, problem.theta).dense(), Fisher(problem.objective, problem.theta).dense()
    )
