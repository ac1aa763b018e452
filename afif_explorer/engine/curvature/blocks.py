"""Blocks of a curvature's matrix: some of its rows and columns, without the others.

For linear maps of one output a block is ``X_r' diag(w) X_c``, of sparse rows a sparse product; for other
models the columns are products with unit vectors.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.jacobians.linear import LinearMapLinearization
from afif_explorer.engine.jacobians.restricted import FILLED
from afif_explorer.engine.jacobians.sparse import SparseMapLinearization, SparseRows


def block_of(curvature: Curvature, rows: Tensor, columns: Tensor) -> Tensor | SparseRows:
    """``C`` between the parameters at ``rows`` and at ``columns``, both ascending: ``[r, c]``.

    Sparse where the rows of the data are sparse.
    """
    linearization, roots = curvature.point.linearization, curvature.roots()
    rows, columns = rows.contiguous(), columns.contiguous()
    several = linearization.k > 1 or curvature.has_extra
    if several or roots is None or not isinstance(linearization, LinearMapLinearization):
        return _by_products(curvature, rows, columns)
    share = curvature.mean_weights * roots[:, 0].square().sum(1)
    if isinstance(linearization, SparseMapLinearization):
        return _sparse(curvature, linearization, share, rows, columns)
    left, right = (_features(linearization, places) for places in (rows, columns))
    block = left.T @ (share[:, None] * right)
    _add_shift(block, curvature, rows, columns)
    return block


def filled(block: Tensor | SparseRows) -> Tensor | SparseRows:
    """The same as a tensor, unless very few of its numbers are nonzero."""
    if isinstance(block, Tensor):
        return block
    many = len(block.values) > FILLED * block.shape[0] * block.shape[1]
    return block.dense() if many else block


def dense(block: Tensor | SparseRows) -> Tensor:
    """The same as a tensor."""
    return block if isinstance(block, Tensor) else block.dense()


def _by_products(curvature: Curvature, rows: Tensor, columns: Tensor) -> Tensor:
    both = torch.unique(torch.cat([rows, columns]))
    units = curvature.diagonal_shift.new_zeros(len(both), len(columns))
    units[torch.searchsorted(both, columns), torch.arange(len(columns), device=units.device)] = 1.0
    if not len(columns):
        return units[torch.searchsorted(both, rows)]
    return (curvature.restricted(both) @ units)[torch.searchsorted(both, rows)]


def _features(linearization: LinearMapLinearization, places: Tensor) -> Tensor:
    """Some columns of the rows, the intercept's ones included, ``[n, m]``."""
    columns = linearization.X[:, places[places < linearization.d]]
    ones = columns.new_ones(len(columns), len(places) - columns.shape[1])
    return torch.cat([columns, ones], dim=1)


def _shared(rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Where the same parameter stands in both."""
    place = torch.searchsorted(columns, rows).clamp(max=max(0, len(columns) - 1))
    same = columns[place] == rows if len(columns) else torch.zeros_like(rows, dtype=torch.bool)
    return torch.nonzero(same).flatten(), place[same]


def _add_shift(block: Tensor, curvature: Curvature, rows: Tensor, columns: Tensor) -> None:
    down, across = _shared(rows, columns)
    block[down, across] += curvature.diagonal_shift[rows[down]]


def _sparse(
    curvature: Curvature,
    linearization: SparseMapLinearization,
    share: Tensor,
    rows: Tensor,
    columns: Tensor,
) -> SparseRows:
    from scipy.sparse import csr_array

    left, right = (linearization.features(places) for places in (rows, columns))
    left.data = left.data * share.numpy()[left.indices]
    block = left @ right.T
    down, across = (places.numpy() for places in _shared(rows, columns))
    shift = curvature.diagonal_shift[rows].numpy()[down]
    if np.any(shift):
        block = block + csr_array((shift, (down, across)), shape=block.shape)
    return SparseRows(block)
