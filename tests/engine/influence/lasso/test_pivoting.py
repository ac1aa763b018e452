"""Pivoting: its result satisfies the optimality conditions of the proximal problem, checked with NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from afif_explorer.engine.influence.lasso import pivoting
from afif_explorer.engine.influence.lasso.pivoting import Blocks, Pivoted, pivoted

S, V, ROWS, THRESHOLD = 12, 20, 40, 0.1


class Drawn:
    """A random curvature, a fit at a kink, and gradients of removed rows of any size."""

    def __init__(self, seed: int, size: float, rank: int = 60) -> None:
        draw = np.random.default_rng(seed)
        half = draw.normal(size=(rank, S + V)) @ (
            np.eye(S + V) + 0.1 * draw.normal(size=(S + V, S + V))
        )
        self.rank = rank
        self.C = half.T @ half / rank
        self.theta = draw.normal(size=S) * 10 ** draw.uniform(-2, 0, S)
        self.penalised = np.arange(S) < S - 2  # the last two are never zero
        kinks = THRESHOLD * np.sign(self.theta) * self.penalised
        self.g = np.concatenate([-kinks, THRESHOLD * draw.uniform(-1, 1, V)])
        self.h = size * draw.normal(size=(ROWS, S + V)) * 10 ** draw.uniform(-2, 0, (ROWS, 1))
        self.inverse = np.linalg.inv(self.C[:S, :S])

    def result(self) -> Pivoted:
        solved = self.inverse @ self.C[:S, S:]
        schur = self.C[S:, S:] - self.C[S:, :S] @ solved
        arrays = (self.theta, self.penalised, solved, schur, self.inverse)
        kept = self.h[:, :S] @ self.inverse
        slope = self.g[S:] - self.h[:, S:] + kept @ self.C[:S, S:]
        blocks = Blocks(*map(torch.as_tensor, arrays), THRESHOLD, self.rank)
        return pivoted(blocks, torch.as_tensor(kept), torch.as_tensor(slope))

    def check(self, found: Pivoted) -> np.ndarray:
        """That every row is optimal; the new parameters ``[rows, S + V]``."""
        steps = torch.cat([found.step, found.x], dim=1).numpy()
        after = np.concatenate([self.theta, np.zeros(V)]) + steps
        zero = np.abs(after) < 1e-12
        slope = self.g - self.h + steps @ self.C
        free = np.concatenate([~self.penalised, np.zeros(V, bool)])
        wanted = np.where(free, 0.0, -THRESHOLD * np.sign(after))
        off = np.where(
            zero & ~free, np.maximum(np.abs(slope) - THRESHOLD, 0), np.abs(slope - wanted)
        )
        assert off.max() < 1e-9
        return after


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("patience", [10, 0])
def test_every_row_is_optimal(size: float, patience: int, monkeypatch) -> None:
    monkeypatch.setattr(pivoting, "PATIENCE", patience)
    entered = left = turned = 0
    for seed in range(5):
        drawn = Drawn(seed, size)
        found = drawn.result()
        assert bool(found.settled.all())
        after = drawn.check(found)
        entered += int((after[:, S:] != 0).sum())
        left += int((np.abs(after[:, : S - 2]) < 1e-12).sum())
        turned += int((after[:, : S - 2] * drawn.theta[: S - 2] < -1e-9).sum())
    assert entered > 0
    assert left > 0
    assert turned > 0 or size < 1


def test_a_search_that_is_cut_is_not_settled(monkeypatch) -> None:
    monkeypatch.setattr(pivoting, "PIVOTS", 1)
    assert not bool(Drawn(0, 30.0).result().settled.all())


def test_a_singular_system_is_not_settled() -> None:
    drawn = Drawn(0, 30.0)
    drawn.C[:, S + 1] = drawn.C[:, S]
    drawn.C[S + 1] = drawn.C[S]
    drawn.g[S + 1], drawn.h[:, S + 1] = drawn.g[S], drawn.h[:, S]
    found = drawn.result()
    both = ((found.x[:, :2] != 0).all(1)) & found.settled
    assert not bool(both.any())
    assert not bool(found.settled.all())


def test_no_more_become_nonzero_than_the_curvature_has_ranks(monkeypatch) -> None:
    drawn, sizes = Drawn(0, 1.0, rank=S + 10), []

    def noted(matrices: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        sizes.extend(torch.linalg.matrix_rank(matrices, rtol=1e-12) == matrices.shape[1])
        return solutions(matrices, right)

    solutions = pivoting._solutions
    monkeypatch.setattr(pivoting, "_solutions", noted)
    settled = drawn.result().settled
    assert all(sizes)  # every system that is solved is regular
    assert bool(settled.any())
    assert not bool(settled.all())


@pytest.mark.parametrize("large", [0, 64])
def test_large_systems_one_by_one(large: int, monkeypatch) -> None:
    monkeypatch.setattr(pivoting, "LARGE", large)
    draw = torch.Generator().manual_seed(0)
    matrices = torch.randn(5, 7, 7, generator=draw, dtype=torch.float64)
    matrices[3] = 0.0
    right = torch.randn(5, 7, generator=draw, dtype=torch.float64)
    found, regular = pivoting._solutions(matrices, right)
    assert regular.tolist() == [True, True, True, False, True]
    wanted = np.linalg.solve(matrices[regular].numpy(), right[regular].numpy()[:, :, None])
    np.testing.assert_allclose(found[regular].numpy(), wanted[:, :, 0], rtol=1e-9)


def test_without_zero_parameters() -> None:
    drawn = Drawn(1, 1.0)
    kept = torch.as_tensor(drawn.h[:, :S] @ drawn.inverse)
    theta, penalised = torch.as_tensor(drawn.theta), torch.as_tensor(drawn.penalised)
    none = kept.new_zeros(S, 0)
    blocks = Blocks(theta, penalised, none, none[:0], torch.as_tensor(drawn.inverse), THRESHOLD, S)
    found = pivoted(blocks, kept, kept.new_zeros(ROWS, 0))
    assert bool(found.settled.all())
    crosses = (theta + kept) * theta * penalised < 0
    assert torch.equal((found.u != 0).any(1), crosses.any(1))
