"""The landmark preconditioner: its definition, its speed-up, and when it is selected."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.solvers.block_cg import BlockConjugateGradient
from afif_explorer.engine.solvers.landmarks import Landmarks
from tests.helpers.cases import CASES, Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
@pytest.mark.parametrize("kind", [Fisher, EmpiricalFisher], ids=lambda kind: kind.__name__)
def test_all_rows_are_the_curvature_itself(case: Case, kind) -> None:
    """With every row a landmark, ``W W' C = I`` where parameters have a damping."""
    problem = case.make(seed=1, n=9, d=30, spread=0.3)
    curvature = kind(problem.objective, problem.theta, damping=0.2)
    made = Landmarks(count=9 * 10).precondition(curvature)
    V = torch.randn(curvature.p, 3, dtype=torch.float64)
    torch.testing.assert_close(made.apply(curvature @ V), V, rtol=0, atol=1e-5)
    torch.testing.assert_close(made.solve_transpose(made.transpose(V)), V, rtol=0, atol=1e-5)
    U = torch.randn(curvature.p, 3, dtype=torch.float64)
    torch.testing.assert_close(
        U.T @ made.factor(V), made.transpose(U).T @ V
    )  # one is the other's transpose


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("kind", [Fisher, Hessian], ids=lambda kind: kind.__name__)
def test_it_shortens_the_way_to_the_same_answer(kind, dtype: torch.dtype) -> None:
    problem = Case("MLP", "bernoulli", "mlp", ridge=1e-3).make(seed=1, d=60, n=400, spread=0.3)
    rows = problem.objective
    objective = ax.Objective(rows.model, "bernoulli", ax.Ridge(1e-3), rows.X.to(dtype), rows.y)
    curvature = kind(objective, problem.theta.to(dtype), damping=1.0 if kind is Hessian else 1e-3)
    c = torch.randn(curvature.p, 2, generator=torch.Generator().manual_seed(0)).to(dtype)
    plain, quick = (
        BlockConjugateGradient(1e-4, preconditioner=one).prepare(curvature).solve(c)
        for one in (None, Landmarks(count=200))
    )
    wanted = torch.linalg.solve(curvature.dense().double(), c.double())
    if kind is Fisher:
        assert quick.stats["steps"] < 0.5 * plain.stats["steps"]
    assert quick.stats["residual"] < 1e-4
    torch.testing.assert_close(quick.value.double(), wanted, rtol=0, atol=1e-2 * wanted.abs().max())


def test_squaring_the_rows_loses_no_digits_in_single_precision() -> None:
    problem = Case("MLP", "bernoulli", "mlp", ridge=1e-4).make(seed=1, d=60, n=400, spread=0.3)
    rows = problem.objective
    objective = ax.Objective(rows.model, "bernoulli", ax.Ridge(1e-4), rows.X.float(), rows.y)
    curvature = Fisher(objective, problem.theta.float(), damping=1e-4)
    made = Landmarks(count=400).precondition(curvature)  # all rows: the curvature itself
    c = torch.randn(curvature.p, 3, generator=torch.Generator().manual_seed(0))
    assert float((made.apply(curvature @ c) - c).norm() / c.norm()) < 2e-3


def test_many_right_hand_sides_and_rows_have_it_chosen() -> None:
    X = torch.randn(12000, 300, generator=torch.Generator().manual_seed(0))
    net = nn.Sequential(nn.Linear(300, 30), nn.Tanh(), nn.Linear(30, 1))
    objective = ax.Objective(net, "gaussian", ax.Ridge(1e-2), X, X[:, 0])
    fit = SimpleNamespace(objective=objective, parameters=objective.model.initial(0).float())
    choice = ax.AFIF(solver=ax.Auto(1e-3)).plan(fit, columns=100)
    assert choice.solver.preconditioner == Landmarks()
    assert "preconditioned by 800 rows" in choice.why
    assert ax.AFIF(solver=ax.Auto(1e-3)).plan(fit, columns=2).solver.preconditioner != Landmarks()
