"""Refinement of a prediction: convergence to the refit, and its absence."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Fisher, Hessian
from afif_explorer.engine.influence import refinement as module
from afif_explorer.engine.influence.refinement import newton_step, proximal_step, refine
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.fit import minimise
from tests.helpers.cases import CANONICAL, CASES, CURVED, KINKED, Case


def solver_of(point: Point, damping: float = 0.0):
    return ax.AFIF(damping=damping).prepare(point.objective, point.theta).solve


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_is_that_of_the_dense_hessian(case: Case, monkeypatch) -> None:
    monkeypatch.setattr(module, "SOLVED", 1e-10)
    objective = case.make(seed=1).objective
    point = objective.at(minimise(objective).theta)
    weights = torch.as_tensor(leave_out(objective.n, [0, 3]))
    hessian, gradient = Hessian.of(point, weights=weights), point.gradient(weights)
    found = newton_step(hessian, gradient, solver_of(point), 5 * objective.p)
    left = hessian @ found + gradient
    assert float(left.norm()) < 1e-8 * float(gradient.norm())


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_a_few_products_do_for_linear_maps(case: Case) -> None:
    objective = case.make(seed=1).objective
    point = objective.at(minimise(objective).theta)
    weights = torch.as_tensor(leave_out(objective.n, [0, 3]))
    hessian, gradient = Hessian.of(point, weights=weights), point.gradient(weights)
    found = newton_step(hessian, gradient, solver_of(point), 3)
    left = hessian @ found + gradient
    assert float(left.norm()) < 0.1 * float(gradient.norm())


def test_where_nothing_is_left_nothing_is_added_and_that_is_settled() -> None:
    """A Newton step is the refit of least squares: what rounding leaves is not searched any further."""
    objective = CANONICAL[0].make(seed=1).objective
    fit = ax.fit_objective(objective)
    told = ax.unlearn(fit, range(5), ax.NewtonStep()).reach
    assert told.level == "good"
    assert told.expected_error < 1e-5


def test_what_a_singular_preconditioner_refuses_is_not_taken_for_the_end() -> None:
    objective = CANONICAL[0].make(seed=1).objective
    start = objective.at(minimise(objective).theta + 1.0)

    def refuses(vector: torch.Tensor) -> torch.Tensor:
        raise ax.CurvatureError("The Fisher is singular.")

    def propose(there: Point, gradient: torch.Tensor) -> torch.Tensor:
        return newton_step(Hessian.of(there), gradient, refuses, 60)

    ones = torch.ones(objective.n, dtype=torch.float64)
    still = torch.zeros_like(start.theta)
    found = refine(start, ones, still, propose, lambda s: float(s.norm()), 5, 1e-9)
    assert not found.settled
    assert not bool(found.step.any())


@pytest.mark.parametrize("case", [*CANONICAL, *KINKED[:4]], ids=lambda case: case.name)
def test_it_ends_at_the_refit(case: Case) -> None:
    objective = case.make(seed=1).objective
    theta = minimise(objective).theta
    weights = torch.as_tensor(leave_out(objective.n, [0, 3, 7]))
    start, fitted = objective.at(theta), objective.at(theta)
    solve = solver_of(fitted) if objective.smooth else None

    def propose(there: Point, gradient: torch.Tensor) -> torch.Tensor:
        if solve is None:
            return proximal_step(there, weights)
        return newton_step(Hessian.of(there, weights=weights), gradient, solve, 60)

    fisher = Fisher.of(fitted)

    def size(step: torch.Tensor) -> float:
        return float(step @ (fisher @ step)) ** 0.5

    found = refine(start, weights, torch.zeros_like(theta), propose, size, 12, 0.0)
    way = minimise(objective, weights=weights, start=theta).theta - theta
    assert found.settled
    assert size(found.step - way) < 0.02 * size(way)


@pytest.mark.parametrize("case", CURVED, ids=lambda case: case.name)
def test_far_from_a_minimum_every_round_leads_down(case: Case) -> None:
    problem = case.make(seed=2, spread=3.0)
    objective, ones = problem.objective, torch.ones(problem.objective.n, dtype=torch.float64)
    start = objective.at(problem.theta)
    solve = solver_of(start, damping=1e-3)
    heights = [float(start.value())]

    def propose(there: Point, gradient: torch.Tensor) -> torch.Tensor:
        heights.append(float(there.value()))
        return newton_step(Hessian.of(there), gradient, solve, 60)

    still = torch.zeros_like(start.theta)
    found = refine(start, ones, still, propose, lambda s: float(s.norm()), 6, 0.0)
    heights.append(float(objective.at(start.theta + found.step).value()))
    assert all(b <= a + 1e-12 * abs(a) for a, b in pairwise(heights))
    assert heights[-1] < heights[0]


def test_a_step_that_never_leads_down_does_not_settle() -> None:
    objective = CANONICAL[0].make().objective
    start = objective.at(minimise(objective).theta)

    def uphill(there: Point, gradient: torch.Tensor) -> torch.Tensor:
        return torch.full_like(gradient, 1e12)

    ones, still = torch.ones(objective.n, dtype=torch.float64), torch.zeros(objective.p)
    found = refine(start, ones, still.double(), uphill, lambda s: float(s.norm()), 5, 0.0)
    assert not found.settled
    assert not bool(found.step.any())
