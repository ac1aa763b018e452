"""Non-smooth penalties: fits against scikit-learn, proximal steps against brute force and refits."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet as SkElasticNet
from sklearn.linear_model import Lasso as SkLasso

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import MLP
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import ElasticNet, Lasso, NonsmoothPenalty
from afif_explorer.engine.problem.weights import leave_out, leave_out_each
from afif_explorer.engine.training import free_newton, working_sets
from afif_explorer.engine.training.fit import minimise
from afif_explorer.engine.training.proximal import ProximalProblem
from afif_explorer.errors import InvalidChoice
from tests.helpers.cases import KINKED, Case

PENALTIES = [
    Lasso(0.05),
    ElasticNet(0.08, l1_ratio=0.6),
    GroupLasso(0.04, ((0, 1, 2), (3,), (4, 5, 6, 7), (8, 9))),
]
every_penalty = pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: type(p).__name__)


def rows(n: int = 120, d: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, d))
    truth = np.where(np.arange(d) % 3 == 0, 1.0, 0.0)
    return X, X @ truth + 0.5 * generator.standard_normal(n)


def objective(penalty: NonsmoothPenalty, loss: str = "gaussian") -> Objective:
    X, y = rows()
    y = (y > 0).astype(float) if loss == "bernoulli" else y
    return Objective(LinearMap(X.shape[1]), loss, penalty, X, y)


def slowly(
    matrix: torch.Tensor, theta: torch.Tensor, b: torch.Tensor, penalty: NonsmoothPenalty
) -> torch.Tensor:
    """The sub-problem by plain proximal gradient steps, many of them; the last parameter is free."""
    t, step = theta.clone(), 1.0 / float(torch.linalg.eigvalsh(matrix)[-1])
    for _ in range(1_500):
        v = t - step * (b + matrix @ (t - theta))
        t = torch.cat([penalty.prox(v[:-1], step), v[-1:]])
    return t


def test_lasso_and_elastic_net_are_scikit_learns() -> None:
    X, y = rows()
    lasso = minimise(objective(Lasso(0.05)))
    twin = SkLasso(alpha=0.05, tol=1e-14, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(lasso.theta[:-1], twin.coef_, atol=1e-9)
    np.testing.assert_array_equal(lasso.theta[:-1].numpy() == 0, twin.coef_ == 0)
    net = minimise(objective(ElasticNet(0.08, 0.6)))
    twin = SkElasticNet(alpha=0.08, l1_ratio=0.6, tol=1e-14, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(net.theta[:-1], twin.coef_, atol=1e-9)


@every_penalty
@pytest.mark.parametrize("loss", ["gaussian", "bernoulli"])
def test_a_fit_reaches_the_optimality_it_reports(penalty: NonsmoothPenalty, loss: str) -> None:
    problem = objective(penalty, loss)
    found = minimise(problem)
    assert found.converged
    assert found.gradient_norm < 1e-9
    point = problem.at(found.theta)
    gradient = point.gradient()
    moved = found.theta - gradient
    stays = torch.cat([penalty.prox(moved[:-1], 1.0), moved[-1:]])
    torch.testing.assert_close(stays, found.theta, atol=1e-9, rtol=0)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        other = found.theta + 0.01 * torch.randn(
            problem.p, dtype=torch.float64, generator=generator
        )
        assert float(problem.at(other).value()) > float(point.value())


def test_a_perceptron_with_lasso_reaches_a_minimum_with_zeros() -> None:
    X, y = rows()
    found = minimise(Objective(MLP(10, (4,), 1), "gaussian", Lasso(0.03), X, y))
    assert found.gradient_norm < 1e-9
    assert int((found.theta == 0).sum()) > 10


@every_penalty
@pytest.mark.parametrize("linear", [True, False], ids=["softmax", "network"])
def test_many_parameters_reach_a_minimum_without_a_matrix(
    penalty: NonsmoothPenalty, linear: bool, monkeypatch
) -> None:
    X, y = rows()
    model = LinearMap(10, 3) if linear else MLP(10, (4,), 3)
    if isinstance(penalty, GroupLasso):
        places = range(int(model.penalised.sum()))
        penalty = GroupLasso(0.02, tuple(zip(places[::2], places[1::2], strict=True)))
    problem = Objective(model, "categorical", penalty, X, np.digitize(y, [-1.0, 1.0]))
    dense = minimise(problem)
    for module in (working_sets, free_newton):
        monkeypatch.setattr(module, "FEW", 20)
    monkeypatch.setattr(Curvature, "dense", lambda self: pytest.fail("a matrix was made"))
    found = minimise(problem)
    assert found.converged
    assert int((found.theta == 0).sum()) > 5
    if linear:
        torch.testing.assert_close(found.theta, dense.theta, atol=1e-7, rtol=0)
    again = minimise(problem, weights=problem.vector(leave_out(120, [3])), start=found.theta)
    assert again.converged


@every_penalty
def test_the_prox_solves_its_sub_problem_for_many_gradients_at_once(
    penalty: NonsmoothPenalty,
) -> None:
    problem = objective(penalty)
    theta = minimise(problem).theta
    matrix = ax.Fisher(problem, theta).dense()
    generator = torch.Generator().manual_seed(1)
    b = 0.3 * torch.randn(problem.p, 7, dtype=torch.float64, generator=generator)
    found = ProximalProblem(matrix, theta, penalty, problem.penalised).solve(b)
    assert float(found.residual.max()) <= 1e-10
    for column in range(7):
        alone = slowly(matrix, theta, b[:, column], penalty)
        torch.testing.assert_close(found.value[:, column], alone, atol=1e-8, rtol=0)


@every_penalty
def test_a_solve_is_as_accurate_beside_a_huge_one_and_from_any_start(
    penalty: NonsmoothPenalty,
) -> None:
    """A row of leverage one gives a gradient of any size, in one block with those of all others."""
    problem = objective(penalty)
    theta = minimise(problem).theta
    proximal = ProximalProblem(ax.Fisher(problem, theta).dense(), theta, penalty, problem.penalised)
    b = torch.randn(problem.p, 4, generator=torch.Generator().manual_seed(0), dtype=theta.dtype)
    alone = proximal.solve(b[:, :3])
    assert alone.solved
    b[:, 3] *= 1e13
    found = proximal.solve(b, start=torch.roll(alone.value, 1, 1)[:, [0, 1, 2, 0]])
    assert bool((found.residual[:3] <= alone.tolerance).all())
    torch.testing.assert_close(found.value[:, :3], alone.value, atol=1e-9, rtol=1e-9)


@every_penalty
@pytest.mark.parametrize("method", [ax.AFIF, ax.InfinitesimalJackknife, ax.NewtonStep])
def test_weights_of_one_change_nothing(penalty: NonsmoothPenalty, method: type[ax.AFIF]) -> None:
    problem = objective(penalty, "bernoulli")
    theta = minimise(problem).theta
    moved = method().prepare(problem, theta).parameters(problem.weights(None))
    torch.testing.assert_close(moved, theta, atol=1e-10, rtol=0)


@every_penalty
def test_one_newton_step_is_exact_for_least_squares(penalty: NonsmoothPenalty) -> None:
    problem = objective(penalty)
    theta = minimise(problem).theta
    weights = problem.vector(leave_out(problem.n, range(30)))
    step = ax.NewtonStep().prepare(problem, theta).parameters(weights)
    refit = minimise(problem, weights=weights).theta
    torch.testing.assert_close(step, refit, atol=1e-9, rtol=0)


@every_penalty
def test_effects_of_all_rows_are_those_of_their_parameters(penalty: NonsmoothPenalty) -> None:
    problem = objective(penalty)
    theta = minimise(problem).theta
    influence = ax.AFIF(leverage_correction=True).prepare(problem, theta)
    gradients = torch.randn(
        problem.p, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )
    effects = influence.effects(gradients)
    block = influence.parameters_without(np.arange(problem.n)[:, None])
    expected = (block - theta[:, None]).T @ gradients
    torch.testing.assert_close(effects, expected, atol=1e-9, rtol=0)


@every_penalty
def test_leaving_one_out_follows_true_refits(penalty: NonsmoothPenalty) -> None:
    problem = objective(penalty)
    theta = minimise(problem).theta
    weights = problem.vector(leave_out_each(problem.n, np.arange(25)[:, None]))
    predicted = ax.AFIF(leverage_correction=True).prepare(problem, theta).parameters(weights)
    errors, sizes = [], []
    for column in range(25):
        refit = minimise(problem, weights=weights[:, column]).theta
        errors.append(float((predicted[:, column] - refit).norm()))
        sizes.append(float((refit - theta).norm()))
    assert np.median(errors) < 0.03 * np.median(sizes)


def test_columns_that_depend_on_each_other_have_the_leverages_of_one() -> None:
    X, y = rows(d=3)
    plain = Objective(LinearMap(3), "gaussian", Lasso(0.05), X, y)
    twice = Objective(LinearMap(4), "gaussian", Lasso(0.05), np.column_stack([X[:, 0], X]), y)
    theta = minimise(plain).theta
    halved = torch.cat([theta[:1] / 2, theta[:1] / 2, theta[1:]])
    leverage = [ax.AFIF().prepare(*at).leverage() for at in ((plain, theta), (twice, halved))]
    torch.testing.assert_close(leverage[1], leverage[0], atol=1e-9, rtol=0)


def test_shrinking_an_ordinary_step_would_be_wrong() -> None:
    """The Euclidean prox moves the fit although nothing was removed, by far more than a row's effect."""
    X, y = rows()
    X = X @ (0.1 * np.eye(10) + np.ones((10, 10)))  # alike columns: the curvature is far from round
    problem = Objective(LinearMap(10), "gaussian", Lasso(0.05), X, y)
    theta = minimise(problem).theta
    fisher = ax.Fisher(problem, theta)
    point = problem.at(theta)

    def euclidean(weights: torch.Tensor) -> torch.Tensor:
        moved = theta - torch.linalg.solve(fisher.dense(), point.gradient(weights))
        return torch.cat([problem.penalty.prox(moved[:-1], 1.0), moved[-1:]])

    one = problem.weights(None)
    without = problem.vector(leave_out(problem.n, [0]))
    effect = float((minimise(problem, weights=without).theta - theta).norm())
    assert float((euclidean(one) - theta).norm()) > 5 * effect
    right = ax.AFIF().prepare(problem, theta).parameters(without)
    wrong = float((euclidean(without) - theta).norm())
    assert wrong > 5 * float((right - theta).norm())


