"""Inner products of the rows of two Jacobians, the empirical neural tangent kernel, from their factors.

In a linear layer over one place a row is ``delta_i (x) a_i``, and ``delta_i`` for its bias. So the kernel of
two rows is ``sum_l (c_l <a_i, a_j> + b_l) <delta_i, delta_j>``, with ``c_l`` and ``b_l`` the scale of the
layer's weights and of its bias: ``n^2 (i + o)`` multiplications a layer instead of ``n^2 i o``. Over ``T``
places every two of them bring such a product; where the blocks are smaller than that, they are formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.factored import FactoredJacobian, by_parameters, formed
from afif_explorer.engine.jacobians.layer_factors import LayerJacobian
from afif_explorer.engine.jacobians.placed import Placed, product
from afif_explorer.engine.runtime.memory import block_rows

TILE = 512  # rows and columns at a time, so that they stay in the processor's cache
STRIP = 1024  # rows whose blocks are formed together
ELEMENTWISE = 4  # multiplications in a product of matrices that take as long as one outside of it

Uses = Sequence[LayerJacobian]  # of one layer's parameters


@dataclass(frozen=True, eq=False)
class _Pair:
    """One layer on both sides: what entered ``[n, T, .]`` and what comes back ``[n, r, T, o]``, scaled."""

    kind: type[Placed]
    left: Tensor
    right: Tensor
    ours: Tensor
    theirs: Tensor


def fill_ntk(
    total: Tensor, left: FactoredJacobian, right: FactoredJacobian, scale: Tensor, *, lower: bool
) -> None:
    """Fill ``[n r, n' q]`` with ``H diag(c) H'`` for ``c`` ``[p]``, in its precision.

    A row's combinations are side by side. ``lower``: both sides are the same, and what is above the diagonal
    may be left out.
    """
    pairs, explicit = _divided(left, right, scale)
    grid = total.unflatten(0, (left.n, left.rank)).unflatten(2, (right.n, right.rank))
    if pairs:
        _fill(grid, pairs, lower)
    else:
        total.zero_()
    for ours, theirs, part in explicit:
        _add_explicit(grid, ours, theirs, part, lower)


def _divided(
    left: FactoredJacobian, right: FactoredJacobian, scale: Tensor
) -> tuple[list[_Pair], list[tuple[Uses, Uses, Tensor]]]:
    """The layers that are multiplied by their factors, and those whose blocks are formed."""
    pairs: list[_Pair] = []
    explicit: list[tuple[Uses, Uses, Tensor]] = []
    for ours, theirs in zip(by_parameters(left.layers), by_parameters(right.layers), strict=True):
        part = scale[ours[0].start : ours[0].start + ours[0].size]
        pair = _paired(ours, theirs, part)
        if pair is None:
            explicit.append((ours, theirs, part))
        else:
            pairs.append(pair)
    return pairs, explicit


def _paired(ours: Uses, theirs: Uses, scale: Tensor) -> _Pair | None:
    (one, *more), other = ours, theirs[0]
    if more or not isinstance(one, Placed) or not isinstance(other, Placed):
        return None
    combinations = one.rank * other.rank
    if one.places > 1 and price(one, combinations) >= combinations * one.size:
        return None
    left, right = one.entering(scale), other.entering()
    if left is None or right is None:
        return None
    entered, opposite = (_precise(side, scale) for side in (left[0], right[0]))
    return _Pair(type(one), entered, opposite, left[1].to(scale), right[1].to(scale))


def _precise(entered: Tensor, scale: Tensor) -> Tensor:
    """What entered in the precision of the scale; indices stay what they are."""
    return entered.to(scale) if entered.is_floating_point() else entered


def price(layer: Placed, combinations: int) -> float:
    """Multiplications that two rows cost by factors, for so many pairs of roots."""
    return layer.places**2 * (layer.width + combinations * (layer.outputs + ELEMENTWISE))


def _fill(total: Tensor, pairs: Sequence[_Pair], lower: bool) -> None:
    """The sum over layers, into ``[n, r, n', q]``."""
    n, rank, other, roots = total.shape
    ours = max(pair.ours.shape[2] for pair in pairs)  # places
    theirs = max(pair.theirs.shape[2] for pair in pairs)
    space = total.new_empty(2, max(TILE, rank * ours) * max(TILE, roots * theirs))
    for rows in _tiles(n, rank * ours):
        for columns in _tiles(rows.stop if lower else other, roots * theirs):
            tile = total[rows, :, columns]
            for place, pair in enumerate(pairs):
                _add_tile(tile, pair, rows, columns, space, fresh=not place)


def _add_tile(
    tile: Tensor, pair: _Pair, rows: slice, columns: slice, space: Tensor, *, fresh: bool
) -> None:
    near = pair.kind.meeting(pair.left[rows], pair.right[columns], space[0])
    ours, theirs = pair.ours[rows], pair.theirs[columns]
    inner = product(ours.flatten(0, 2), theirs.flatten(0, 2), space[1])
    n, rank, places, _ = ours.shape
    other, roots, opposite, _ = theirs.shape
    if places == opposite == 1:
        inner, near = inner.view(tile.shape), near[:, None, :, None]
        torch.mul(inner, near, out=tile) if fresh else tile.addcmul_(inner, near)
        return
    met = near.view(n, 1, places, other, 1, opposite)
    summed = inner.view(n, rank, places, other, roots, opposite).mul_(met).sum((2, 5))
    tile.copy_(summed) if fresh else tile.add_(summed)


def _add_explicit(total: Tensor, ours: Uses, theirs: Uses, scale: Tensor, lower: bool) -> None:
    """Add what one layer's blocks make up to ``[n, r, n', q]``."""
    n, rank, other, roots = total.shape
    step = block_rows(max(rank, roots) * len(scale), scale, near=STRIP * len(scale))
    for rows in _slices(n, step):
        block = (formed(ours, rows) * scale).flatten(0, 1)
        for columns in _slices(rows.stop if lower else other, step):
            opposite = formed(theirs, columns).flatten(0, 1).to(scale)
            part = total[rows, :, columns]
            part += (block @ opposite.T).view(part.shape)


def _tiles(n: int, rank: int) -> Iterator[slice]:
    return _slices(n, max(1, TILE // rank))


def _slices(n: int, step: int) -> Iterator[slice]:
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
