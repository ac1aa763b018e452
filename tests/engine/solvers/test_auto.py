"""Automatic solver selection: the choice, its reason, and the memory limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.runtime import memory
from afif_explorer.engine.solvers import auto as planning
from afif_explorer.engine.solvers.auto import choose
from tests.helpers.cases import CASES, Case


def fitted(n: int, d: int, *, hidden: int = 0, ridge: float = 1e-2) -> SimpleNamespace:
    """A fit as far as a plan looks at it."""
    X = torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    model = ax.MLP(d, (hidden,), 1) if hidden else ax.LinearMap(d)
    objective = ax.Objective(model, "gaussian", ax.Ridge(ridge), X, X[:, 0])
    return SimpleNamespace(objective=objective, parameters=objective.vector(model.initial(0)))


def test_few_parameters_are_solved_directly_as_ever() -> None:
    for rows in (20, 500):
        choice = ax.AFIF().plan(fitted(rows, 30), columns=200)
        assert choice.solver == ax.Cholesky()
        assert "31 parameters" in choice.why
    problem = CASES[3].make(seed=1)
    c = torch.randn(problem.objective.p, 2, dtype=torch.float64)
    ours, theirs = (
        ax.AFIF(solver=solver).prepare(problem.objective, problem.theta)
        for solver in ("auto", "cholesky")
    )
    assert torch.equal(ours.effects(c), theirs.effects(c))
    assert torch.equal(ours.leverage(), theirs.leverage())


def test_fewer_rows_than_parameters_are_solved_through_the_rows() -> None:
    choice = ax.AFIF().plan(fitted(200, 5000), columns=10)
    assert choice.solver == ax.Dual()
    assert "200 rows times outputs instead of the 5\u00a0001 parameters" in choice.why
    assert "Cholesky would take" in choice.why
    rough = ax.AFIF(solver=ax.Auto(tolerance=1e-3)).plan(fitted(200, 5000), columns=10)
    assert rough.solver == ax.Dual(tolerance=1e-3)
    # An unpenalised Hessian of a network is no sum of squares, and too much for one factor.
    method = ax.InfinitesimalJackknife(damping=1.0)
    with ax.memory_limit("32 MB"):
        choice = method.plan(fitted(50, 300, hidden=12), columns=2)
    assert choice.name == "block conjugate gradients"
    assert "Cholesky would keep" in choice.why


def test_a_few_right_hand_sides_and_many_dampings_share_a_basis() -> None:
    fit = fitted(4000, 300, hidden=12)
    with ax.memory_limit("64 MB"):
        many = ax.AFIF(damping=0.1).plan(fit, columns=1, dampings=30)
        one = ax.AFIF(damping=0.1).plan(fit, columns=1)
    assert isinstance(many.solver, ax.Lanczos)
    assert "One basis for all 30 dampings" in many.why
    assert one.name == "block conjugate gradients"


def test_lissa_only_where_little_accuracy_is_asked_of_very_many_rows(monkeypatch) -> None:
    fit = fitted(3000, 300, hidden=12)
    monkeypatch.setattr(planning, "SAMPLED", 1000)
    with ax.memory_limit("64 MB"):
        rough = ax.AFIF(solver=ax.Auto(tolerance=0.05), damping=0.1).plan(fit)
        exact = ax.AFIF(damping=0.1).plan(fit)
    assert rough.solver == ax.LiSSA()
    assert exact.solver != ax.LiSSA()


def test_a_choice_can_be_overruled() -> None:
    solver = ax.ConjugateGradient(1e-6)
    choice = ax.AFIF(solver=solver).plan(fitted(20, 5))
    assert choice.solver is solver
    assert choice.why == "Chosen explicitly."
    with pytest.raises(
        ax.InvalidChoice, match="choose one of: auto, block_conjugate_gradient, cholesky"
    ):
        ax.AFIF(solver="magic")


def test_solutions_tell_what_solved_them() -> None:
    problem = CASES[0].make(seed=1)
    influence = ax.AFIF().prepare(problem.objective, problem.theta)
    influence.solve(torch.ones(problem.objective.p, dtype=torch.float64))
    assert influence.solution.stats["solver"] == "Cholesky"
    assert "A dense factor" in influence.solution.stats["why"]


@pytest.mark.parametrize("limit", ["32 MB", "4 GB"])
def test_every_choice_gives_the_same_answers(limit: str) -> None:
    problem = Case("MLP", "bernoulli", "mlp", ridge=0.05).make(seed=1, d=900, n=40, spread=0.2)
    c = torch.randn(problem.objective.p, 2, dtype=torch.float64)
    wanted = torch.linalg.solve(Fisher(problem.objective, problem.theta, damping=0.1).dense(), c)
    with ax.memory_limit(limit):
        influence = ax.AFIF(damping=0.1, solver=ax.Auto(1e-11)).prepare(
            problem.objective, problem.theta
        )
        torch.testing.assert_close(influence.solve(c), wanted, rtol=1e-8, atol=1e-9)


def test_lanczos_solves_every_damping_from_one_basis() -> None:
    problem = CASES[3].make(seed=1)
    fisher = Fisher(problem.objective, problem.theta, damping=0.1)
    c = torch.randn(fisher.p, 2, dtype=torch.float64)
    c[:, 1] = 0
    prepared = ax.Lanczos().prepare(fisher)
    found = prepared.solve(c)
    torch.testing.assert_close(found.value, torch.linalg.solve(fisher.dense(), c))
    assert found.status is ax.Status.CONVERGED
    sweep = prepared.sweep(c[:, 0], [0.0, 1.0])
    eye = torch.eye(fisher.p, dtype=torch.float64)
    torch.testing.assert_close(sweep[0], found.value[:, 0])
    torch.testing.assert_close(sweep[1], torch.linalg.solve(fisher.dense() + eye, c[:, 0]))
    short = ax.Lanczos(size=2).prepare(fisher).solve(c)
    assert short.status is ax.Status.MAX_STEPS
    assert "Raise size above 2" in short.advice


def test_limits_are_set_and_given_back(monkeypatch) -> None:
    monkeypatch.setenv("AFIF_MEMORY", "3 GB")
    assert memory.allowed() == 3 * 2**30
    with ax.memory_limit("1.5 MB") as limit:
        assert memory.allowed() == limit.bytes == 1.5 * 2**20
        with ax.memory_limit(2e9):
            assert memory.allowed() == 2e9
        assert memory.allowed() == limit.bytes
    assert memory.allowed() == 3 * 2**30
    monkeypatch.delenv("AFIF_MEMORY")
    free = memory._free(-1)
    assert 0 < memory.allowed() <= free
    for wrong in ("much", "-1 GB", 5, float("nan"), "1.2.3 GB"):
        with pytest.raises(ax.InvalidChoice, match="at least 1 MB"):
            ax.memory_limit(wrong)
    assert memory.allowed() <= free


def test_a_containers_smaller_limit_is_used(monkeypatch, tmp_path) -> None:
    (tmp_path / "most").write_text("5000000\n")
    (tmp_path / "used").write_text("2000000\n")
    (tmp_path / "none").write_text("max\n")
    monkeypatch.setattr(memory, "_CONTROL_GROUPS", [(tmp_path / "none", tmp_path / "used")])
    assert memory._free(-2) > 5_000_000
    monkeypatch.setattr(memory, "_CONTROL_GROUPS", [(tmp_path / "most", tmp_path / "used")])
    assert memory._free(-3) == 3_000_000


def test_a_gpus_smaller_memory_is_used(monkeypatch) -> None:
    """Of three, the second is not in use, and the third has less; torch holds 300 bytes too many there."""
    of = {
        "get_info": {0: 9_000_000, 2: 4_000_000},
        "reserved": [500, 0, 700],
        "allocated": [500, 0, 400],
    }
    cuda = memory.torch.cuda
    monkeypatch.setattr(cuda, "device_count", lambda: 3)
    monkeypatch.setattr(cuda, "mem_get_info", lambda one: (of["get_info"][one], 1 << 40))
    monkeypatch.setattr(cuda, "memory_reserved", lambda one: of["reserved"][one])
    monkeypatch.setattr(cuda, "memory_allocated", lambda one: of["allocated"][one])
    assert memory._free(-4) > 9_000_000
    monkeypatch.setattr(cuda, "is_initialized", lambda: True)
    clock = SimpleNamespace(monotonic=lambda: -5 * memory.LOOK_AGAIN)
    monkeypatch.setattr(memory, "time", clock)
    monkeypatch.setattr(memory, "LEAST", 1)
    assert memory.allowed() == 4_000_300 // memory.SHARE_OF_FREE


def test_blocks_are_small_for_a_processors_cache_only() -> None:
    here, far = torch.zeros(3), torch.zeros(3, device="meta")
    assert memory.cached_rows(100, here) == memory.CACHED // 100
    assert memory.cached_rows(100, here, least=5000) == 5000
    assert memory.block_rows(100, here, near=1000) == 10
    for rows in (memory.cached_rows(100, far), memory.block_rows(100, far, near=1000)):
        assert rows == memory.block_rows(100, here) == memory.COMFORTABLE // 100


def test_a_module_is_planned_too() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
    X = torch.randn(20, 4, dtype=torch.float64)
    objective = ax.Objective(net, "categorical", ax.Ridge(0.1), X, torch.arange(20) % 2)
    theta = objective.vector(objective.model.initial(0))
    assert choose(Fisher(objective, theta), 5).name == "Cholesky"


def test_a_large_problem_takes_what_it_may(tmp_path) -> None:
    """200 000 rows: the data have 76 MB, a copy of them alone would break the bound."""
    told = tmp_path / "told.json"
    command = [sys.executable, "-m", "benchmarks.memory", "--json", str(told), "--limit", "24 MB"]
    sizes = ["--rows", "200000", "--columns", "50", "--targets", "4"]
    # Freed blocks go back to the system at once: what the work needs, not what the allocator keeps for later.
    exact = os.environ | {"MALLOC_MMAP_THRESHOLD_": "131072"}
    root = Path(__file__).resolve().parents[3]
    subprocess.run([*command, *sizes], check=True, cwd=root, env=exact)
    facts = json.loads(told.read_text())
    assert facts["gradient_norm"] < 1e-8
    assert facts["peak_above_gb"] < 0.065