def test_group_lasso_zeroes_whole_one_hot_groups() -> None:
    data = ax.load_dataset("hiring")
    fit = ax.fit(data, "logistic", ax.GroupLasso(0.02))
    assert fit.gradient_norm < 1e-9
    zero = fit.theta[:-1] == 0
    states = [set(zero[list(group)].tolist()) for group in data.feature_groups]
    assert all(len(state) == 1 for state in states)
    assert {True} in states
    assert {False} in states


def test_groups_are_checked() -> None:
    with pytest.raises(InvalidChoice, match="overlap"):
        GroupLasso(0.1, ((0, 1), (1, 2)))
    with pytest.raises(InvalidChoice, match="needs groups"):
        objective(GroupLasso(0.1)).penalty_value(torch.zeros(11, dtype=torch.float64))
    with pytest.raises(InvalidChoice, match="l1_ratio"):
        ElasticNet(0.1, 0.0)


def test_an_unfinished_step_says_what_it_is(monkeypatch) -> None:
    monkeypatch.setattr("afif_explorer.engine.training.proximal.ROUNDS", 0)
    problem = objective(Lasso(0.05), "bernoulli")
    influence = ax.AFIF().prepare(problem, problem.vector(torch.full((problem.p,), 0.3)))
    influence.parameters(torch.zeros(problem.n, dtype=torch.float64))
    told = influence.unfinished()
    assert re.search(r"only approximate: a proximal step .*, above .*damping", told)


@pytest.mark.parametrize(
    "case", [case for case in KINKED if case.kind != "linear"], ids=lambda case: case.name
)
@pytest.mark.parametrize("what", ["effects", "own_moves"])
def test_a_diverging_step_is_reported_with_a_sufficient_damping(case: Case, what: str) -> None:
    """Away from a minimum the Hessian has directions along which the step goes down for ever."""
    problem = case.make()

    def answer(damping: float, **more: bool) -> torch.Tensor:
        method = ax.InfinitesimalJackknife(damping=damping, **more)
        influence = method.prepare(problem.objective, problem.theta)
        return (
            influence.own_moves()
            if what == "own_moves"
            else influence.effects(problem.theta[:, None])
        )

    with pytest.raises(
        ax.SolverDiverged, match="diverged: the smallest eigenvalue of the Hessian"
    ) as told:
        answer(0.0, leverage_correction=False)
    with pytest.raises(ax.CurvatureError, match=r"negative curvature .* damping to at least"):
        answer(0.0)
    named = re.search(r"damping to at least (\S+),", str(told.value))
    assert named is not None
    assert answer(float(named.group(1))).isfinite().all()
