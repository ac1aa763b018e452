"""A bound on the curvature of small batches, relative to the full data.

One randomly drawn row has the curvature ``n w_i J_i' S_i S_i' J_i / n = F_i``, whose mean is the data part
``F`` of the curvature ``C``. A recursion with batches of ``B`` rows stays bounded in mean square where
``2 sigma C`` exceeds ``E[C_B^2]``, and

``E[C_B^2] <= C^2 + E[F_i^2] / B <= (lambda_max + K / B) C``

with ``K`` the smallest number for which ``(1/n) sum_i tr(F_i) F_i <= K C``. If all rows are alike, ``K`` is
about ``tr(F)``; a few rows with large curvature can make it many times larger.
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.progress import report

STEPS = 8
WIDTH = 4  # directions iterated in parallel, starting from the rows with the largest curvature


def row_noise(curvature: Curvature) -> float:
    """``K``, the largest ``<v, M v> / <v, C v>`` with ``M = (1/n) sum_i tr(F_i) F_i``, from a few products.

    A lower bound from a locally optimal block of directions (LOBPCG), within a few per cent after eight
    steps. For a Hessian only its Gauss-Newton part is used.

    Source: Knyazev, Toward the Optimal Preconditioned Eigensolver (2001).
    """
    share, n = curvature.mean_weights.clamp(min=0), len(curvature.mean_weights)
    roots = curvature.fisher_roots()
    weight = share**2 * n * curvature.point.linearization.squared_norms(roots)
    shift = curvature.diagonal_shift[:, None]
    heavy = weight.topk(min(WIDTH, n)).indices
    start = curvature.point.linearization.take(heavy).vjp_rows(roots[heavy]).flatten(0, 1).T
    ahead, old, largest = _orthonormal(start), None, 0.0
    for step in range(STEPS):
        report("batch noise", step, STEPS)
        above = curvature.fisher_product(ahead, weight)
        below = curvature.fisher_product(ahead, share) + shift * ahead
        values, turn = _pencil(ahead.T @ above, ahead.T @ below)
        if len(values) == 0:
            return 0.0
        largest = max(largest, float(values[-1]))
        best, left = ahead @ turn, above @ turn - (below @ turn) * values
        best = best / best.norm(dim=0)
        gone = best if old is None else old
        old = best
        ahead = _orthonormal(torch.cat([best, left, gone], dim=1))
    return largest


def _orthonormal(block: Tensor) -> Tensor:
    """An orthonormal basis of the columns, even if badly scaled; ``[p, m]``, ``m <= p``."""
    sizes = block.norm(dim=0)
    kept = block[:, sizes > 0] / sizes[sizes > 0]
    return torch.linalg.qr(kept)[0]


def _pencil(above: Tensor, below: Tensor) -> tuple[Tensor, Tensor]:
    """The largest ``l`` with ``A u = l B u`` and their ``u``, on the range of ``B``: ``[m]``, ``[q, m]``."""
    values, vectors = torch.linalg.eigh(below)
    sound = values > 100 * torch.finfo(values.dtype).eps * values[-1].clamp(min=1e-300)
    half = vectors[:, sound] / values[sound].sqrt()
    found, turn = torch.linalg.eigh(half.T @ above @ half)
    return found[-WIDTH:], (half @ turn)[:, -WIDTH:]
