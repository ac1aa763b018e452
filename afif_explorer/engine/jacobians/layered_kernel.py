"""Inner products of the rows of a stack of layers, without the rows.

A row ``s_i' J_i`` is ``delta_i (x) a_i`` in every layer, and ``delta_i`` for its bias. So the kernel of two
rows is ``sum_l (c_l <a_i, a_j> + b_l) <delta_i, delta_j>``, with ``c_l`` and ``b_l`` the scale of the layer's
weights and of its bias: ``n^2 (i + o)`` multiplications a layer instead of ``n^2 i o``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

TILE = 512  # rows and columns at a time, so that they stay in the processor's cache

# Of one layer: what enters on both sides, [n, i] and [n', i], scaled on one and with the bias as an input;
# what comes back, [n, r, o] and [n', q, o].
Pair = tuple[Tensor, Tensor, Tensor, Tensor]


def layered_kernel(layers: Sequence[Pair], *, lower: bool = False) -> Tensor:
    """The sum over layers, ``[n r, n' q]``; the combinations of a row side by side.

    ``lower``: both sides are the same, and what is above the diagonal may be left out.
    """
    _, _, ours, theirs = layers[0]
    (n, r, _), (other, q, _) = ours.shape, theirs.shape
    total = ours.new_empty(n, r, other, q)
    space = ours.new_empty(2, max(TILE, r) * max(TILE, q))
    for rows in _tiles(n, r):
        for columns in _tiles(rows.stop if lower else other, q):
            tile = total[rows, :, columns]
            for place, (left, right, ours, theirs) in enumerate(layers):
                near = _product(left[rows], right[columns], space[0])[:, None, :, None]
                inner = _product(ours[rows].flatten(0, 1), theirs[columns].flatten(0, 1), space[1])
                if place:
                    tile.addcmul_(inner.view(tile.shape), near)
                else:
                    torch.mul(inner.view(tile.shape), near, out=tile)
    return total.view(n * r, other * q)


def _product(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
    """``A B'`` in a place that is used again: fresh memory would take longer than the product."""
    shape = len(left), len(right)
    return torch.mm(left, right.T, out=space[: shape[0] * shape[1]].view(shape))


def _tiles(n: int, rank: int) -> Iterator[slice]:
    step = max(1, TILE // rank)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
