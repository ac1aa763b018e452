"""The Gram matrix ``H' H`` of a Jacobian's rows: the dense Fisher.

For linear layers with one position it is computed without explicit rows: the contribution of a row to the
block of two layers is ``sum_r (delta_r (x) a)(delta'_r (x) a')' = D (x) a a''`` with
``D = sum_r delta_r delta'_r'``, so the roots are summed first. The sum over rows is a matrix product, in the
one of two orders for each pair of layers that needs less memory traffic:

* *by inputs*: all products ``a_i a'_j`` of a row, times all of ``D``. Within a layer both are symmetric,
  which saves three quarters of the work.
* *by outputs*: for each output ``o`` all products ``D_oq a'_j``, times ``a``; suitable for few outputs.

With several positions there is a ``D`` for each pair of positions, which usually costs more than the explicit
blocks; those, and the blocks of other layers, are multiplied explicitly, on and above the diagonal only. The
block of an explicit layer and a linear layer with one position is ``sum_i (sum_r H_ir delta_ir') (x) a_i``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian, by_parameters, formed
from afif_explorer.engine.jacobians.layers.layer_factors import LayerJacobian
from afif_explorer.engine.jacobians.layers.positionwise import Weight
from afif_explorer.engine.jacobians.mixed_gram import Explicit, add_explicit, add_mixed
from afif_explorer.engine.jacobians.symmetric import HALF, add_upper_gram
from afif_explorer.engine.runtime.memory import block_rows

ELEMENTWISE = 40  # cost of an elementwise multiplication relative to one in a matrix product
MAX_ENTRIES = 512  # entries of D per product; larger products are not faster

One = TypeVar("One")
Uses = list[LayerJacobian]  # of the same parameters


class Shape(Protocol):
    """A linear layer: ``[o, i]`` weights, and ``o`` biases if its width is ``i + 1``."""

    @property
    def outputs(self) -> int: ...

    @property
    def width(self) -> int: ...


@dataclass(frozen=True)
class _Cost:
    """Cost per row of the block of two layers: multiplications in matrix products, and elementwise ones."""

    products: float
    elementwise: float


def gram_cost(layers: Sequence[Shape]) -> float:
    """Cost per row, in multiplications within matrix products."""
    costs = [_pair_cost(left, right) for left, right in _pairs(layers)]
    return sum(one.products + ELEMENTWISE * one.elementwise for one in costs)


def numbers(layers: Sequence[Shape]) -> float:
    """Number of intermediate values per row."""
    outputs = sum(layer.outputs for layer in layers)
    return outputs**2 + max(_pair_cost(left, right).elementwise for left, right in _pairs(layers))


def _pairs(of: Sequence[One]) -> Iterator[tuple[One, One]]:
    return ((left, right) for place, left in enumerate(of) for right in of[place:])


def _pair_cost(left: Shape, right: Shape) -> _Cost:
    half = 2.0 if left is right else 1.0
    pairs = left.outputs * right.outputs / half
    if _few_inputs(left, right):
        products = left.width * right.width / half
        return _Cost(pairs * products, products)
    return _Cost(pairs * left.width * right.width, pairs * right.width)


def _few_inputs(left: Shape, right: Shape) -> bool:
    return left.width < left.outputs * right.outputs


def add_gram(total: Tensor, rows: FactoredJacobian) -> None:
    """Add ``H' H`` to ``[p, p]``, on and above the diagonal."""
    single, others = _split(rows)
    if not single or _cost(single, others, rows.rank) >= HALF * rows.rank * rows.p**2:
        step = block_rows(rows.p * rows.rank, total)
        for start in range(0, rows.n, step):
            explicit = rows.take(slice(start, start + step)).explicit(total)
            add_upper_gram(total, explicit.flatten(0, 1))
        return
    step = block_rows(_numbers(single, others, rows.rank), total)
    for start in range(0, rows.n, step):
        some = slice(start, start + step)
        layers = [layer.take(some) for layer in single]
        _add_layered_gram(total, [_Part.of(layer) for layer in layers])
        blocks = [Explicit(uses[0].start, formed(uses, some)) for uses in others]
        add_explicit(total, blocks)
        add_mixed(total, blocks, layers)


def _split(rows: FactoredJacobian) -> tuple[list[Weight], list[Uses]]:
    """The linear layers with one position that are used once, and the uses of all other parameters."""
    single: list[Weight] = []
    others: list[Uses] = []
    for uses in by_parameters(rows.layers):
        layer = uses[0]
        if len(uses) == 1 and isinstance(layer, Weight) and layer.positions == 1:
            single.append(layer)
        else:
            others.append(uses)
    return single, others


