"""LiSSA's results from the spectrum, against the recursion."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from afif_explorer.engine.curvature.operators import Fisher, Hessian
from afif_explorer.engine.curvature.spectrum import Spectrum, bounds, lanczos
from afif_explorer.engine.solvers.base import Cholesky, Status
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import SolverDiverged
from tests.helpers.cases import CANONICAL, CASES, Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def fisher_of(case: Case, damping: float = 0.0, n: int = 60, seed: int = 1) -> Fisher:
    problem = case.make(seed=seed, n=n)
    theta = minimise(problem.objective).theta if case.canonical else problem.theta
    return Fisher(problem.objective, theta, damping=damping)


def gradient(fisher: Fisher) -> torch.Tensor:
    return fisher.point.gradients(torch.tensor([0])).T


def recursion(matrix: torch.Tensor, c: torch.Tensor, scale: float, depth: int) -> torch.Tensor:
    u = c.clone()
    for _ in range(depth):
        u = c + u - matrix @ u / scale
    return u / scale


def close(actual: torch.Tensor, wanted: torch.Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(actual, wanted, rtol=0, atol=tolerance * float(wanted.abs().max()))


@every_case
def test_it_equals_the_recursion_for_every_setting(case: Case) -> None:
    fisher = fisher_of(case)
    c = gradient(fisher)
    largest = float(torch.linalg.eigvalsh(fisher.dense())[-1])
    whole = Spectrum.full(fisher)
    krylov = Spectrum.lanczos(fisher, c[:, 0], size=64)
    for damping in (0.0, 0.1):
        matrix = fisher.dense() + damping * torch.eye(fisher.p, dtype=torch.float64)
        for scale in (0.55 * (largest + damping), largest + damping, 20 * largest):
            for depth in (1, 7, 150):
                wanted = recursion(matrix, c[:, 0], scale, depth)
                setting = {"scale": scale, "depth": depth, "damping": damping}
                close(whole.lissa(c[:, 0], **setting), wanted)
                close(krylov.lissa(c[:, 0], **setting), wanted)
                close(whole.lissa(c, **setting)[:, 0], wanted)


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_solves_equal_the_direct_solve(case: Case) -> None:
    fisher = fisher_of(case)
    c = gradient(fisher)[:, 0]
    direct = Cholesky().prepare(fisher).solve(c).value
    close(Spectrum.full(fisher).solve(c), direct, 1e-9)
    close(Spectrum.lanczos(fisher, c).solve(c), direct, 1e-9)
    damped = Cholesky().prepare(fisher_of(case, damping=0.3)).solve(c).value
    close(Spectrum.full(fisher).solve(c, damping=0.3), damped, 1e-9)
    close(Spectrum.lanczos(fisher, c).solve(c, damping=0.3), damped, 1e-9)


@pytest.mark.parametrize("d", [2, 4, 8, 12])
def test_flat_directions_of_softmax_never_enter_the_basis(d: int) -> None:
    problem = Case("softmax", "categorical", "linear", k=4, ridge=0.01).make(seed=0, n=200, d=d)
    fisher = Fisher(problem.objective, minimise(problem.objective).theta)
    c = gradient(fisher)[:, 0]
    smallest = float(torch.linalg.eigvalsh(fisher.dense())[1])
    for size in (5, 16, 64, 200):
        spectrum = Spectrum.lanczos(fisher, c, size)
        assert float(spectrum.values[0]) >= 0.99 * smallest
        assert not spectrum.diverges(scale=float(spectrum.values[-1]))
    assert bounds(fisher).smallest >= 0.99 * smallest


def test_the_table_of_errors_holds_the_errors() -> None:
    fisher = fisher_of(CANONICAL[3])
    c = gradient(fisher)[:, 0]
    whole = Spectrum.full(fisher)
    largest = float(whole.values[-1])
    scales, depths = np.array([0.3, 0.51, 1.0, 8.0]) * largest, np.array([1, 10, 100])
    table = whole.errors(c, scales, depths, damping=0.0)
    assert table.shape == (3, 4)
    exact = torch.linalg.solve(fisher.dense(), c)
    for i, depth in enumerate(depths):
        assert np.isnan(table[i, 0])
        for j in (1, 2, 3):
            found = recursion(fisher.dense(), c, scales[j], int(depth))
            wanted = float((found - exact).norm() / exact.norm())
            assert table[i, j] == pytest.approx(wanted, rel=1e-8, abs=1e-12)
    krylov = Spectrum.lanczos(fisher, c).errors(c, scales, depths)
    np.testing.assert_allclose(krylov, table, rtol=1e-6, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0.1, 3.0), damping=st.floats(0, 2), case=st.sampled_from(CANONICAL))
def test_it_diverges_where_the_recursion_does(share, damping, case) -> None:
    fisher = fisher_of(case, n=30)
    c = gradient(fisher)
    whole = Spectrum.full(fisher)
    scale = share * (float(whole.values[-1]) + damping)
    if abs(share - 0.5) < 0.01:
        return
    diverges = share < 0.5
    assert whole.diverges(scale, damping) is diverges
    damped = Fisher(fisher.point.objective, fisher.point.theta, damping=damping)
    true = LiSSA(scale=scale, depth=1500, batch_size=30).prepare(damped).solve(c)
    assert (true.status is Status.DIVERGED) is diverges
    if diverges:
        with pytest.raises(SolverDiverged, match="set the scale above"):
            whole.lissa(c, scale=scale, depth=10, damping=damping)
        assert not whole.diverges(1.01 * whole.smallest_scale(damping), damping)


def test_negative_curvature_diverges_at_every_scale() -> None:
    problem = Case("network", "gaussian", "mlp", ridge=0.01).make(seed=1, spread=3.0)
    spectrum = Spectrum.full(Hessian(problem.objective, problem.theta))
    assert float(spectrum.values[0]) < 0
    assert spectrum.diverges(1e6)
    assert not spectrum.diverges(1e6, damping=1.1 * -float(spectrum.values[0]))


@every_case
def test_lanczos_builds_an_orthonormal_basis_in_which_the_curvature_is_its_matrix(case) -> None:
    fisher = fisher_of(case)
    basis, matrix = lanczos(fisher, gradient(fisher)[:, 0], 12)
    close(basis.T @ basis, torch.eye(basis.shape[1], dtype=torch.float64), 1e-12)
    close(basis.T @ (fisher @ basis), matrix, 1e-10)
