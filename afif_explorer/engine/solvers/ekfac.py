"""EK-FAC: the Fisher taken for diagonal in a Kronecker-factored basis of each layer.

Nothing of it is exact, so it is never believed: as a solver it tells the true residual of what it finds, and
asked for a tolerance it goes on with block conjugate gradients, for which it is the preconditioner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from afif_explorer.engine.curvature.eigenbasis import BlockDiagonal
from afif_explorer.engine.curvature.kronecker import kronecker_basis
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.jacobians.factored import FactoredJacobian
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.engine.solvers.base import Prepared, Solution, Solver, Status, relative_residual
from afif_explorer.engine.solvers.block_cg import (
    BlockConjugateGradient,
    PreparedBlockConjugateGradient,
)
from afif_explorer.engine.solvers.preconditioner import (
    Approximation,
    Diagonal,
    Orthogonal,
    Product,
)
from afif_explorer.errors import InvalidChoice
from afif_explorer.progress import report

ROWS_AT_ONCE = 256
TURNED = 2048  # rows that are enough to find the bases; the curvature in them is measured on all
MANY = 2048  # rows beyond which each shows one random combination of its roots, and not all
GOOD = 0.05  # relative residual up to which the approximation by itself counts as converged
GLANCE = 64  # rows that show whether the approximation solves anything at all
COLUMNS = 8  # that are looked at there, about
FLAT = 1e-9  # times the steepest direction: nothing is taken for flatter than that

Seen = tuple[FactoredJacobian, Tensor]  # of a few rows, with their weights (never below zero)


@dataclass(frozen=True)
class EKFAC(Solver, Approximation):
    """``C ~ U diag(lambda) U'`` with ``U`` Kronecker-factored by layer; refined if a tolerance is given.

    ``U`` holds the eigenvectors of the second moments of each layer's inputs and of its outputs' gradients,
    ``lambda`` ``[p]`` the curvature measured along them, penalty and damping included.

    By itself it reports the residual of a few rows and columns where that is above 1, so that nothing is
    solved. With more than 2048 rows the bases come from as many of them, and a row shows one random
    combination of its outputs. Parameters of a linear layer share a basis with its bias; an embedding has
    one for its columns, whatever is small one of its own. For networks made of supported layers (see
    :mod:`afif_explorer.engine.jacobians.trace`); the damping is the curvature's own.

    Args:
        tolerance: of ``||C x - c|| / ||c||``; None: one application, however good.
        rows: at most so many rows, spread evenly, measure the curvature along the basis; None: all.
        max_steps: of the refinement, see :class:`BlockConjugateGradient`.

    Raises:
        InvalidChoice: for modules with other layers.

    Sources: George et al., Fast Approximate Natural Gradient Descent in a Kronecker-Factored Eigenbasis
    (2018); Grosse et al. (2023) for its use for influence.

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), model="mlp", hidden=(4,))
    >>> method = ax.AFIF(solver=ax.EKFAC(tolerance=1e-8), damping=1e-2)
    >>> exact = ax.attribute(fit, ax.MeanLoss("test"), ax.AFIF(damping=1e-2))
    >>> bool(np.allclose(ax.attribute(fit, ax.MeanLoss("test"), method), exact, rtol=1e-4, atol=1e-9))
    True
    """

    tolerance: float | None = None
    rows: int | None = None
    max_steps: int | None = None
    name = "EK-FAC"

    def prepare(self, curvature: Curvature) -> PreparedEKFAC:
        return PreparedEKFAC(self, curvature, self.precondition(curvature))

    def precondition(self, curvature: Curvature) -> EKFACPreconditioner:
        return EKFACPreconditioner(curvature, self.rows)


def factorable(curvature: Curvature) -> bool:
    """Whether the layers of a curvature's model are known."""
    few = curvature.point.linearization.take(slice(0, 1))
    return few.factored(few.outputs.new_ones(few.n, few.k, 1)) is not None


def _spread_evenly(n: int, count: int, device: torch.device) -> Tensor:
    return torch.linspace(0, n - 1, count, dtype=torch.float64, device=device).long()


