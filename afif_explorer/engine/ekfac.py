"""EK-FAC: the Fisher taken for diagonal in a Kronecker-factored basis of each layer.

Nothing of it is exact, so it is never believed: as a solver it tells the true residual of what it finds, and
asked for a tolerance it goes on with block conjugate gradients, for which it is the preconditioner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.block_cg import (
    Approximation,
    BlockConjugateGradient,
    Preconditioner,
    PreparedBlockConjugateGradient,
)
from afif_explorer.engine.curvature import Curvature
from afif_explorer.engine.kronecker import Basis, bases_of
from afif_explorer.engine.solvers import Prepared, Solution, Solver, Status, relative_residual
from afif_explorer.engine.touching import Touch
from afif_explorer.errors import ChoiceError
from afif_explorer.progress import report

ROWS_AT_ONCE = 256
GOOD = 0.05  # relative residual up to which the approximation by itself counts as converged
FLAT = 1e-9  # times the steepest direction: nothing is taken for flatter than that


@dataclass(frozen=True)
class EKFAC(Solver, Approximation):
    """``C ~ U diag(lambda) U'`` with ``U`` Kronecker-factored by layer; refined if a tolerance is given.

    ``U`` holds the eigenvectors of the second moments of each layer's inputs and of its outputs' gradients,
    ``lambda`` ``[p]`` the curvature measured along them, penalty and damping included.

    Args:
        tolerance: of ``||C x - c|| / ||c||``; None: one application, however good.
        rows: at most so many rows, spread evenly, measure the basis; None: all.
        max_steps: of the refinement, see :class:`BlockConjugateGradient`.

    Parameters of a linear layer share a basis with its bias; an embedding has one for its columns,
    whatever is small one of its own. For networks made of layers that are known (see
    :mod:`afif_explorer.engine.recording`); the damping is the curvature's own.
    Raises :class:`ChoiceError` for other modules. Sources: George et al., Fast Approximate Natural Gradient
    Descent in a Kronecker-Factored Eigenbasis (2018); Grosse et al. (2023) for its use for influence.
    """

    tolerance: float | None = None
    rows: int | None = None
    max_steps: int | None = None
    name = "EK-FAC"

    def prepare(self, curvature: Curvature) -> PreparedEKFAC:
        return PreparedEKFAC(self, curvature, self.precondition(curvature))

    def precondition(self, curvature: Curvature) -> KroneckerPreconditioner:
        return KroneckerPreconditioner(curvature, self.rows)


def factorable(curvature: Curvature) -> bool:
    """Whether the layers of a curvature's model are known."""
    few = curvature.point.linearization.take(slice(0, 1))
    return few.touches(few.outputs.new_ones(few.n, few.k, 1)) is not None


class KroneckerPreconditioner(Preconditioner):
    """``W = U diag(lambda)^-1/2`` with the bases ``U`` of all layers and the curvature ``lambda`` in them."""

    def __init__(self, curvature: Curvature, rows: int | None) -> None:
        self._curvature = curvature
        if not factorable(curvature):
            raise ChoiceError(
                "EK-FAC needs a network whose layers are known (linear layers, embeddings, layer norms); "
                "use conjugate gradients."
            )
        self._chosen = self._spread_evenly(rows)
        self._bases: list[tuple[Basis, list[int]]] = []
        self._measure_moments()
        self.values = self._measured()  # [p], in the basis
        self._root = self.values.sqrt()[:, None]

    def _spread_evenly(self, rows: int | None) -> Tensor:
        n = self._curvature.point.linearization.n
        count = n if rows is None else min(n, rows)
        device = self._curvature.share.device
        return torch.linspace(0, n - 1, count, dtype=torch.float64, device=device).long()

    def _measure_moments(self) -> None:
        for touches, share in self._seen():
            if not self._bases:
                self._bases = bases_of(touches)
            for basis, places in self._bases:
                basis.add([touches[place] for place in places], share)
        for basis, _ in self._bases:
            basis.turn()

    def _seen(self) -> Iterator[tuple[list[Touch], Tensor]]:
        """The touches of a few rows at a time, and their weights (never below zero)."""
        curvature, n = self._curvature, len(self._chosen)
        roots = curvature.fisher_roots()
        scale = curvature.point.linearization.n / n
        for start in range(0, n, ROWS_AT_ONCE):
            report("EK-FAC", start, n)
            rows = self._chosen[start : start + ROWS_AT_ONCE]
            part = curvature.point.linearization.take(rows)
            touches = part.touches(roots[rows])
            assert touches is not None
            yield touches, curvature.share[rows].clamp(min=0) * scale

    def _measured(self) -> Tensor:
        total = torch.zeros_like(self._curvature.diagonal_shift)
        for touches, share in self._seen():
            for basis, places in self._bases:
                part = basis.squares([touches[place] for place in places], share)
                total[basis.start : basis.start + basis.size] += part
        for basis, _ in self._bases:
            here = slice(basis.start, basis.start + basis.size)
            total[here] += basis.spread(self._curvature.diagonal_shift[here])
        seen = torch.zeros_like(total, dtype=torch.bool)
        for basis, _ in self._bases:
            seen[basis.start : basis.start + basis.size] = True
        total = torch.where(seen, total, self._curvature.diagonal_shift)
        return total.clamp(min=FLAT * float(total.max()))

    def _turned(self, vectors: Tensor, inwards: bool) -> Tensor:
        found = vectors.clone()
        for basis, _ in self._bases:
            part = slice(basis.start, basis.start + basis.size)
            turn = basis.into if inwards else basis.out
            found[part] = turn(vectors[part])
        return found

    def out(self, vectors: Tensor) -> Tensor:
        return self._turned(vectors / self._root, inwards=False)

    def into(self, vectors: Tensor) -> Tensor:
        return self._turned(vectors, inwards=True) / self._root

    def back(self, vectors: Tensor) -> Tensor:
        return self._turned(vectors * self._root, inwards=False)


class PreparedEKFAC(Prepared):
    """The approximation for one curvature, and what refines it."""

    def __init__(
        self, settings: EKFAC, curvature: Curvature, made: KroneckerPreconditioner
    ) -> None:
        self.settings, self.curvature, self.made = settings, curvature, made

    def _solve(self, rhs: Tensor) -> Solution:
        if self.settings.tolerance is not None:
            refinement = BlockConjugateGradient(self.settings.tolerance, self.settings.max_steps)
            return PreparedBlockConjugateGradient(refinement, self.curvature, self.made)._solve(rhs)
        value = self.made.out(self.made.into(rhs))
        residual = relative_residual(self.curvature, value, rhs)
        stats = {"residual": residual, "steps": 1, "products": rhs.shape[1]}
        if residual <= GOOD:
            return Solution(value, Status.CONVERGED, "", stats)
        advice = "Set EKFAC's tolerance to refine it by conjugate gradients."
        return Solution(value, Status.MAX_STEPS, advice, stats)
