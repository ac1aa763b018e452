"""Non-smooth penalties by products: against the dense proximal steps, and refits."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import torch

import afif_explorer as ax
from afif_explorer.engine.influence import support
from afif_explorer.engine.influence.lasso import pivoting
from afif_explorer.engine.influence.nonsmooth import ProximalInfluence
from afif_explorer.engine.influence.support import SupportInfluence
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.fit import minimise
from tests.helpers.cases import CASES, KINKED, Case

SOLVE = ax.ConjugateGradient(tolerance=1e-12)


def fitted(case: Case, n: int = 40) -> tuple[Objective, torch.Tensor]:
    problem = case.make(seed=1, n=n).objective
    return problem, minimise(problem).theta


def many_inputs() -> tuple[Objective, torch.Tensor]:
    """More inputs than rows, so that zeros and signs change without most rows."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(50, 80))
    y = X[:, :4].sum(1) + draw.normal(size=50)
    problem = Objective(ax.LinearMap(80), "gaussian", ax.Lasso(0.08), X, y)
    return problem, minimise(problem).theta


def both(problem: Objective, theta: torch.Tensor, solver: ax.Solver = SOLVE, **options: object):
    found, dense = (
        ax.AFIF(solver=one, **options).prepare(problem, theta) for one in (solver, ax.Cholesky())
    )
    assert isinstance(found, SupportInfluence)
    assert type(dense) is ProximalInfluence
    return found, dense


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("kind", [ax.Fisher, ax.Hessian])
def test_a_block_of_the_curvature_is_that_of_the_matrix(case: Case, kind: type) -> None:
    problem = case.make(seed=2)
    whole = kind(problem.objective, problem.theta, damping=0.1)
    places = torch.arange(0, whole.p, 2)
    part, wanted = whole.restricted(places), whole.dense()[places[:, None], places]
    torch.testing.assert_close(part.dense(), wanted)
    torch.testing.assert_close(part @ wanted, wanted @ wanted)
    torch.testing.assert_close(part.undamped.dense(), wanted - 0.1 * torch.eye(len(places)))
    rows = torch.arange(problem.objective.n)
    torch.testing.assert_close(part.batch(rows) @ wanted, wanted @ wanted)


