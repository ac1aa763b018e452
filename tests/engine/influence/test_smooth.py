"""Influence: parameters and effects against brute force, invariances, and the sign."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from afif_explorer.engine.influence.methods import (
    AFIF,
    EmpiricalFisherInfluence,
    InfinitesimalJackknife,
    Method,
    NewtonStep,
)
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import InvalidChoice
from tests.helpers.cases import CANONICAL, CASES, Case, Problem
from tests.helpers.twin import Twin

METHODS = (AFIF, InfinitesimalJackknife, EmpiricalFisherInfluence, NewtonStep)
CURVATURE = {
    AFIF: "Fisher",
    InfinitesimalJackknife: "Hessian",
    EmpiricalFisherInfluence: "EmpiricalFisher",
    NewtonStep: "Hessian",
}
DAMPING = 3.0  # makes every curvature of every case positive definite, away from a minimum too
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_method = pytest.mark.parametrize("kind", METHODS, ids=lambda kind: kind.__name__)


def matrix_of(problem: Problem, kind: type[Method], weights: Tensor | None = None) -> Tensor:
    matrix = Twin(problem, weights=weights).matrix(CURVATURE[kind])
    return matrix + DAMPING * torch.eye(len(matrix), dtype=torch.float64)


def close(actual, wanted, tolerance: float = 1e-10) -> None:
    actual, wanted = torch.as_tensor(actual), torch.as_tensor(wanted)
    size = max(float(wanted.abs().max()), 1e-300)
    torch.testing.assert_close(actual, wanted, rtol=0, atol=tolerance * size)


@every_method
@every_case
def test_parameters_equal_the_formula(case: Case, kind: type[Method]) -> None:
    problem = case.make(seed=1, spread=0.5)
    plain = {} if kind is NewtonStep else {"leverage_correction": False}
    influence = kind(damping=DAMPING, **plain).prepare(problem.objective, problem.theta)
    rows = [0, 3, 17]
    w = torch.as_tensor(leave_out(problem.objective.n, rows))
    pulled = Twin(problem).gradients[rows].sum(0) / problem.objective.n
    matrix = matrix_of(problem, kind, w if kind is NewtonStep else None)
    wanted = problem.theta + torch.linalg.solve(matrix, pulled)
    close(influence.parameters(w), wanted)


@every_method
@every_case
def test_weights_of_one_move_nothing(case: Case, kind: type[Method]) -> None:
    problem = case.make(seed=1, spread=0.5)
    influence = kind(damping=DAMPING).prepare(problem.objective, problem.theta)
    ones = torch.ones(problem.objective.n, dtype=torch.float64)
    assert torch.equal(influence.parameters(ones), problem.theta)
    assert torch.equal(influence.parameters(torch.stack([ones, ones], 1))[:, 1], problem.theta)


@pytest.mark.parametrize("corrected", [False, True], ids=["plain", "corrected"])
@pytest.mark.parametrize("kind", METHODS[:3], ids=lambda kind: kind.__name__)
@every_case
def test_effects_are_what_the_moved_parameters_do_to_first_order(case, kind, corrected) -> None:
    problem = case.make(seed=1, spread=0.5)
    n = problem.objective.n
    influence = kind(damping=DAMPING, leverage_correction=corrected).prepare(
        problem.objective, problem.theta
    )
    gradients = torch.randn(problem.objective.p, 3, dtype=torch.float64)
    moved = influence.parameters_without(np.arange(n)[:, None])
    close(influence.effects(gradients), (moved - problem.theta[:, None]).T @ gradients)
    alone = torch.cat([influence.effects(gradients[:, [j]]) for j in range(3)], dim=1)
    close(influence.effects(gradients), alone, 1e-12)


@every_case
def test_corrected_effects_remove_the_gauss_newton_part_of_the_row(case: Case) -> None:
    """``(C - J_i' A'' J_i / n)^-1 g_i / n``: the row's own curvature goes with it."""
    problem = case.make(seed=1, spread=0.5)
    twin, n = Twin(problem), problem.objective.n
    influence = AFIF(damping=DAMPING, leverage_correction=True).prepare(
        problem.objective, problem.theta
    )
    moved = influence.parameters_without(np.arange(n)[:, None])
    for row in (0, 5, n - 1):
        own = twin.J[row].T @ twin.variance[row] @ twin.J[row] / n
        wanted = torch.linalg.solve(matrix_of(problem, AFIF) - own, twin.gradients[row] / n)
        close(moved[:, row] - problem.theta, wanted)


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_newton_effects_are_newton_steps(case: Case) -> None:
    problem = case.make(seed=1, spread=0.5)
    influence = NewtonStep(damping=DAMPING).prepare(problem.objective, problem.theta)
    gradients = torch.randn(problem.objective.p, 2, dtype=torch.float64)
    moved = influence.parameters_without(np.arange(problem.objective.n)[:, None])
    close(influence.effects(gradients), (moved - problem.theta[:, None]).T @ gradients)


@every_case
def test_leverage_and_self_influence_equal_brute_force(case: Case) -> None:
    problem = case.make(seed=1, spread=0.5)
    twin, n = Twin(problem), problem.objective.n
    influence = AFIF(damping=DAMPING, leverage_correction=False).prepare(
        problem.objective, problem.theta
    )
    inverse = torch.linalg.inv(matrix_of(problem, AFIF))
    blocks = torch.einsum("nkp,pq,nlq->nkl", twin.J, inverse, twin.J) / n
    close(influence.leverage(), torch.einsum("nkl,nlk->n", twin.variance, blocks))
    wanted = torch.einsum("np,pq,nq->n", twin.gradients, inverse, twin.gradients) / n
    close(influence.self_influence(), wanted)
    leverage = influence.leverage()
    assert bool((leverage >= 0).all())
    assert bool((leverage <= problem.objective.model.k).all())


def test_leverages_sum_to_the_number_of_parameters_without_penalty_and_damping() -> None:
    problem = Case("logistic", "bernoulli", "linear", ridge=0).make(seed=3)
    leverage = AFIF().prepare(problem.objective, problem.theta).leverage()
    assert float(leverage.sum()) == pytest.approx(problem.objective.p, rel=1e-10)


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_single_precision_gives_the_same_effects_to_its_own_precision(case: Case) -> None:
    problem = case.make(seed=1)
    objective = problem.objective
    theta = minimise(objective).theta
    single = Objective(
        objective.model, objective.loss, objective.penalty, objective.X.float(), objective.y
    )
    gradients = AFIF().prepare(objective, theta).point.gradients(torch.tensor([0, 1])).T
    wanted = AFIF().prepare(objective, theta).effects(gradients)
    found = AFIF().prepare(single, theta.float()).effects(gradients.float())
    assert found.dtype == torch.float32
    close(found.double(), wanted, 1e-3)


def test_a_row_that_fits_its_own_copy_helps_it() -> None:
    """Sign: removing a row raises the loss at that row, so its effect there is positive."""
    problem = CASES[3].make(seed=2)
    theta = minimise(problem.objective).theta
    influence = AFIF().prepare(problem.objective, theta)
    gradients = influence.point.gradients(torch.arange(problem.objective.n)).T
    own = influence.effects(gradients).diagonal()
    close(own, influence.self_influence())
    assert bool((own > 0).all())


@pytest.mark.parametrize("damping", [-1.0, np.nan, np.inf])
def test_a_damping_that_is_no_number_of_at_least_zero_is_refused(damping) -> None:
    with pytest.raises(InvalidChoice, match="damping"):
        AFIF(damping=damping)


def test_an_unknown_solver_is_refused_by_name() -> None:
    with pytest.raises(InvalidChoice, match=r"'magic'.*cholesky"):
        AFIF(solver="magic")
