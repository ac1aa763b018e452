"""EK-FAC: the Fisher approximated as diagonal in a Kronecker-factored eigenbasis of each layer.

As a solver it reports the true residual of its approximate solution; with a tolerance, the solution is
refined by block conjugate gradients with EK-FAC as preconditioner.
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
from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian
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
BASIS_ROWS = 2048  # rows used to compute the bases; the curvature along them uses all rows
MANY = 2048  # number of rows above which each uses one random combination of its roots
GOOD = 0.05  # relative residual up to which the unrefined solution counts as converged
CHECK_ROWS = 64  # rows of a quick check of the residual
CHECK_COLUMNS = 8  # approximate number of right-hand sides in that check
FLAT = 1e-9  # smallest curvature of a direction, relative to the largest

WeightedRows = tuple[FactoredJacobian, Tensor]  # some rows and their weights (at least zero)


@dataclass(frozen=True)
class EKFAC(Solver, Approximation):
    """``C ~ U diag(lambda) U'`` with ``U`` Kronecker-factored by layer; refined if a tolerance is given.

    ``U`` holds the eigenvectors of the second moments of each layer's inputs and of its outputs' gradients,
    ``lambda`` ``[p]`` the curvature along them, penalty and damping included.

    Without a tolerance it reports the relative residual, estimated on a few rows and columns if it is above
    1. With more than 2048 rows, the bases are computed from 2048 of them, and each row contributes one
    random combination of its outputs. The damping is the curvature's own.

    Linear layers, also over sequences, the linear maps inside recurrent layers, and convolutions (by group
    of channels, over all positions) have a Kronecker-factored basis, an embedding has one for its columns.
    Parameters of other layers have a full eigenbasis if they are at most 1024 numbers; of larger ones, and of
    those shared by layers of different kinds, only the diagonal is used. ``stats["layers"]`` of a solution
    lists the parameters of each.

    Args:
        tolerance: of ``||C x - c|| / ||c||``; None: a single application, without refinement.
        rows: maximum number of rows, evenly spaced, for the curvature along the basis; None: all.
        max_steps: of the refinement; see :class:`BlockConjugateGradient`.

    Raises:
        InvalidChoice: for modules with most of their parameters in layers that are not known.

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
    """Whether all layers of a curvature's model are supported."""
    few = curvature.point.linearization.take(slice(0, 1))
    return few.factored(few.outputs.new_ones(few.n, few.k, 1)) is not None


def _spread_evenly(n: int, count: int, device: torch.device) -> Tensor:
    return torch.linspace(0, n - 1, count, dtype=torch.float64, device=device).long()


def _sketched(roots: Tensor) -> Tensor:
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
                "EK-FAC supports only networks most of whose parameters are in linear layers, convolutions, "
                "recurrent layers, embeddings and normalisations; use conjugate gradients."
            )
        n = curvature.point.linearization.n
        self._roots = _sketched(curvature.fisher_roots())
        self._basis = BlockDiagonal([])
        chosen = _spread_evenly(
            n, n if rows is None else min(n, rows), curvature.mean_weights.device
        )
        self._scale = n / len(chosen)
        first = _spread_evenly(len(chosen), min(len(chosen), BASIS_ROWS), chosen.device)
        kept = self._find_bases(chosen[first])
        count = sum(len(weights) for _, weights in kept)
        left = torch.ones(len(chosen), dtype=torch.bool, device=chosen.device)
        left[first[:count]] = False
        self.values = self._curvatures(
            chain(kept, self._factors(chosen[left]))
        )  # [p], in the basis
        super().__init__(Orthogonal(self._basis), Diagonal(self.values))

    @property
    def layers(self) -> dict[str, list[str]]:
        """The names of the parameters by how their block is approximated; unused parameters have none."""
        found: dict[str, list[str]] = {}
        slices = self._curvature.point.objective.model.slices()
        for basis in self._basis.bases:
            stop = basis.start + basis.size
            found.setdefault(basis.kind, []).extend(
                name for name, at in slices.items() if basis.start <= at.start < stop
            )
        return found

    def _find_bases(self, rows: Tensor) -> list[WeightedRows]:
        """Compute the bases from some rows; returns the first of them, as many as fit into memory."""
        kept: list[WeightedRows] = []
        numbers = 0
        for seen, weights in self._factors(rows):
            if not self._basis.bases:
                self._basis = kronecker_basis(seen)
            self._basis.add(seen, weights)
            numbers += seen.numbers
            if fits(numbers, weights.dtype):
                kept.append((seen, weights))
        self._basis.diagonalise()
        return kept

    def _factors(self, rows: Tensor) -> Iterator[WeightedRows]:
        curvature = self._curvature
        for start in range(0, len(rows), ROWS_AT_ONCE):
            report("EK-FAC", start, len(rows))
            few = rows[start : start + ROWS_AT_ONCE]
            seen = curvature.point.linearization.take(few).factored(self._roots[few])
            assert seen is not None
            yield seen, curvature.mean_weights[few].clamp(min=0) * self._scale

    def _curvatures(self, blocks: Iterable[WeightedRows]) -> Tensor:
        """The curvature along the bases ``[p]``; for unused parameters penalty and damping."""
        total = self._basis.diagonal(self._curvature.diagonal_shift)
        for rows, weights in blocks:
            self._basis.add_squares(rows, weights, total)
        return total.clamp(min=FLAT * float(total.max()))


class PreparedEKFAC(Prepared):
    """EK-FAC for one curvature, with optional refinement."""

    def __init__(
        self, settings: EKFAC, curvature: Curvature, preconditioner: EKFACPreconditioner
    ) -> None:
        self.settings, self.curvature, self.preconditioner = settings, curvature, preconditioner

    def _solve(self, rhs: Tensor) -> Solution:
        if self.settings.tolerance is not None:
            refinement = BlockConjugateGradient(self.settings.tolerance, self.settings.max_steps)
            return PreparedBlockConjugateGradient(
                refinement, self.curvature, self.preconditioner
            )._solve(rhs)
        value = self.preconditioner.apply(rhs)
        residual = self._residual(value, rhs)
        layers = self.preconditioner.layers
        stats = {"residual": residual, "steps": 1, "products": rhs.shape[1], "layers": layers}
        if residual <= GOOD:
            return Solution(value, Status.CONVERGED, "", stats)
        advice = "Set EKFAC's tolerance to refine it by conjugate gradients."
        if "diagonal" in layers:
            advice += f" Only the diagonal is used of: {', '.join(layers['diagonal'])}."
        return Solution(value, Status.MAX_STEPS, advice, stats)

    def _residual(self, value: Tensor, rhs: Tensor) -> float:
        """The largest relative residual of the columns; estimated on a few rows and columns if above 1."""
        weights = self.curvature.mean_weights
        if len(weights) > CHECK_ROWS:
            few = self.curvature.batch(_spread_evenly(len(weights), CHECK_ROWS, weights.device))
            some = slice(None, None, max(1, rhs.shape[1] // CHECK_COLUMNS))
            quick = relative_residual(few, value[:, some], rhs[:, some])
            if quick > 1:
                return quick
        return relative_residual(self.curvature, value, rhs)
