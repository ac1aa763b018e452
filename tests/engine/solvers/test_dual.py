"""The dual solve against dense matrices: fewer rows than parameters, and more."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from afif_explorer.engine.curvature.operators import EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.influence.methods import AFIF
from afif_explorer.engine.jacobians import base as linearization
from afif_explorer.engine.jacobians import ntk
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.runtime import memory
from afif_explorer.engine.solvers import block_factor
from afif_explorer.engine.solvers.dual import Dual
from afif_explorer.errors import CurvatureError, InvalidChoice
from tests.helpers.cases import CASES, CURVED, Case, Problem

PENALISED = tuple(case for case in CASES if case.ridge)
penalised_case = pytest.mark.parametrize("case", PENALISED, ids=lambda case: case.name)


def block(p: int, m: int = 3) -> Tensor:
    return torch.randn(p, m, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def wide(case: Case, d: int = 30, n: int = 9) -> Problem:
    """Fewer rows than parameters."""
    return case.make(seed=3, n=n, d=d, spread=0.3)


def right_hand_sides(curvature) -> Tensor:
    return curvature @ block(curvature.p)  # in the range, whatever has no penalty


@penalised_case
@pytest.mark.parametrize("kind", [Fisher, EmpiricalFisher], ids=lambda kind: kind.__name__)
def test_solutions_equal_numpys(case: Case, kind) -> None:
    for problem, damping in ((wide(case), 0.0), (wide(case), 0.2), (case.make(seed=1), 0.01)):
        weights = torch.linspace(0, 2, problem.objective.n, dtype=torch.float64)
        curvature = kind(problem.objective, problem.theta, damping=damping, weights=weights)
        c = right_hand_sides(curvature)
        found = Dual().prepare(curvature).solve(c)
        wanted = np.linalg.pinv(curvature.dense().numpy(), rcond=1e-13, hermitian=True) @ c.numpy()
        assert found.stats["residual"] < 1e-11
        assert found.stats["steps"] <= 2  # one refinement at most
        np.testing.assert_allclose(found.value, wanted, atol=1e-8 * abs(wanted).max())


@penalised_case
def test_effects_and_leverages_equal_those_of_the_dense_factor(case: Case) -> None:
    problem = wide(case)
    c = right_hand_sides(Fisher(problem.objective, problem.theta, damping=0.1))
    ours, theirs = (
        AFIF(solver=solver, damping=0.1, leverage_correction=True).prepare(
            problem.objective, problem.theta
        )
        for solver in ("dual", "cholesky")
    )
    for name in ("leverage", "self_influence"):
        wanted = getattr(theirs, name)()
        found = getattr(ours, name)()
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(ours.effects(c), theirs.effects(c), rtol=1e-8, atol=1e-10)


@penalised_case
def test_the_size_of_the_pieces_changes_nothing(case: Case, monkeypatch) -> None:
    problem = case.make(seed=1)
    c = right_hand_sides(Fisher(problem.objective, problem.theta))
    whole = Dual().prepare(Fisher(problem.objective, problem.theta))
    wanted, blocks = whole.solve(c).value, whole.row_blocks(torch.arange(7))
    monkeypatch.setattr(memory, "COMFORTABLE", 200)
    monkeypatch.setattr(linearization, "STRIP", 7)
    monkeypatch.setattr(ntk, "TILE", 5)
    monkeypatch.setattr(block_factor, "WIDTH", 6)
    pieces = Dual().prepare(Fisher(problem.objective, problem.theta))
    torch.testing.assert_close(pieces.solve(c).value, wanted, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(pieces.row_blocks(torch.arange(7)), blocks, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("case", CURVED[:4], ids=lambda case: case.name)
def test_kernels_with_scales_that_differ_within_a_layer(case: Case) -> None:
    problem = case.make(seed=1, n=6)
    here = problem.objective.at(problem.theta).linearization
    other = here.take(torch.tensor([4, 1]))
    left, right = (
        torch.randn(n, case.k, r, dtype=torch.float64) for n, r in ((6, 2), (2, 3))
    )  # fmt: skip
    scales = (torch.ones(here.p), torch.linspace(0.5, 2, here.p))
    for scale in (one.double() for one in scales):
        J, K = here.jacobian(torch.arange(6)), here.jacobian(torch.tensor([4, 1]))
        H = (left.transpose(1, 2) @ J).flatten(0, 1) * scale
        wanted = H @ (right.transpose(1, 2) @ K).flatten(0, 1).T
        torch.testing.assert_close(here.ntk(left, other, right, scale), wanted)


def test_unavailable_dual_solves_raise_errors() -> None:
    problem = CURVED[0].make(seed=1)
    with pytest.raises(
        InvalidChoice, match=r"Hessian is not a sum of squares over rows; use the Fisher"
    ):
        Dual().prepare(Hessian(problem.objective, problem.theta))
    weights = torch.full((problem.objective.n,), -1.0, dtype=torch.float64)
    with pytest.raises(InvalidChoice, match="weights are negative"):
        Dual().prepare(Fisher(problem.objective, problem.theta, weights=weights))
    X = np.random.default_rng(0).normal(size=(5, 1500))
    bare = Objective(LinearMap(1500), "gaussian", None, X, X[:, 0])
    with pytest.raises(InvalidChoice, match="neither penalty nor damping; set a damping"):
        Dual().prepare(Fisher(bare, torch.zeros(1501, dtype=torch.float64)))


@pytest.mark.parametrize("seed", range(12))
def test_a_right_hand_side_outside_the_range_is_refused(seed: int) -> None:
    problem = Case("softmax", "categorical", "linear", k=3, ridge=0.05).make(seed=seed)
    c = torch.zeros(problem.objective.p, dtype=torch.float64)
    c[-3:] = 1.0  # raising all intercepts together changes nothing
    with pytest.raises(CurvatureError, match=r"Fisher is singular .*set damping to at least"):
        Dual().prepare(Fisher(problem.objective, problem.theta)).solve(c)


def test_single_precision_is_refined_to_its_own_rounding() -> None:
    X = torch.randn(40, 300, generator=torch.Generator().manual_seed(0))
    objective = Objective(LinearMap(300), "gaussian", Ridge(1e-3), X, X[:, 0])
    fisher = Fisher(objective, torch.zeros(301))
    found = Dual().prepare(fisher).solve(fisher @ block(301).float())
    assert found.value.dtype == torch.float32
    assert found.stats["residual"] < 1e-4


def test_a_rough_tolerance_saves_the_refinement() -> None:
    X = torch.randn(40, 300, generator=torch.Generator().manual_seed(0))
    objective = Objective(LinearMap(300), "gaussian", Ridge(1e-2), X, X[:, 0])
    fisher = Fisher(objective, torch.zeros(301))
    refined, rough = (
        Dual(tolerance).prepare(fisher).solve(fisher @ block(301).float()).stats
        for tolerance in (1e-11, 1e-3)
    )
    assert refined["residual"] < rough["residual"] < 1e-3
    assert refined["steps"] > rough["steps"] == 1


def test_a_network_of_more_parameters_than_memory_would_take_is_solved() -> None:
    """``p`` = 100 000: a dense factor would need 80 GB."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(400, 240), nn.Tanh(), nn.Linear(240, 3)).double()
    X = torch.randn(20, 400, dtype=torch.float64)
    objective = Objective(net, "categorical", Ridge(1e-2), X, torch.arange(20) % 3)
    method = AFIF(damping=0.1, leverage_correction=False)
    influence = method.prepare(objective, objective.vector(objective.model.initial(0)))
    c = influence.point.gradients(torch.arange(4)).T
    effects = influence.effects(c)
    assert influence.solution.stats["residual"] < 1e-10
    assert influence.solution.stats["solver"] == "dual"
    solved = torch.stack([influence.solve(one) for one in c.T], dim=1)
    torch.testing.assert_close(effects, influence.point.gradients(torch.arange(20)) @ solved / 20)
    assert bool((influence.leverage() < 3).all())
