"""The dense Fisher of a stack of layers without its rows.

A row's part is ``sum_r (delta_r (x) a)(delta_r (x) a)' = (sum_r delta_r delta_r') (x) a a'``: the roots can
be summed before the inputs are met. Each output of each layer then costs one product of matrices, whatever
the number of roots, and symmetry halves the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ELEMENTWISE = 40  # multiplications in a product of matrices that take as long as one outside of it
TILE = 512  # rows and columns that are mirrored at a time


def pays(parameters: int, outputs: int, rank: int) -> bool:
    """Whether it beats the product of explicit rows, for so many outputs of all layers together."""
    return parameters + ELEMENTWISE * outputs / 2 < 2.0 * rank * parameters


@dataclass(frozen=True, eq=False)
class Part:
    """What some rows show of one layer, whose weights ``[o, i]`` begin at ``start``, its biases behind them.

    ``entered``: ``[n, i]``. ``delta``: ``[n, r, o]``.
    """

    start: int
    entered: Tensor
    delta: Tensor
    bias: bool

    @property
    def outputs(self) -> int:
        return self.delta.shape[2]

    @property
    def biases(self) -> int:
        """Where the biases are, or would be."""
        return self.start + self.outputs * self.entered.shape[1]


def add_layered_gram(total: Tensor, parts: Sequence[Part]) -> None:
    """Add ``sum_i J_i' S_i S_i' J_i`` of some rows to ``[p, p]``, on and above the diagonal."""
    delta = torch.cat([part.delta for part in parts], dim=2)
    crossed = delta.transpose(1, 2) @ delta  # [n, O, O]
    buffer = delta.new_empty(len(delta) * len(total))
    first = 0
    for place, part in enumerate(parts):
        entered = part.entered
        if part.bias:
            entered = torch.cat([entered, entered.new_ones(len(entered), 1)], 1)
        for output in range(part.outputs):
            at = first + output
            weighed = _weighed(parts[place:], crossed[:, at, at:], output, buffer)
            _add_output(total, part, output, entered.T @ weighed)
        first += part.outputs


def _weighed(parts: Sequence[Part], weights: Tensor, begun: int, buffer: Tensor) -> Tensor:
    """Inputs and ones times the weights ``[n, outputs]`` of what follows, in the order of parameters.

    Of the first layer the outputs from ``begun`` on are there.
    """
    sizes = [
        (part.outputs - begun * (not place), part.entered.shape[1], part.bias)
        for place, part in enumerate(parts)
    ]
    width = sum(count * (inputs + bias) for count, inputs, bias in sizes)
    found = buffer[: len(weights) * width].view(-1, width)
    left = column = 0
    for part, (count, inputs, bias) in zip(parts, sizes, strict=True):
        share = weights[:, column : column + count]
        cut = left + count * inputs
        grid = found[:, left:cut].unflatten(1, (count, inputs))
        torch.mul(share[:, :, None], part.entered[:, None, :], out=grid)
        if bias:
            found[:, cut : cut + count] = share
        left, column = cut + count * bias, column + count
    return found


def _add_output(total: Tensor, part: Part, output: int, product: Tensor) -> None:
    """Put the products of one output's inputs, and of its bias, where they belong."""
    inputs = part.entered.shape[1]
    row, ahead = part.start + output * inputs, part.biases
    own = ahead + output * part.bias
    cut = ahead - row
    total[row : row + inputs, row:ahead] += product[:inputs, :cut]
    total[row : row + inputs, own:] += product[:inputs, cut:]
    if part.bias:
        total[own, own:] += product[inputs, cut:]
        total[row + inputs : ahead, own] += product[inputs, inputs:cut]


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
