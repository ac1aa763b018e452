"""The dense Fisher of a stack of layers without its rows.

A row's part of the block of two layers is ``sum_r (delta_r (x) a)(delta'_r (x) a')' = D (x) a a''`` with
``D = sum_r delta_r delta'_r'``: the roots are summed before the inputs are met. Over rows it adds up by
products of matrices, in one of two ways for each two layers, whichever writes down less:

* *by inputs*: all products ``a_i a'_j`` of a row, met by all of ``D``. Within a layer both are symmetric, so
  that a quarter of the work is left.
* *by outputs*: for each output ``o`` all products ``D_oq a'_j``, met by ``a``. Few outputs want that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers import Layer
from afif_explorer.engine.runtime.memory import block_rows

ELEMENTWISE = 40  # multiplications in a product of matrices that take as long as one outside of it
TOGETHER = 512  # entries of D whose sums are found in one product: more are no faster
TILE = 512  # rows and columns that are mirrored at a time

One = TypeVar("One")


@dataclass(frozen=True, eq=False)
class Part:
    """What some rows show of one layer, whose weights ``[o, i]`` begin at ``start``, its biases behind them.

    ``entered``: ``[n, i]``. ``delta``: ``[n, r, o]``.
    """

    layer: Layer
    start: int
    entered: Tensor
    delta: Tensor

    @cached_property
    def met(self) -> Tensor:
        """What an output's parameters are multiplied with: inputs, and a one for its bias, ``[i, n]``."""
        if not self.layer.bias:
            return self.entered.T.contiguous()
        return torch.cat([self.entered.T, self.entered.new_ones(1, len(self.entered))])

    @property
    def biases(self) -> int:
        """Where the biases are, or would be."""
        return self.start + self.layer.outputs * self.layer.inputs


@dataclass(frozen=True)
class _Price:
    """What a row costs in the block of two layers: within products of matrices, and numbers outside of it."""

    inside: float
    outside: float


def price(layers: Sequence[Layer]) -> float:
    """Multiplications that a row costs, as many as would take as long within products of matrices."""
    prices = [_price(left, right) for left, right in _pairs(layers)]
    return sum(one.inside + ELEMENTWISE * one.outside for one in prices)


def numbers(layers: Sequence[Layer]) -> float:
    """Numbers that a row brings at a time."""
    outputs = sum(layer.outputs for layer in layers)
    return outputs**2 + max(_price(left, right).outside for left, right in _pairs(layers))


def _pairs(of: Sequence[One]) -> Iterator[tuple[One, One]]:
    return ((left, right) for place, left in enumerate(of) for right in of[place:])


def _price(left: Layer, right: Layer) -> _Price:
    half = 2.0 if left is right else 1.0
    pairs = left.outputs * right.outputs / half
    if _few_inputs(left, right):
        products = left.width * right.width / half
        return _Price(pairs * products, products)
    return _Price(pairs * left.width * right.width, pairs * right.width)


def _few_inputs(left: Layer, right: Layer) -> bool:
    return left.width < left.outputs * right.outputs


def add_layered_gram(total: Tensor, parts: Sequence[Part]) -> None:
    """Add ``sum_i J_i' S_i S_i' J_i`` of some rows to ``[p, p]``, on and above the diagonal."""
    delta = torch.cat([part.delta for part in parts], dim=2)
    crossed = delta.transpose(1, 2) @ delta  # D of all layers, [n, O, O]
    ends = torch.tensor([part.layer.outputs for part in parts]).cumsum(0).tolist()
    columns = {
        id(part): slice(end - part.layer.outputs, end)
        for part, end in zip(parts, ends, strict=True)
    }
    for left, right in _pairs(parts):
        way = _by_inputs if _few_inputs(left.layer, right.layer) else _by_outputs
        met = crossed[:, columns[id(left)], columns[id(right)]]
        for output, block in way(left, right, met):
            _add_output(total, left, right, output, block)