def _shown(roots: Tensor) -> Tensor:
    """``S`` ``[n, k, r]``; with many rows ``S s`` ``[n, k, 1]``: for random signs ``E S s s'S' = S S'``."""
    n, _k, rank = roots.shape
    if n <= MANY or rank == 1:
        return roots
    draw = torch.randint(2, (n, rank, 1), generator=torch.Generator().manual_seed(0))
    return roots @ (2 * draw - 1).to(roots)


class EKFACPreconditioner(Product):
    """``W = U diag(lambda)^-1/2`` with the bases ``U`` of all layers and the curvature ``lambda`` in them."""

    def __init__(self, curvature: Curvature, rows: int | None) -> None:
        self._curvature = curvature
        if not factorable(curvature):
            raise InvalidChoice(
                "EK-FAC needs a network whose layers are known (linear layers, embeddings, layer norms); "
                "use conjugate gradients."
            )
        n = curvature.point.linearization.n
        self._roots = _shown(curvature.fisher_roots())
        self._basis = BlockDiagonal([])
        chosen = _spread_evenly(
            n, n if rows is None else min(n, rows), curvature.mean_weights.device
        )
        self._scale = n / len(chosen)
        first = _spread_evenly(len(chosen), min(len(chosen), TURNED), chosen.device)
        kept = self._find_bases(chosen[first])
        done = sum(len(share) for _, share in kept)
        left = torch.ones(len(chosen), dtype=torch.bool, device=chosen.device)
        left[first[:done]] = False
        self.values = self._measured(chain(kept, self._seen(chosen[left])))  # [p], in the basis
        super().__init__(Orthogonal(self._basis), Diagonal(self.values))

    def _find_bases(self, rows: Tensor) -> list[Seen]:
        """Find them on some rows; what was seen of the first of these, as far as it may be kept."""
        kept: list[Seen] = []
        numbers = 0
        for seen, share in self._seen(rows):
            if not self._basis.bases:
                self._basis = kronecker_basis(seen)
            self._basis.add(seen, share)
            numbers += seen.numbers
            if fits(numbers, share.dtype):
                kept.append((seen, share))
        self._basis.diagonalise()
        return kept

    def _seen(self, rows: Tensor) -> Iterator[Seen]:
        curvature = self._curvature
        for start in range(0, len(rows), ROWS_AT_ONCE):
            report("EK-FAC", start, len(rows))
            few = rows[start : start + ROWS_AT_ONCE]
            seen = curvature.point.linearization.take(few).factored(self._roots[few])
            assert seen is not None
            yield seen, curvature.mean_weights[few].clamp(min=0) * self._scale

    def _measured(self, seen: Iterable[Seen]) -> Tensor:
        """The curvature along the bases ``[p]``; of parameters that are in none, penalty and damping."""
        total = self._basis.diagonal(self._curvature.diagonal_shift)
        for rows, share in seen:
            self._basis.add_squares(rows, share, total)
        return total.clamp(min=FLAT * float(total.max()))


class PreparedEKFAC(Prepared):
    """The approximation for one curvature, and what refines it."""

    def __init__(self, settings: EKFAC, curvature: Curvature, made: EKFACPreconditioner) -> None:
        self.settings, self.curvature, self.made = settings, curvature, made

    def _solve(self, rhs: Tensor) -> Solution:
        if self.settings.tolerance is not None:
            refinement = BlockConjugateGradient(self.settings.tolerance, self.settings.max_steps)
            return PreparedBlockConjugateGradient(refinement, self.curvature, self.made)._solve(rhs)
        value = self.made.apply(rhs)
        residual = self._residual(value, rhs)
        stats = {"residual": residual, "steps": 1, "products": rhs.shape[1]}
        if residual <= GOOD:
            return Solution(value, Status.CONVERGED, "", stats)
        advice = "Set EKFAC's tolerance to refine it by conjugate gradients."
        return Solution(value, Status.MAX_STEPS, advice, stats)

    def _residual(self, value: Tensor, rhs: Tensor) -> float:
        """The worst column's; if it is above 1 for a few rows and columns, what these tell."""
        share = self.curvature.mean_weights
        if len(share) > GLANCE:
            few = self.curvature.batch(_spread_evenly(len(share), GLANCE, share.device))
            some = slice(None, None, max(1, rhs.shape[1] // COLUMNS))
            glance = relative_residual(few, value[:, some], rhs[:, some])
            if glance > 1:
                return glance
        return relative_residual(self.curvature, value, rhs)
