"""A preconditioner from the curvature within the span of some rows.

With ``E = D^-1`` of penalty and damping, ``H`` ``[n r, p]`` all rows (``H' H`` is the Fisher) and ``H_S``
some of them, ``W = E^1/2 H_S' T`` with ``T = U diag(l)^-1/2`` from ``H_S E H_S' = U diag(l) U'`` is an
orthonormal basis of their span, and ``M = W' E^1/2 H' H E^1/2 W = T' K' K T`` the Fisher there, with
``K = H E H_S'``: only inner products of rows are needed. Those among the landmarks are computed in double
precision, because squaring loses half of the digits; directions dominated by rounding are left out.
Source: Williams and Seeger (2001) for the approximation; Frangella, Tropp and Udell (2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.solvers.preconditioner import (
    Approximation,
    Diagonal,
    Preconditioner,
    Product,
    floored,
)
from afif_explorer.numeric import checked_count, checked_seed


@dataclass(frozen=True)
class Landmarks(Approximation):
    """A preconditioner ``C ~ D^1/2 (I + W M W') D^1/2``, with ``D`` the diagonal of penalty and damping.

    ``W`` is an orthonormal basis of the span of some rows and ``M`` the Fisher there. For
    :class:`BlockConjugateGradient` with many rows and right-hand sides.

    Args:
        count: number of rows times their rank.
        seed: for sampling them.

    Raises:
        InvalidChoice: for a count below 1 or an invalid seed.

    Sources: Williams and Seeger, Using the Nyström Method to Speed Up Kernel Machines (2001); Frangella,
    Tropp and Udell, Randomized Nyström Preconditioning (2023).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> solver = ax.BlockConjugateGradient(preconditioner=ax.Landmarks(count=100))
    >>> found = solver.prepare(ax.Fisher(fit.objective, fit.parameters)).solve(fit.parameters)
    >>> found.status is ax.Status.CONVERGED
    True
    """

    count: int = 800
    seed: int = 0
    name = "landmarks"

    def __post_init__(self) -> None:
        checked_count("The landmarks' count", self.count)
        checked_seed(self.seed)

    def precondition(self, curvature: Curvature) -> Preconditioner:
        """``D^-1/2 (I - W (I - R^-T) W')`` with ``R R' = I + M``."""
        held = floored(curvature.diagonal_shift)
        diagonal = Diagonal(held)
        share = curvature.mean_weights.clamp(min=0).sqrt()
        roots = curvature.fisher_roots() * share[:, None, None]
        linearization = curvature.point.linearization
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.randperm(linearization.n, generator=generator).to(share.device)
        rows = order[: max(1, self.count // roots.shape[2])]
        few, some = linearization.take(rows), roots[rows]
        cross = linearization.ntk(roots, few, some, 1 / held)  # K
        turn = _orthonormal(few.ntk(some, few, some, 1 / held.double()), cross.dtype)
        half = cross @ turn
        inner = half.T @ half
        inner.diagonal().add_(1.0)
        factor = torch.linalg.cholesky_ex(inner, check_errors=True).L
        return Product(diagonal, RowSpan(few, some, turn, diagonal, factor))


class RowSpan(Preconditioner):
    """``I - W (I - R^-T) W'`` for the orthonormal basis ``W = D^-1/2 H_S' T`` of some rows' span."""

    def __init__(
        self,
        rows: Linearization,
        roots: Tensor,
        turn: Tensor,
        diagonal: Diagonal,
        factor: Tensor,
    ) -> None:
        self._rows, self._roots, self._turn = rows, roots, turn
        self._diagonal, self._factor = diagonal, factor  # D and R

    def _inside(self, vectors: Tensor) -> Tensor:
        """``W' V``."""
        seen = self._rows.jvp_roots(self._roots, self._diagonal.factor(vectors)).flatten(0, 1)
        return self._turn.T @ seen

    def _outside(self, weights: Tensor) -> Tensor:
        """``W U``."""
        turned = (self._turn @ weights).unflatten(0, (-1, self._roots.shape[2]))
        return self._diagonal.transpose(self._rows.vjp_roots(self._roots, turned))

    def factor(self, vectors: Tensor) -> Tensor:
        seen = self._inside(vectors)
        change = torch.linalg.solve_triangular(self._factor.T, seen, upper=True) - seen
        return vectors + self._outside(change)

    def transpose(self, vectors: Tensor) -> Tensor:
        seen = self._inside(vectors)
        change = torch.linalg.solve_triangular(self._factor, seen, upper=False) - seen
        return vectors + self._outside(change)

    def solve_transpose(self, vectors: Tensor) -> Tensor:
        seen = self._inside(vectors)
        return vectors + self._outside(self._factor @ seen - seen)


def _orthonormal(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """``T`` ``[q, r]`` with ``T' A T = I`` for inner products ``A`` ``[q, q]`` of rows in ``dtype``."""
    values, vectors = torch.linalg.eigh(matrix)
    kept = values > torch.finfo(dtype).eps * values[-1]
    return (vectors[:, kept] / values[kept].sqrt()).to(dtype)
