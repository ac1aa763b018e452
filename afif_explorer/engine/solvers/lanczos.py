"""Lanczos solver: any number of dampings for one right-hand side at the cost of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import Spectrum
from afif_explorer.engine.solvers.base import Prepared, Solution, Solver, Status, relative_residual


@dataclass(frozen=True)
class Lanczos(Solver):
    """A Krylov basis ``Q`` ``[p, size]`` of each right-hand side: ``x = Q (T + damping I)^-1 Q' c``.

    ``T = Q' C Q`` is diagonalised once, so that each further damping is a division:
    ``prepare(curvature).sweep(c, dampings)`` solves ``(C + damping I) x = c`` for all of them. Every vector
    is orthogonalised twice.

    Args:
        size: the maximum number of basis vectors.
        tolerance: of ``||C x - c|| / ||c||`` for convergence.

    Raises:
        InvalidChoice: for a tolerance that is not in [0, 1), or a size below 1.

    Source: Golub and Van Loan, Matrix Computations (2013), 10.1 and 10.2.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> prepared = ax.Lanczos().prepare(ax.Fisher(fit.objective, fit.parameters))
    >>> prepared.sweep(fit.parameters, [1e-3, 1e-2, 1e-1]).shape
    torch.Size([3, 13])
    """

    size: int = 200
    tolerance: float = 1e-8
    name = "Lanczos"

    def prepare(self, curvature: Curvature) -> PreparedLanczos:
        return PreparedLanczos(self, curvature)


class PreparedLanczos(Prepared):
    """Bases on one curvature, built for each right-hand side."""

    def __init__(self, settings: Lanczos, curvature: Curvature) -> None:
        self.settings, self.curvature = settings, curvature

    def _solve(self, rhs: Tensor) -> Solution:
        bases = self._bases(rhs)
        value = torch.stack(
            [
                torch.zeros_like(c) if basis is None else basis.solve(c)
                for c, basis in zip(rhs.T, bases, strict=True)
            ],
            dim=1,
        )
        steps = [0 if basis is None else len(basis.values) for basis in bases]
        stats = {
            "residual": relative_residual(self.curvature, value, rhs),
            "steps": max(steps, default=0),
            "products": sum(steps),
        }
        if stats["residual"] <= self.settings.tolerance:
            return Solution(value, Status.CONVERGED, "", stats)
        advice = f"Raise size above {self.settings.size}, or raise the damping."
        return Solution(value, Status.MAX_STEPS, advice, stats)

    def sweep(self, rhs: Tensor, dampings: Sequence[float]) -> Tensor:
        """``(C + damping I)^-1 c`` for ``c`` ``[p]`` and each damping, ``[len(dampings), p]``.

        The dampings are added to the curvature's own.
        """
        (basis,) = self._bases(rhs[:, None])
        if basis is None:
            return rhs.new_zeros(len(dampings), len(rhs))
        return torch.stack([basis.solve(rhs, damping=damping) for damping in dampings])

    def _bases(self, rhs: Tensor) -> list[Spectrum | None]:
        """One per column; None for a column of zeros."""
        return [
            Spectrum.lanczos(self.curvature, c, self.settings.size) if bool(c.any()) else None
            for c in rhs.T
        ]
