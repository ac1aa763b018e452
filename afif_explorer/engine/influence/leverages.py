"""Finds the few rows of high leverage without computing every row's leverage.

With ``S_i S_i' = A''(f_i)`` and the rows ``H = S_i' J_i / sqrt(n)`` stacked, leverages are the diagonal
blocks of ``K = H C^-1 H'``. If ``C^-1`` is cheap, ``|S_i' J_i|^2 |C^-1| / n`` is an upper bound that
rules out most rows. Otherwise the mean of ``z * (K z)`` over a few random sign vectors ``z`` estimates them.
The remaining rows are computed exactly.

Source: Bekas, Kokiopoulou and Saad, An Estimator for the Diagonal of a Matrix (2007).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.influence.protocol import Solving
from afif_explorer.engine.runtime.memory import block_rows

HIGH = 0.2  # leverage above which a warning says that effects are underestimated
PROBES = 16  # right-hand sides; one estimate is off by sqrt(h (1 - h) / 16)
MARGIN = 0.15  # how far an estimate may be below the threshold
SMALL = 2_000_000  # rows x outputs x parameters up to which every row is computed
COMPUTED = 256  # rows times roots, those of the largest estimates, that are computed


@dataclass(frozen=True)
class HighLeverages:
    """Rows of high leverage: their ``count`` (an estimate unless ``exact``) and the ``largest`` leverage."""

    count: int
    largest: float
    exact: bool


def high_leverages(influence: Solving) -> HighLeverages:
    """How many rows have a leverage above :data:`HIGH`, and the largest leverage.

    Here a row's leverage is the largest share that its own outputs have in themselves, the largest eigenvalue
    of ``S_i' J_i C^-1 J_i' S_i / n``: below 1, and for one output the diagonal of the hat matrix.
    """
    objective, point = influence.objective, influence.point
    roots = point.hessian_roots()
    rows, unseen, exact = torch.arange(objective.n, device=roots.device), 0, True
    size = roots.shape[2] * objective.p
    if objective.smooth and size * objective.n > SMALL and objective.p**2 <= PROBES * objective.n:
        rows = torch.nonzero(_bounds(influence, roots) > HIGH).flatten()
    if objective.smooth and size * len(rows) > SMALL:
        estimates = _estimates(influence, roots)
        order = torch.argsort(estimates, descending=True)
        candidates = order[: int((estimates > HIGH - MARGIN).sum())]
        few = max(1, COMPUTED // roots.shape[2])
        rows, rest = candidates[:few], candidates[few:]
        unseen, exact = int((estimates[rest] > HIGH).sum()), not len(rest)
    if not len(rows):
        return HighLeverages(0, 0.0, True)
    parts = [_largest(influence, few, roots) for few in rows.split(block_rows(2 * size, roots))]
    found = torch.cat(parts)
    return HighLeverages(int((found > HIGH).sum()) + unseen, float(found.max()), exact)


def _largest(influence: Solving, rows: Tensor, roots: Tensor) -> Tensor:
    """The largest eigenvalue of each row's block of ``K``, ``[m]``."""
    half = influence.point.linearization.take(rows).vjp_rows(roots[rows])  # [m, r, p]
    blocks = influence.inner_products(half) / influence.objective.n
    return torch.linalg.eigvalsh(blocks)[:, -1]


def _bounds(influence: Solving, roots: Tensor) -> Tensor:
    """An upper bound on the trace of each row's block of ``K``, ``[n]``, from Frobenius norms."""
    whitener = influence.whitener
    norm = torch.linalg.matrix_norm(whitener.T @ whitener)
    return influence.point.linearization.squared_norms(roots) * (norm / influence.objective.n)


def _estimates(influence: Solving, roots: Tensor) -> Tensor:
    """An estimate of the trace of each row's block of ``K``, ``[n]``."""
    linearization, n = influence.point.linearization, influence.objective.n
    total = roots.new_zeros(influence.objective.p, PROBES)
    for rows, probes in _signs(roots):
        total += linearization.take(rows).vjp_roots(roots[rows], probes)
    solved = influence.prepared.solve(total / n).value
    found = [
        (probes * linearization.take(rows).jvp_roots(roots[rows], solved)).sum(1).mean(1)
        for rows, probes in _signs(roots)
    ]
    return torch.cat(found)


def _signs(roots: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Random signs for some rows at a time, ``[rows, r, PROBES]``; the same at every call."""
    generator = torch.Generator().manual_seed(0)
    rank = roots.shape[2]
    step = block_rows(4 * rank * PROBES, roots)
    for start in range(0, len(roots), step):
        rows = slice(start, min(start + step, len(roots)))
        shape = (rows.stop - rows.start, rank, PROBES)
        yield rows, torch.randint(0, 2, shape, generator=generator).to(roots).mul_(2).sub_(1)
