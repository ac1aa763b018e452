"""Counting the operations of matrix products."""

from __future__ import annotations

import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.runtime.operations import OperationCounter


def _counted(work) -> int:
    with OperationCounter() as counter:
        work()
    return counter.total


A, B, X = torch.ones(3, 5), torch.ones(5, 7), torch.ones(5)
WORKS = {
    "mm": (lambda: A @ B, 2 * 3 * 5 * 7),
    "into place": (lambda: torch.zeros(3, 7).addmm_(A, B), 2 * 3 * 5 * 7),
    "out": (lambda: torch.mm(A, B, out=torch.empty(3, 7)), 2 * 3 * 5 * 7),
    "batch": (lambda: torch.ones(4, 3, 5) @ torch.ones(4, 5, 7), 4 * 2 * 3 * 5 * 7),
    "batch into place": (
        lambda: torch.zeros(4, 3, 7).baddbmm_(torch.ones(4, 3, 5), torch.ones(4, 5, 7)),
        4 * 2 * 3 * 5 * 7,
    ),
    "vector": (lambda: A @ X, 2 * 3 * 5),
    "vector added": (lambda: torch.addmv(torch.zeros(3), A, X), 2 * 3 * 5),
    "dot": (lambda: X @ X, 2 * 5),
    "nothing": (lambda: A + 1, 0),
}


@pytest.mark.parametrize(("work", "count"), WORKS.values(), ids=WORKS.keys())
def test_every_form_of_a_matrix_product_is_counted(work, count: int) -> None:
    assert _counted(work) == count


@pytest.mark.parametrize("kind", [ax.Fisher, ax.Hessian])
def test_a_product_on_a_linear_map_is_counted_exactly(kind) -> None:
    n, d = 50, 6
    X = torch.randn(n, d, dtype=torch.float64)
    problem = ax.Objective(ax.LinearMap(d), "bernoulli", ax.Ridge(1e-2), X, (X[:, 0] > 0).double())
    theta = problem.vector(problem.model.initial(0))
    curvature = kind(problem, theta)
    there_and_back = 2 * n * d + 2 * n * d
    v = torch.ones(problem.p, 1, dtype=torch.float64)
    found = _counted(lambda: curvature @ v)
    assert there_and_back <= found <= there_and_back + 6 * n  # the intercept's column and sums
