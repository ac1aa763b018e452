"""Residuals that leave the removed rows' own curvature out of a proximal step in which zeros may change.

A proximal step ``D(r~)`` in the norm of ``C`` with the residual ``r~ = r + A'' J D(r~)`` is the one in the
norm of ``C - J' A'' J / n``, without the rows' own part. While no zeros or signs change, ``r~`` is linear in
``r`` (:mod:`~afif_explorer.engine.influence.correction`); else it is the fixed point of a monotone, piecewise
linear map, found by Anderson's acceleration with one former point: for one output the secant method.

Source: Walker and Ni, Anderson Acceleration for Fixed-Point Iterations (2011).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

ROUNDS = 30

OwnChange = Callable[[Tensor, Tensor | None], Tensor]


def own_residuals(
    plain: Tensor, start: Tensor, own_change: OwnChange, accuracy: float, *, fresh: bool = False
) -> int:
    """Iterate to ``r~ = r + own_change(r~)``; the number of problems ``m`` that have not settled.

    Args:
        plain: ``r`` ``[m, q]``. start: the first ``r~`` ``[m, q]``.
        own_change: ``A'' J D`` of some problems (positions) ``[s]`` at their ``r~`` ``[s, q]``; None: at the
            start, where the step is known unless ``fresh``. The last one of each problem is at its result.
        accuracy: of ``r~``, relative.
    """
    waiting = torch.arange(len(plain), device=plain.device)
    tried, former = start, (start, torch.full_like(start, torch.nan))
    change = own_change(waiting, start if fresh else None)
    for _ in range(ROUNDS):
        left = plain[waiting] + change - tried
        open_ = left.norm(dim=1) > accuracy * tried.norm(dim=1)
        if not bool(open_.any()):
            return 0
        waiting, tried, left = waiting[open_], tried[open_], left[open_]
        before, gap = former[0][open_], former[1][open_]
        turn = left - gap
        share = ((left * turn).sum(1) / turn.square().sum(1)).nan_to_num(0.0, 0.0, 0.0)
        moved = share[:, None] * ((tried - before) + turn)
        former = tried, left
        tried = tried + left - moved.nan_to_num()
        change = own_change(waiting, tried)
    return len(waiting)
