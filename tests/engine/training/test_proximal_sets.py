"""Proximal steps on working sets, against those with the whole matrix."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.training import proximal_sets
from afif_explorer.engine.training.fit import minimise
from afif_explorer.engine.training.proximal import ProximalProblem
from afif_explorer.engine.training.proximal_sets import WorkingSetProximalProblem
from tests.helpers.cases import KINKED, Case

PAIRS = tuple((2 * group, 2 * group + 1) for group in range(40))


def many_inputs(penalty: NonsmoothPenalty) -> tuple[Objective, Tensor]:
    """More inputs than rows, so that zeros change without most rows."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(50, 80))
    y = X[:, :4].sum(1) + draw.normal(size=50)
    problem = Objective(ax.LinearMap(80), "gaussian", penalty, X, y)
    return problem, minimise(problem).theta


def both(
    problem: Objective, theta: Tensor
) -> tuple[WorkingSetProximalProblem, ProximalProblem, Tensor]:
    """The problem on sets, that with the matrix, and the ``b`` without each row ``[p, n]``."""
    curvature: Curvature = ax.Fisher.of(problem.at(theta), damping=1e-3)
    settings = theta, problem.kinked, problem.penalised
    found = WorkingSetProximalProblem(curvature, ax.Auto(), *settings)
    gradients = problem.at(theta).gradients(torch.arange(problem.n))
    b = problem.at(theta).gradient()[:, None] - gradients.T / problem.n
    return found, ProximalProblem(curvature.dense(), *settings), b


@pytest.mark.parametrize("case", KINKED, ids=lambda case: case.name)
def test_steps_on_sets_are_those_of_the_matrix(case: Case) -> None:
    problem = case.make(seed=1, n=40).objective
    found, dense, b = both(problem, minimise(problem).theta)
    torch.testing.assert_close(found.solve(b).value, dense.solve(b).value, atol=1e-9, rtol=1e-8)


@pytest.mark.parametrize("penalty", [ax.Lasso(0.08), ax.ElasticNet(0.1), GroupLasso(0.08, PAIRS)])
def test_sets_grow_by_what_becomes_nonzero(penalty: NonsmoothPenalty, monkeypatch) -> None:
    monkeypatch.setattr(proximal_sets, "FEWEST", 1)
    problem, theta = many_inputs(penalty)
    found, dense, b = both(problem, theta)
    solution, wanted = found.solve(b), dense.solve(b).value
    assert ((wanted != 0) & (theta == 0)[:, None]).any(0).sum() > 5
    assert solution.solved
    torch.testing.assert_close(solution.value, wanted, atol=1e-9, rtol=1e-8)
    assert found._latest is not None
    assert len(found._latest.places) < 80  # not everything


def test_sets_that_would_be_too_large_are_answered_by_products(monkeypatch) -> None:
    problem, theta = many_inputs(GroupLasso(0.08, PAIRS))
    monkeypatch.setattr(proximal_sets, "FEW", int((theta != 0).sum()) + 1)
    found, dense, b = both(problem, theta)
    assert found._set_of(theta).part is not None
    solution = found.solve(b)
    assert found._latest is not None
    assert found._latest.part is None
    torch.testing.assert_close(solution.value, dense.solve(b).value, atol=1e-7, rtol=1e-6)


def test_threads_share_a_problem(monkeypatch) -> None:
    monkeypatch.setattr(proximal_sets, "FEWEST", 1)
    problem, theta = many_inputs(GroupLasso(0.08, PAIRS))
    found, dense, b = both(problem, theta)
    wanted = dense.solve(b).value
    with ThreadPoolExecutor(4) as pool:
        for column, solution in enumerate(pool.map(found.solve, b.T[:, :, None])):
            torch.testing.assert_close(
                solution.value[:, 0], wanted[:, column], atol=1e-9, rtol=1e-8
            )


def test_a_penalty_of_sets_is_that_of_all_with_zeros_elsewhere() -> None:
    penalty = GroupLasso(0.3, ((0, 1), (2, 3, 4), (5, 6)))
    part = penalty.restricted(torch.tensor([2, 3, 4, 7]))
    theta, whole = torch.tensor([1.0, -2.0, 0.5, 3.0]), torch.zeros(8)
    whole[[2, 3, 4, 7]] = theta
    assert part is not None
    torch.testing.assert_close(part.value(theta), penalty.value(whole))
    torch.testing.assert_close(part.prox(theta, 0.7), penalty.prox(whole, 0.7)[[2, 3, 4, 7]])
    assert penalty.restricted(torch.tensor([2, 3])) is None  # a part of a group
    assert ax.Lasso(0.1).restricted(torch.tensor([0])) == ax.Lasso(0.1)