def _cost(single: Sequence[Weight], others: Sequence[Uses], rank: int) -> float:
    """Cost per row, in multiplications within matrix products."""
    size = sum(uses[0].size for uses in others)
    mixed = sum(size * layer.outputs * (rank + layer.width) for layer in single)
    return gram_cost(single) + HALF * rank * size**2 + mixed


def _numbers(single: Sequence[Weight], others: Sequence[Uses], rank: int) -> float:
    """Number of intermediate values per row."""
    size = sum(uses[0].size for uses in others)
    return numbers(single) + size * (rank + max(layer.outputs for layer in single))


@dataclass(frozen=True, eq=False)
class _Part:
    """The factors of one layer on some rows.

    ``layer_input``: with ones for the bias, ``[i, n]``. ``delta``: ``[n, r, o]``.
    """

    layer: Weight
    layer_input: Tensor
    delta: Tensor

    @classmethod
    def of(cls, layer: Weight) -> _Part:
        layer_input = layer.with_bias(layer.layer_input)[:, 0].T.contiguous()
        return cls(layer, layer_input, layer.slope[:, :, 0])

    @property
    def biases(self) -> int:
        """Position of the biases among the parameters."""
        return self.layer.start + self.layer.outputs * self.layer.inputs


def _add_layered_gram(total: Tensor, parts: Sequence[_Part]) -> None:
    delta = torch.cat([part.delta for part in parts], dim=2)
    crossed = delta.transpose(1, 2) @ delta  # D of all layers, [n, O, O]
    ends = torch.tensor([part.layer.outputs for part in parts]).cumsum(0).tolist()
    columns = {
        id(part): slice(end - part.layer.outputs, end)
        for part, end in zip(parts, ends, strict=True)
    }
    for left, right in _pairs(parts):
        way = _by_inputs if _few_inputs(left.layer, right.layer) else _by_outputs
        D = crossed[:, columns[id(left)], columns[id(right)]]
        for output, block in way(left, right, D):
            _add_output(total, left, right, output, block)


def _by_inputs(left: _Part, right: _Part, D: Tensor) -> Iterator[tuple[int, Tensor]]:
    """For each output the sums ``[q, i, i']`` with the right layer's outputs; within a layer from itself on.

    ``D``: of each row, ``[n, o, q]``.
    """
    within = left is right
    products = _upper(left.layer_input) if within else _outer(left.layer_input, right.layer_input)
    indices = _indices(left.layer.width) if within else None
    limit = min(MAX_ENTRIES, block_rows(len(products), products))
    for outputs in torch.arange(left.layer.outputs).split(max(1, limit // right.layer.outputs)):
        chosen = [D[:, output, output * within :] for output in outputs.tolist()]
        sums = torch.cat(chosen, 1).T @ products.T
        grid = sums if indices is None else sums[:, indices]
        blocks = grid.view(-1, left.layer.width, right.layer.width)
        counts = [one.shape[1] for one in chosen]
        yield from zip(outputs.tolist(), blocks.split(counts), strict=True)


def _by_outputs(left: _Part, right: _Part, D: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The same, one output at a time."""
    within = left is right
    for output in range(left.layer.outputs):
        weighted = _outer(D[:, output, output * within :].T, right.layer_input)
        sums = left.layer_input @ weighted.T
        yield output, sums.unflatten(1, (-1, right.layer.width)).transpose(0, 1)


def _outer(left: Tensor, right: Tensor) -> Tensor:
    """All products of a column of ``[i, n]`` and one of ``[j, n]``: ``[i j, n]``."""
    return (left[:, None] * right).flatten(0, 1)


def _upper(a: Tensor) -> Tensor:
    """The products ``a_i a_j`` with ``i <= j`` of each column of ``[i, n]``."""
    width, n = a.shape
    found = a.new_empty(width * (width + 1) // 2, n)
    at = 0
    for first in range(width):
        here = found[at : at + width - first]
        torch.mul(a[first], a[first:], out=here)
        at += len(here)
    return found


def _indices(width: int) -> Tensor:
    """Index of the product of ``i`` and ``j`` in :func:`_upper`, ``[width^2]``."""
    rows, columns = torch.triu_indices(width, width)
    found = torch.empty(width, width, dtype=torch.long)
    found[rows, columns] = found[columns, rows] = torch.arange(len(rows))
    return found.flatten()


def _add_output(total: Tensor, left: _Part, right: _Part, output: int, block: Tensor) -> None:
    """Add the sums ``[q, i, i']`` of one output, and of its bias, to the matrix."""
    inputs, others = left.layer.inputs, right.layer.inputs
    begun = right.layer.outputs - len(block)
    start = left.layer.start + output * inputs
    rows = slice(start, start + inputs)
    columns = slice(right.layer.start + begun * others, right.biases)
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
