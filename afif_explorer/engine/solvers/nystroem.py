"""A Nyström preconditioner from the steepest directions, for any model.

One product with a block of random vectors gives the part of a curvature that is large compared with penalty
and damping; the rest is approximated by a constant. Source: Frangella, Tropp and Udell, Randomized Nyström
Preconditioning (2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.solvers.preconditioner import (
    Approximation,
    Diagonal,
    LowRank,
    Preconditioner,
    Product,
    floored,
)
from afif_explorer.numeric import checked_count, checked_seed


@dataclass(frozen=True)
class Nystroem(Approximation):
    """A preconditioner ``C ~ D^1/2 (U Lambda U' + I) D^1/2``, with ``D`` the diagonal of penalty and damping.

    For :class:`BlockConjugateGradient` and any model; ``U`` is ``[p, rank]``.

    Args:
        rank: number of random vectors, and of columns of ``U``; needs one product with that many vectors.
        seed: of the vectors.

    Raises:
        InvalidChoice: for a rank below 1 or an invalid seed.

    Source: Frangella, Tropp and Udell, Randomized Nyström Preconditioning (2023).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> solver = ax.BlockConjugateGradient(preconditioner=ax.Nystroem(rank=5))
    >>> found = solver.prepare(ax.Fisher(fit.objective, fit.parameters)).solve(fit.parameters)
    >>> found.status is ax.Status.CONVERGED
    True
    """

    rank: int = 100
    seed: int = 0
    name = "Nyström"

    def __post_init__(self) -> None:
        checked_count("Nystroem's rank", self.rank)
        checked_seed(self.seed)

    def precondition(self, curvature: Curvature) -> Preconditioner:
        """``W = D^-1/2 (I - U (1 - s) U')`` with ``s^2 = (lambda_min + 1) / (Lambda + 1)``."""
        shift = curvature.diagonal_shift
        diagonal = Diagonal(floored(shift))
        generator = torch.Generator().manual_seed(self.seed)
        rank = min(self.rank, curvature.p)
        start = torch.randn(curvature.p, rank, generator=generator, dtype=torch.float64)
        sketch = torch.linalg.qr(start.to(shift)).Q
        seen = diagonal.factor(sketch)
        moved = diagonal.transpose(curvature @ seen - shift[:, None] * seen)
        vectors, values = _steepest(sketch, moved)
        return Product(diagonal, LowRank(vectors, ((values.min() + 1) / (values + 1)).sqrt()))


def _steepest(sketch: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors ``[p, r]`` and values of the Nyström approximation; negative ones are set to zero."""
    inner = sketch.T @ moved
    values, turn = torch.linalg.eigh(0.5 * (inner + inner.T))
    kept = values > 10 * torch.finfo(values.dtype).eps ** 0.5 * values[-1].abs()
    half = moved @ (turn[:, kept] / values[kept].sqrt())
    vectors, sizes, _ = torch.linalg.svd(half, full_matrices=False)
    return vectors, sizes.square()
