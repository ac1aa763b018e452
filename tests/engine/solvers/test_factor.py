"""Factors of singular matrices and of matrices in single precision, against NumPy's pseudo-inverse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.solvers import factor as factors
from afif_explorer.engine.solvers.factor import Factor
from afif_explorer.engine.solvers.null_space import MOST, null_space
from afif_explorer.errors import CurvatureError

P = 320


def matrix(*lowest: float, p: int = P) -> Tensor:
    """A matrix with these eigenvalues, and others from 1e-3 to 10."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(p, p)))[0]
    values = np.concatenate([lowest, np.geomspace(1e-3, 10, p - len(lowest))])
    return torch.as_tensor((turn * values) @ turn.T)


def block(given: Tensor, m: int = 4) -> Tensor:
    draw = torch.Generator().manual_seed(1)
    return given @ torch.randn(len(given), m, dtype=given.dtype, generator=draw)


@pytest.mark.parametrize("flat", [1, 3, MOST, 40])
def test_solutions_are_those_of_the_pseudo_inverse(flat: int) -> None:
    given = matrix(*[0.0] * flat)
    rhs, inverse = block(given), np.linalg.pinv(given.numpy(), hermitian=True, rcond=1e-9)
    found = Factor(given, "Fisher", 0.0)
    assert (found.rank, found.singular) == (P - flat, True)
    np.testing.assert_allclose(found.solve(rhs), inverse @ rhs.numpy(), rtol=1e-8, atol=1e-8)
    whitener = found.whitener.numpy()
    np.testing.assert_allclose(whitener @ whitener.T, inverse, rtol=1e-8, atol=1e-7)
    half = found.half(rhs).numpy()
    np.testing.assert_allclose(half.T @ half, rhs.numpy().T @ inverse @ rhs.numpy(), rtol=1e-8)


def test_few_flat_directions_need_no_eigenvectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors.torch.linalg, "eigh", _refuse_large(torch.linalg.eigh))
    assert Factor(matrix(0.0, 0.0), "Fisher", 0.0).rank == P - 2
    with pytest.raises(AssertionError, match="all eigenvectors"):
        Factor(matrix(*[0.0] * MOST), "Fisher", 0.0)


def _refuse_large(eigh):
    def small(given: Tensor):
        assert len(given) < P, "all eigenvectors"
        return eigh(given)

    return small


@pytest.mark.parametrize("n", [9, 60], ids=["fewer rows than parameters", "more"])
def test_blocks_of_rows_are_those_of_the_pseudo_inverse(n: int) -> None:
    draw = torch.Generator().manual_seed(2)
    X, y = torch.randn(n, 9, dtype=torch.float64, generator=draw), torch.arange(n) % 4
    objective = ax.Objective(ax.LinearMap(9, 4), "categorical", ax.Ridge(0.1), X, y)
    fisher = ax.Fisher(objective, 0.1 * torch.ones(objective.p, dtype=torch.float64))
    rows = torch.arange(3, 9)
    jacobian = fisher.point.linearization.jacobian(rows)
    inverse = torch.linalg.pinv(fisher.dense(), hermitian=True, rtol=1e-10)
    found = ax.Cholesky().prepare(fisher).row_blocks(rows)
    torch.testing.assert_close(found, jacobian @ inverse @ jacobian.mT)


@pytest.mark.parametrize("lowest", [-1e-6, -1.0])
def test_what_bends_down_is_refused(lowest: float) -> None:
    with pytest.raises(CurvatureError, match="negative curvature"):
        Factor(matrix(lowest, 0.0), "Hessian", 0.0)


def test_what_is_nearly_flat_is_left_to_the_eigenvectors() -> None:
    share = factors.rounding(P, 0, torch.float64)
    assert null_space(matrix(0.0, 30.0 * share), share) is None
    found, largest = null_space(matrix(0.0), share)
    assert found.shape == (P, 1)
    assert largest == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("lowest", [(), (0.0,)], ids=["regular", "singular"])
def test_single_precision_keeps_the_directions_that_a_penalty_holds(lowest: tuple[float]) -> None:
    exact = matrix(*lowest, *[2e-4] * 100, p=2 * P)
    inverse = np.linalg.pinv(exact.numpy(), hermitian=True, rcond=1e-7)
    found = Factor(exact.float(), "Fisher", 0.0)
    assert found.rank == 2 * P - len(lowest)
    assert found.whitener.dtype == torch.float32
    rhs = block(exact)
    solved = found.solve(rhs.float()).double().numpy()
    np.testing.assert_allclose(solved, inverse @ rhs.numpy(), atol=2e-2, rtol=2e-2)
