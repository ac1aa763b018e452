"""LiSSA: against the direct solve and a literal recursion, and its detection of divergence."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Curvature, EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.influence.methods import AFIF
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.solvers.base import Cholesky, ConjugateGradient, Status
from afif_explorer.engine.solvers.lissa import effect_error
from afif_explorer.engine.solvers.lissa.noise import row_noise
from afif_explorer.engine.solvers.lissa.recursion import SLACK
from afif_explorer.engine.solvers.lissa.rule import automatic
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import InvalidChoice, SolverDiverged
from afif_explorer.progress import listening
from tests.helpers.cases import CANONICAL, CASES, Case

HEAVY = next(case for case in CANONICAL if case.name == "Poisson")
LOGISTIC = Case("logistic", "bernoulli", "linear", ridge=0.05)


def fitted(case: Case = LOGISTIC, n: int = 600, d: int = 6, seed: int = 0) -> Fisher:
    problem = case.make(seed=seed, n=n, d=d)
    return Fisher(problem.objective, minimise(problem.objective).theta)


def gradients(fisher: Fisher, m: int = 2) -> torch.Tensor:
    return fisher.point.gradients(torch.arange(m)).T


def error(found, fisher: Fisher, c: torch.Tensor) -> float:
    exact = Cholesky().prepare(fisher).solve(c).value
    return float(((found.value - exact).norm(dim=0) / exact.norm(dim=0)).max())


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_the_three_solvers_agree(case: Case) -> None:
    fisher = fitted(case, n=80, d=4)
    c = gradients(fisher)
    assert error(ConjugateGradient(1e-11).prepare(fisher).solve(c), fisher, c) < 1e-9
    whole = LiSSA(batch_size=80, depth=4000).prepare(fisher).solve(c)
    assert whole.status is Status.CONVERGED
    assert error(whole, fisher, c) < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_the_automatic_rule_is_within_five_per_cent_of_the_direct_solve(data_home, seed) -> None:
    fit = ax.fit(ax.load_dataset("insurance"), model="linear", penalty=ax.Ridge(1e-2))
    fisher = Fisher(fit.objective, fit.parameters)
    c = ax.MeanLoss("test").bind(fit).gradient()[:, None]
    found = LiSSA(batch_size=128, repeats=4, seed=seed).prepare(fisher).solve(c)
    assert found.status is Status.CONVERGED
    assert error(found, fisher, c) <= 0.05


@settings(max_examples=12, deadline=None)
@given(case=st.sampled_from(CANONICAL), seed=st.integers(0, 50), batch_size=st.integers(1, 200))
@example(case=HEAVY, seed=1, batch_size=2)  # one row has 48 times the average curvature
@example(case=HEAVY, seed=4, batch_size=1)
def test_the_verdict_can_be_trusted(case: Case, seed: int, batch_size: int) -> None:
    fisher = fitted(case, n=200, d=4, seed=seed % 5)
    c = gradients(fisher)
    solver = LiSSA(batch_size=batch_size, depth=300, repeats=4, seed=seed)
    found = solver.prepare(fisher).solve(c)
    assert found.status is not Status.DIVERGED
    wrong = error(found, fisher, c)
    assert (wrong <= 0.15) if found.status is Status.CONVERGED else found.advice


def brute_force_noise(curvature: Curvature) -> float:
    """The largest eigenvalue of ``(1/n) sum_i tr(F_i) F_i`` relative to ``C``, by SciPy."""
    problem = curvature.point.objective
    kind, theta = type(curvature), curvature.point.theta
    bare = Objective(problem.model, problem.loss, None, problem.X, problem.y)
    single = torch.eye(problem.n, dtype=torch.float64) * problem.n
    rows = [kind(bare, theta, weights=weights).dense() for weights in single]
    heavy = sum(torch.trace(row) * row for row in rows) / problem.n
    values, vectors = torch.linalg.eigh(curvature.dense())
    half = vectors[:, values > 1e-9 * values[-1]]
    return scipy.linalg.eigh(half.T @ heavy @ half, half.T @ curvature.dense() @ half)[0][-1]


@pytest.mark.parametrize("kind", [Fisher, EmpiricalFisher], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_noise_of_a_row_is_that_of_the_matrices(case: Case, kind: type[Curvature]) -> None:
    problem = case.make(seed=4, n=60)
    curvature = kind(problem.objective, problem.theta, damping=0.05)
    found, wanted = row_noise(curvature), brute_force_noise(curvature)
    assert 0.95 * wanted <= found <= wanted * (1 + 1e-9)


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_the_rule_knows_the_spectrum(case: Case) -> None:
    fisher = fitted(case, n=300, d=6)
    values = np.linalg.eigvalsh(fisher.dense())
    rule = automatic(fisher, 64)
    assert rule.largest == pytest.approx(values[-1], rel=1e-8)
    smallest = values[values > 1e-9 * values[-1]][0]  # softmax has a flat direction
    assert rule.smallest == pytest.approx(smallest, rel=1e-6)
    assert rule.trace == pytest.approx(fisher.trace_of_data(), rel=0.3)
    assert rule.scale == pytest.approx(rule.largest + brute_force_noise(fisher) / 64, rel=1e-3)
    assert rule.depth == np.ceil(8 * rule.scale / rule.smallest)
    assert automatic(fisher, 300).scale == pytest.approx(values[-1], rel=1e-8)


@pytest.mark.parametrize("batch_size", [8, 128])
def test_a_scale_far_below_the_rule_is_flagged_early_and_the_advice_works(batch_size: int) -> None:
    fisher = fitted()
    c = gradients(fisher)
    scale = 0.3 * automatic(fisher, batch_size).scale
    heard = []
    with listening(lambda step: heard.append(step.done)):
        found = LiSSA(scale=scale, depth=2000, batch_size=batch_size).prepare(fisher).solve(c)
    assert heard
    assert found.status is Status.DIVERGED
    assert found.stats["steps"] <= 400
    steps = found.stats["steps"]
    sound = (steps + 1) * float(c.norm()) / scale  # as far as a sound recursion can get
    assert float(found.value.norm(dim=0).max()) <= 1e4 * SLACK * sound  # looked at every tenth step
    advised = float(re.search(r"set the scale to ([\d.e+-]+) ", found.advice).group(1))
    again = LiSSA(scale=advised, batch_size=batch_size, repeats=8).prepare(fisher).solve(c)
    assert again.status is not Status.DIVERGED
    assert error(again, fisher, c) < (0.1 if batch_size == 128 else 0.4)


def test_influence_raises_a_divergence_with_the_scale_that_works() -> None:
    fisher = fitted()
    method = AFIF(solver=LiSSA(scale=0.05 * automatic(fisher).scale, depth=500))
    with pytest.raises(SolverDiverged, match=r"diverged at scale .* set the scale to"):
        method.prepare(fisher.point.objective, fisher.point.theta).effects(gradients(fisher))


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0.05, 0.98), depth=st.integers(1, 400), seed=st.integers(0, 5))
def test_full_batches_below_half_the_largest_eigenvalue_are_never_accepted(share, depth, seed):
    fisher = fitted(n=60, d=3, seed=seed)
    largest = float(torch.linalg.eigvalsh(fisher.dense())[-1])
    c = gradients(fisher)
    found = LiSSA(scale=share * largest / 2, depth=depth, batch_size=60).prepare(fisher).solve(c)
    assert found.status is Status.DIVERGED
    assert "set the scale to" in found.advice


@settings(max_examples=30, deadline=None)
@given(factor=st.floats(1.02, 5.0), seed=st.integers(0, 5))
def test_full_batches_above_half_the_largest_eigenvalue_converge(factor, seed) -> None:
    fisher = fitted(n=60, d=3, seed=seed)
    values = torch.linalg.eigvalsh(fisher.dense())
    scale = factor * float(values[-1]) / 2
    slowest = float((1 - values / scale).abs().max())
    depth = int(np.ceil(np.log(1e-9) / np.log(slowest)))
    c = gradients(fisher)
    found = LiSSA(scale=scale, depth=depth, batch_size=60).prepare(fisher).solve(c)
    assert found.status is Status.CONVERGED
    assert error(found, fisher, c) < 1e-6


def test_a_series_that_is_cut_early_names_a_depth_that_is_enough() -> None:
    fisher = fitted(n=100, d=4)
    c = gradients(fisher)
    found = LiSSA(scale=50.0, depth=10, batch_size=100).prepare(fisher).solve(c)
    assert found.status is Status.MAX_STEPS
    depth = int(re.search(r"raise the depth to (\d+)", found.advice).group(1))
    again = LiSSA(scale=50.0, depth=depth, batch_size=100).prepare(fisher).solve(c)
    assert again.status is Status.CONVERGED
    assert error(again, fisher, c) < 1e-3


def test_the_other_convention_takes_the_same_steps() -> None:
    """``u <- c + (1 - d) u - H u / s`` run literally, against our settings and damping for it."""
    scale, depth, d = 30.0, 200, 0.01
    fisher = fitted(n=50, d=4)
    c = gradients(fisher)
    u = c.clone()
    for _ in range(depth):
        u = c + (1 - d) * u - (fisher.dense() @ u) / scale
    solver, damping = LiSSA.from_koh_liang(scale, depth, d)
    assert damping == pytest.approx(0.3)
    damped = Fisher(fisher.point.objective, fisher.point.theta, damping=damping)
    solver = LiSSA(scale=solver.scale, depth=solver.depth, batch_size=50)
    torch.testing.assert_close(
        solver.prepare(damped).solve(c).value, u / scale, rtol=1e-10, atol=1e-13
    )


def test_the_mean_of_the_last_steps_is_that_of_the_recursion() -> None:
    scale, depth = 3.0, 40  # so few that the cut is seen
    fisher = fitted(n=60, d=3)
    c = gradients(fisher)
    steps = [c]
    for _ in range(depth):
        steps.append(c + steps[-1] - fisher.dense() @ steps[-1] / scale)
    solver = LiSSA(scale=scale, depth=depth, batch_size=60, average=0.25)
    found = solver.prepare(fisher).solve(c)
    wanted = torch.stack(steps[-10:]).mean(0) / scale
    torch.testing.assert_close(found.value, wanted, rtol=1e-10, atol=1e-13)
    assert found.stats["averaged"] == 10
    values, vectors = torch.linalg.eigh(fisher.dense())
    left = 1 - values[0] * (vectors[:, 0] @ wanted) / (vectors[:, 0] @ c)
    assert found.stats["truncation"] == pytest.approx(float(left[0]), rel=1e-8)


def test_averaging_halves_the_noise() -> None:
    fisher = fitted(n=2000)
    c = gradients(fisher)
    alone, averaged = (
        [
            error(
                LiSSA(batch_size=32, average=share, seed=seed).prepare(fisher).solve(c), fisher, c
            )
            for seed in range(6)
        ]
        for share in (0.0, None)
    )
    assert np.median(averaged) < 0.6 * np.median(alone)


def test_a_depth_that_was_chosen_is_the_plain_recursion() -> None:
    fisher = fitted(n=200)
    c = gradients(fisher)
    for solver in (LiSSA(depth=50, batch_size=16), LiSSA(batch_size=200)):
        assert solver.prepare(fisher).solve(c).stats["averaged"] == 1
    is_auto = LiSSA(batch_size=16).prepare(fisher)
    assert is_auto.solve(c).stats["averaged"] == round(is_auto.depth / 2)


def test_seeds_repeat_and_differ() -> None:
    fisher = fitted(n=200)
    c = gradients(fisher)

    def run(seed: int) -> torch.Tensor:
        return LiSSA(depth=40, batch_size=16, seed=seed).prepare(fisher).solve(c).value

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))


def test_checkpoints_store_intermediate_estimates() -> None:
    fisher = fitted(n=100, d=4)
    c = gradients(fisher)
    found = LiSSA(depth=300, batch_size=32, repeats=3, checkpoints=9).prepare(fisher).solve(c)
    depths, path = found.stats["path"]
    assert depths[0] == 1
    assert depths[-1] == 300
    assert len(depths) == len(path) == len(found.stats["trace"]) <= 9
    torch.testing.assert_close(path[-1], found.value)
    assert found.stats["trace"][-1] == pytest.approx(found.stats["residual"])
    assert found.stats["trace"][0] > found.stats["trace"][-1]
    prefix = LiSSA(scale=found.stats["scale"], depth=int(depths[4]), batch_size=32, repeats=3)
    torch.testing.assert_close(path[4], prefix.prepare(fisher).solve(c).value)


def test_the_trace_has_every_steps_residual_as_its_batch_sees_it() -> None:
    fisher = fitted(n=60, d=3)
    c = gradients(fisher)
    found = LiSSA(scale=3.0, depth=25, batch_size=60, checkpoints=25).prepare(fisher).solve(c)
    [trace] = found.stats["batch_trace"]
    assert len(trace) == 25
    u, wanted = c, []
    for _ in range(25):  # with all rows a batch sees the true residual
        left = c - fisher.dense() @ u / 3.0
        wanted.append(float(left.norm() / c.norm()))
        u = u + left
    np.testing.assert_allclose(trace, wanted, rtol=1e-9)
    rarely = LiSSA(scale=3.0, depth=25, batch_size=16, repeats=2).prepare(fisher).solve(c)
    assert rarely.stats["batch_trace"].shape == (2, 3)  # steps 10, 20 and 25
    far = LiSSA(scale=0.01, depth=200, batch_size=60).prepare(fisher).solve(c)
    assert far.status is Status.DIVERGED
    assert (np.diff(far.stats["batch_trace"][0]) > 0).all()


def test_batches_of_a_weighted_curvature_keep_their_mean() -> None:
    problem = LOGISTIC.make(seed=1, n=120)
    weights = torch.linspace(0, 2, 120, dtype=torch.float64)
    fisher = Fisher(problem.objective, problem.theta, weights=weights, damping=0.2)
    c = problem.objective.at(problem.theta).gradients(torch.arange(2)).T
    found = LiSSA(batch_size=64, repeats=16).prepare(fisher).solve(c)
    assert error(found, fisher, c) < 0.1


def test_negative_curvature_is_named_with_a_damping_that_works() -> None:
    problem = Case("network", "gaussian", "mlp", ridge=0.01).make(seed=1, spread=3.0)
    c = problem.objective.at(problem.theta).gradients(torch.arange(2)).T
    curved = Hessian(problem.objective, problem.theta)
    found = LiSSA(depth=20_000, batch_size=problem.objective.n).prepare(curved).solve(c)
    assert found.status is Status.DIVERGED
    assert "negative curvature" in found.advice
    damping = float(re.search(r"damping by at least ([\d.e+-]+),", found.advice).group(1))
    damped = Hessian(problem.objective, problem.theta, damping=damping)
    assert float(torch.linalg.eigvalsh(damped.dense())[0]) > 0


@pytest.mark.parametrize(
    "setting", [{"scale": 0.0}, {"scale": np.nan}, {"depth": 0}, {"depth": 2.5}, {"repeats": -1},
                {"batch_size": 0.5}, {"average": 1.5}, {"average": np.nan}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(setting: dict) -> None:
    with pytest.raises(InvalidChoice, match=f"LiSSA's {next(iter(setting))}"):
        LiSSA(**setting)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rows_that_are_kept_give_the_same_steps_as_rows_made_anew(case: Case, monkeypatch) -> None:
    problem = case.make(seed=1)
    weights = torch.linspace(0, 2, problem.objective.n, dtype=torch.float64)
    fisher = Fisher(problem.objective, problem.theta, damping=0.1, weights=weights)
    c = torch.randn(fisher.p, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    solver = LiSSA(scale=1e3, depth=20, batch_size=7, repeats=2)
    kept = solver.prepare(fisher)
    monkeypatch.setattr("afif_explorer.engine.solvers.lissa.recursion.fits", lambda *_: False)
    anew = solver.prepare(fisher)
    assert kept.recursion.keeps_rows
    assert not anew.recursion.keeps_rows
    torch.testing.assert_close(kept.solve(c).value, anew.solve(c).value, rtol=1e-10, atol=1e-14)


def random_problem(seed: int) -> tuple[Fisher, LiSSA]:
    """A linear map or a network with a ridge of 1e-5 to 1e-1, and settings of LiSSA."""
    draw = np.random.default_rng(seed)
    case = CASES[seed % len(CASES)]
    n, d = int(draw.integers(60, 150)), int(draw.integers(2, 6))
    ridge = float(10 ** draw.uniform(-5, -1))
    problem = dataclasses.replace(case, ridge=ridge).make(seed=seed, n=n, d=d)
    settings = LiSSA(
        depth=int(10 ** draw.uniform(1, 2.7)),
        batch_size=int(draw.integers(8, 2 * n)),
        repeats=int(draw.integers(1, 4)),
        checkpoints=int(2 * (draw.random() < 0.5)),
        seed=seed,
    )
    return Fisher(problem.objective, problem.theta), settings


@pytest.mark.parametrize("by_products", [False, True])
def test_what_says_converged_is_within_five_per_cent_in_effects(by_products, monkeypatch) -> None:
    """Against the direct solve; ``by_products``: the error is bounded without a factor."""
    if by_products:
        monkeypatch.setattr(effect_error, "_factor_is_cheap", lambda *_: False)
    accepted = misleading = 0
    for seed in range(30):
        fisher, solver = random_problem(seed)
        c = gradients(fisher, 1)
        found = solver.prepare(fisher).solve(c)
        exact = Cholesky().prepare(fisher).solve(c).value
        assert found.status is not Status.DIVERGED
        wrong, right = (fisher.point.gradient_products(x) for x in (found.value - exact, exact))
        off = float(wrong.norm() / right.norm())
        misleading += off > 0.05 >= found.stats["residual"]
        assert off <= found.stats["effect_error"] * (1 + 1e-6) + 1e-9
        if found.status is Status.CONVERGED:
            accepted += 1
            assert off <= 0.05
    assert accepted >= 5
    assert misleading >= 1


def test_a_capped_depth_is_not_taken_for_convergence() -> None:
    """A network with a weak ridge: the residual is small, the effects are not."""
    problem = Case("network", "gaussian", "mlp", ridge=1e-4).make(seed=3, n=60, d=4)
    fisher = Fisher(problem.objective, minimise(problem.objective).theta)
    c = gradients(fisher, 1)
    found = LiSSA(depth=600, batch_size=60, average=0.5).prepare(fisher).solve(c)
    exact = Cholesky().prepare(fisher).solve(c).value
    wrong, right = (fisher.point.gradient_products(x).norm() for x in (found.value - exact, exact))
    assert found.stats["residual"] <= 0.05 < float(wrong / right)
    assert found.stats["effect_error"] == pytest.approx(float(wrong / right), rel=1e-6)
    assert found.status is Status.MAX_STEPS
    damped = float(
        re.search(r"directions are damped by about ([\d.e+-]+)\.", found.advice).group(1)
    )
    assert damped == pytest.approx(found.stats["scale"] / 601, rel=0.05)