@pytest.mark.parametrize("case", KINKED, ids=lambda case: case.name)
def test_products_answer_like_the_matrix(case: Case) -> None:
    problem, theta = fitted(case)
    found, dense = both(problem, theta, damping=1e-3)
    c = torch.linspace(-1, 1, problem.p, dtype=torch.float64)[:, None]
    torch.testing.assert_close(found.effects(c), dense.effects(c), atol=1e-8, rtol=1e-6)
    weights = problem.vector(leave_out(problem.n, [0, 3, 4]))
    torch.testing.assert_close(
        found.parameters(weights), dense.parameters(weights), atol=1e-8, rtol=1e-6
    )
    torch.testing.assert_close(found.leverage(), dense.leverage(), atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("threshold_known", [True, False])
def test_rows_that_change_zeros_and_signs_have_steps_of_their_own(
    threshold_known: bool, monkeypatch
) -> None:
    problem, theta = many_inputs()
    if not threshold_known:  # by proximal steps for every row
        monkeypatch.setattr(ax.Lasso, "threshold", None)
    found, dense = both(problem, theta)
    c = torch.linspace(-1, 1, problem.p, dtype=torch.float64)[:, None]
    effects = found.effects(c)
    torch.testing.assert_close(effects, dense.effects(c), atol=1e-9, rtol=1e-7)
    torch.testing.assert_close(found.own_moves(), dense.own_moves(), atol=1e-9, rtol=1e-7)
    kept = found.effects_from(found.solve(c))
    assert int(((effects - kept).abs() > 1e-4).sum()) > problem.n // 2


def test_second_orders_are_those_of_the_matrix() -> None:
    problem, theta = many_inputs()
    found, dense = both(problem, theta)
    steps = torch.cat([block for _, block in found._each_without()], dim=1)
    wanted = torch.cat([block for _, block in dense._each_without()], dim=1)
    torch.testing.assert_close(steps, wanted, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("method", [ax.AFIF, ax.EmpiricalFisherInfluence])
@pytest.mark.parametrize("penalty", [ax.Lasso(0.03), ax.ElasticNet(0.05, l1_ratio=0.6)])
@pytest.mark.parametrize("intercept", [True, False])
def test_sparse_rows_answer_like_the_matrix(method, penalty, intercept) -> None:
    draw = np.random.default_rng(2)
    X = scipy.sparse.random_array((80, 120), density=0.05, rng=draw, format="csr")
    y = (X[:, :8].sum(axis=1) > 0.2).astype(float)
    model = ax.LinearMap(120, intercept=intercept)
    thin, thick = (Objective(model, "bernoulli", penalty, 8 * rows, y) for rows in (X, X.toarray()))
    theta = minimise(thick).theta
    found = method(solver=SOLVE, damping=1e-3).prepare(thin, theta)
    dense = method(solver=ax.Cholesky(), damping=1e-3).prepare(thick, theta)
    c = torch.linspace(-1, 1, model.p, dtype=torch.float64)[:, None]
    for one, other in ((found, dense), (found.corrected(), dense.corrected())):
        effects, wanted = one.effects(c), other.effects(c)
        torch.testing.assert_close(effects, wanted, atol=1e-8, rtol=1e-6)
        torch.testing.assert_close(one.own_moves(), other.own_moves(), atol=1e-8, rtol=1e-6)
        kept = one.effects_from(one.solve(c))
        assert int(((effects - kept).abs() > 1e-6 * wanted.abs().max()).sum()) > 5


def test_rows_of_leverage_one_are_left_out() -> None:
    """They have no step; all other rows have the one of the matrix."""
    draw = np.random.default_rng(3)
    X = draw.normal(size=(50, 40))
    X[:, 0] = 0.0
    X[7] = 0.0
    X[7, 0] = 3.0
    y = X[:, 1:4].sum(1) + draw.normal(size=50)
    y[7] = 9.0
    problem = Objective(ax.LinearMap(40, intercept=False), "gaussian", ax.Lasso(0.08), X, y)
    theta = minimise(problem).theta
    found, dense = (one.corrected() for one in both(problem, theta))
    c = torch.linspace(-1, 1, problem.p, dtype=torch.float64)[:, None]
    effects, wanted = found.effects(c), dense.effects(c)
    others = torch.arange(50) != 7
    assert bool(effects[7].isnan().all())
    torch.testing.assert_close(effects[others], wanted[others], atol=1e-8, rtol=1e-6)


def test_a_row_beyond_the_pivots_takes_a_proximal_step(monkeypatch) -> None:
    monkeypatch.setattr(pivoting, "PIVOTS", 0)
    problem, theta = many_inputs()
    found, dense = both(problem, theta)
    c = torch.linspace(-1, 1, problem.p, dtype=torch.float64)[:, None]
    torch.testing.assert_close(found.effects(c), dense.effects(c), atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("network", [False, True])
def test_lissa_is_really_used(network: bool) -> None:
    case = Case("", "bernoulli", "mlp" if network else "linear", ridge=0.02, kinks="lasso")
    problem, theta = fitted(case, 150)
    c = torch.linspace(-1, 1, problem.p, dtype=torch.float64)[:, None]
    lissa, dense = both(problem, theta, ax.LiSSA(batch_size=64, repeats=6), damping=0.01)
    effects, wanted = lissa.effects(c), dense.effects(c)
    off = float((effects - wanted).norm() / wanted.norm())
    assert 1e-6 < off < 0.1
    weights = problem.vector(leave_out(problem.n, range(5)))
    moved, exact = (one.parameters(weights) - theta for one in (lissa, dense))
    assert float((moved - exact).norm() / exact.norm()) < 0.1
    assert torch.equal(moved == -theta, exact == -theta)
    hopeless, _ = both(problem, theta, ax.LiSSA(scale=1e-6, depth=30))
    with pytest.raises(ax.SolverDiverged, match="set the scale to"):
        hopeless.effects(c)
    with pytest.raises(ax.SolverDiverged, match="set the scale to"):
        hopeless.parameters(weights)


def test_the_automatic_choice_is_dense_where_there_are_few_parameters(monkeypatch) -> None:
    problem, theta = many_inputs()
    assert type(ax.AFIF().prepare(problem, theta)) is ProximalInfluence
    monkeypatch.setattr(support, "FEW", 60)
    found = ax.AFIF().prepare(problem, theta)
    assert isinstance(found, SupportInfluence)
    dense = ax.AFIF(solver="cholesky").prepare(problem, theta)
    c = torch.linspace(-1, 1, problem.p, dtype=torch.float64)[:, None]
    torch.testing.assert_close(found.effects(c), dense.effects(c), atol=1e-9, rtol=1e-7)


def test_too_many_nonzero_parameters_to_check_is_told(monkeypatch) -> None:
    problem, theta = many_inputs()
    found, _ = both(problem, theta)
    monkeypatch.setattr(support, "FEW", 2)
    found.effects(torch.ones(problem.p, 1, dtype=torch.float64))
    assert "was not checked" in found.unfinished()


def test_products_with_the_curvature_of_groups_are_those_of_its_matrix() -> None:
    penalty = GroupLasso(0.3, ((0, 1), (2, 3, 4), (5, 6)))
    theta = torch.tensor([0.5, -1.0, 0.0, 0.0, 0.0, 2.0, 1.0, 3.0], dtype=torch.float64)
    vectors = torch.randn(8, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = penalty.kink_product(theta, vectors)
    torch.testing.assert_close(found, penalty.kink_hessian(theta) @ vectors)
    torch.testing.assert_close(found, NonsmoothPenalty.kink_product(penalty, theta, vectors))


def test_a_plan_is_that_of_the_nonzero_parameters(monkeypatch) -> None:
    problem, _ = many_inputs()
    fit = ax.fit_objective(problem)
    monkeypatch.setattr("afif_explorer.engine.influence.methods.FEW", 60)
    nonzero = int((fit.theta != 0).sum())
    assert f"for {nonzero} parameters" in ax.AFIF().plan(fit).why
    assert ax.AFIF(solver=ax.LiSSA()).plan(fit).solver == ax.LiSSA()
