"""The number of parameters determined by the rows: the rank of their part of the curvature."""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.solvers.auto import FEW
from afif_explorer.engine.solvers.factor import rounding


def data_rank(point: Point, free: Tensor | None = None) -> int:
    """The rank of ``(1/n) sum_i J_i' A''(f_i) J_i``, without the penalty.

    Dummy columns that add up to the intercept, duplicated columns, and the redundant intercept of a softmax
    each reduce the rank by one. ``free`` ``[p]`` bool: only among these. Above 3000 parameters, an upper
    bound: the smaller of ``p`` and the number of rows times the rank of one row's part.
    """
    fisher = Fisher.of(point)
    roots = fisher.fisher_roots()
    places = torch.arange(fisher.p) if free is None else torch.nonzero(free).flatten()
    most = min(len(places), len(roots) * roots.shape[2])
    if fisher.p > FEW or not most:
        return most
    given = fisher.dense()
    matrix = given.to(torch.float64, copy=True)
    matrix.diagonal().sub_(fisher.diagonal_shift)
    values = torch.linalg.eigvalsh(matrix[places[:, None], places])
    kept = values > rounding(len(values), len(roots), given.dtype) * values[-1]
    return int(kept.sum())
