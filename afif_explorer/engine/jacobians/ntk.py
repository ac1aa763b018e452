"""Inner products of the rows of two Jacobians, the empirical neural tangent kernel, from their factors.

For a linear layer with one position a row is ``delta_i (x) a_i``, and ``delta_i`` for its bias, so the kernel
of two rows is ``sum_l (c_l <a_i, a_j> + b_l) <delta_i, delta_j>``, with ``c_l`` and ``b_l`` the scale of the
layer's weights and of its bias: ``n^2 (i + o)`` multiplications a layer instead of ``n^2 i o``. With
``T`` positions there is such a product for each pair; if the explicit blocks are smaller, they are formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian, by_parameters, formed
from afif_explorer.engine.jacobians.layers.layer_factors import LayerJacobian
from afif_explorer.engine.jacobians.layers.positionwise import PositionwiseJacobian, product
from afif_explorer.engine.runtime.memory import block_rows

TILE = 512  # rows and columns at a time that fit into the cache
STRIP = 1024  # rows whose blocks are formed together
ELEMENTWISE = 4  # cost of an elementwise multiplication relative to one in a matrix product

Uses = Sequence[LayerJacobian]  # of one layer's parameters


@dataclass(frozen=True, eq=False)
class _Pair:
    """One layer's factors on both sides: inputs ``[n, T, .]`` and derivatives ``[n, r, T, o]``, scaled."""

    kind: type[PositionwiseJacobian]
    left: Tensor
    right: Tensor
    ours: Tensor
    theirs: Tensor


def fill_ntk(
    total: Tensor, left: FactoredJacobian, right: FactoredJacobian, scale: Tensor, *, lower: bool
) -> None:
    """Fill ``[n r, n' q]`` with ``H diag(c) H'`` for ``c`` ``[p]``, in its precision.

    The combinations of a row are next to each other. ``lower``: both sides are the same, and only the part on
    and below the diagonal is needed.
    """
    pairs, explicit = _by_cost(left, right, scale)
    grid = total.unflatten(0, (left.n, left.rank)).unflatten(2, (right.n, right.rank))
    if pairs:
        _fill(grid, pairs, lower)
    else:
        total.zero_()
    for ours, theirs, part in explicit:
        _add_explicit(grid, ours, theirs, part, lower)


def _by_cost(
    left: FactoredJacobian, right: FactoredJacobian, scale: Tensor
) -> tuple[list[_Pair], list[tuple[Uses, Uses, Tensor]]]:
    """The layers to multiply by their factors, and those with explicit blocks."""
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
    if (
        more
        or not isinstance(one, PositionwiseJacobian)
        or not isinstance(other, PositionwiseJacobian)
    ):
        return None
    combinations = one.rank * other.rank
    if one.positions > 1 and pair_cost(one, combinations) >= combinations * one.size:
        return None
    left, right = one.scaled_factors(scale), other.scaled_factors()
    if left is None or right is None:
        return None
    layer_input, opposite = (_precise(side, scale) for side in (left[0], right[0]))
    return _Pair(type(one), layer_input, opposite, left[1].to(scale), right[1].to(scale))


def _precise(layer_input: Tensor, scale: Tensor) -> Tensor:
    """The input in the precision of the scale; indices are unchanged."""
    return layer_input.to(scale) if layer_input.is_floating_point() else layer_input


def pair_cost(layer: PositionwiseJacobian, combinations: int) -> float:
    """Multiplications per pair of rows with factors, for ``combinations`` pairs of roots."""
    return layer.positions**2 * (layer.width + combinations * (layer.outputs + ELEMENTWISE))


def _fill(total: Tensor, pairs: Sequence[_Pair], lower: bool) -> None:
    """The sum over layers, into ``[n, r, n', q]``."""
    n, rank, other, roots = total.shape
    ours = max(pair.ours.shape[2] for pair in pairs)  # positions
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
    products = pair.kind.input_products(pair.left[rows], pair.right[columns], space[0])
    ours, theirs = pair.ours[rows], pair.theirs[columns]
    inner = product(ours.flatten(0, 2), theirs.flatten(0, 2), space[1])
    n, rank, positions, _ = ours.shape
    other, roots, opposite, _ = theirs.shape
    if positions == opposite == 1:
        inner, products = inner.view(tile.shape), products[:, None, :, None]
        torch.mul(inner, products, out=tile) if fresh else tile.addcmul_(inner, products)
        return
    weights = products.view(n, 1, positions, other, 1, opposite)
    summed = inner.view(n, rank, positions, other, roots, opposite).mul_(weights).sum((2, 5))
    tile.copy_(summed) if fresh else tile.add_(summed)


def _add_explicit(total: Tensor, ours: Uses, theirs: Uses, scale: Tensor, lower: bool) -> None:
    """Add the product of one layer's explicit blocks to ``[n, r, n', q]``."""
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