def _by_inputs(left: Part, right: Part, met: Tensor) -> Iterator[tuple[int, Tensor]]:
    """For each output the sums ``[q, i, i']`` with the right layer's outputs, its own with those from it on.

    ``met``: ``D`` of the rows, ``[n, o, q]``.
    """
    within = left is right
    products = _upper(left.met) if within else _outer(left.met, right.met)
    places = _places(left.layer.width) if within else None
    most = min(TOGETHER, block_rows(len(products), products))
    for outputs in torch.arange(left.layer.outputs).split(max(1, most // right.layer.outputs)):
        chosen = [met[:, output, output * within :] for output in outputs.tolist()]
        sums = torch.cat(chosen, 1).T @ products.T
        grid = sums if places is None else sums[:, places]
        blocks = grid.view(-1, left.layer.width, right.layer.width)
        counts = [one.shape[1] for one in chosen]
        yield from zip(outputs.tolist(), blocks.split(counts), strict=True)


def _by_outputs(left: Part, right: Part, met: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The same, each output by itself."""
    within = left is right
    for output in range(left.layer.outputs):
        weighed = _outer(met[:, output, output * within :].T, right.met)
        sums = left.met @ weighed.T
        yield output, sums.unflatten(1, (-1, right.layer.width)).transpose(0, 1)


def _outer(left: Tensor, right: Tensor) -> Tensor:
    """All products of a column of ``[i, n]`` and one of ``[j, n]``: ``[i j, n]``."""
    return (left[:, None] * right).flatten(0, 1)


def _upper(met: Tensor) -> Tensor:
    """The products ``a_i a_j`` with ``i <= j`` of each column of ``[i, n]``."""
    width, n = met.shape
    found = met.new_empty(width * (width + 1) // 2, n)
    at = 0
    for first in range(width):
        here = found[at : at + width - first]
        torch.mul(met[first], met[first:], out=here)
        at += len(here)
    return found


def _places(width: int) -> Tensor:
    """Where :func:`_upper` has the product of ``i`` and ``j``, ``[width^2]``."""
    rows, columns = torch.triu_indices(width, width)
    found = torch.empty(width, width, dtype=torch.long)
    found[rows, columns] = found[columns, rows] = torch.arange(len(rows))
    return found.flatten()


def _add_output(total: Tensor, left: Part, right: Part, output: int, block: Tensor) -> None:
    """Put the sums ``[q, i, i']`` of one output, and of its bias, where they belong."""
    inputs, others = left.layer.inputs, right.layer.inputs
    begun = right.layer.outputs - len(block)
    rows = slice(left.start + output * inputs, left.start + (output + 1) * inputs)
    columns = slice(right.start + begun * others, right.biases)
    biases = slice(right.biases + begun, right.biases + right.layer.outputs)
    grid = total[rows, columns].view(inputs, -1, others)
    grid += block[:, :inputs, :others].transpose(0, 1)
    if right.layer.bias:
        total[rows, biases] += block[:, :inputs, others].T
    if not left.layer.bias:
        return
    own = left.biases + output
    if right.layer.bias:
        total[own, biases] += block[:, inputs, others]
    if left is right:  # the weights of later outputs come before the biases
        total[rows.stop : right.biases, own] += block[1:, inputs, :others].flatten()
    else:
        total[own, columns] += block[:, inputs, :others].flatten()


def mirror(matrix: Tensor) -> Tensor:
    """Make ``[p, p]`` symmetric, in place, by what is on and above its diagonal."""
    for left in range(0, len(matrix), TILE):
        here = slice(left, left + TILE)
        corner = matrix[here, here].triu()
        matrix[here, here] = corner + corner.triu(1).T
        for top in range(left + TILE, len(matrix), TILE):
            below = slice(top, top + TILE)
            matrix[below, here] = matrix[here, below].T
    return matrix
