"""The dense Fisher of a stack of layers without its rows.

A row's part is ``sum_r (delta_r (x) a)(delta_r (x) a)' = (sum_r delta_r delta_r') (x) a a'``: the roots can
be summed before the inputs are met. Each output of each layer then costs one product of matrices, whatever
the number of roots, and symmetry halves the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

ELEMENTWISE = 40  # multiplications in a product of matrices that take as long as one outside of it


def pays(parameters: int, outputs: int, rank: int) -> bool:
    """Whether it beats the product of explicit rows, for so many outputs of all layers together."""
    return parameters + ELEMENTWISE * outputs / 2 < 2.0 * rank * parameters


def add_layered_gram(total: Tensor, entered: Sequence[Tensor], deltas: Sequence[Tensor]) -> None:
    """Add ``sum_i J_i' S_i S_i' J_i`` of some rows to ``[p, p]``, on and above the diagonal.

    ``entered``: of each layer, ``[n, i]``. ``deltas``: of each layer, ``[n, r, o]``. Parameters are in the
    order of layers, their outputs and their inputs; :func:`mirrored` makes the matrix of it.
    """
    delta = torch.cat(list(deltas), dim=2)
    crossed = delta.transpose(1, 2) @ delta  # [n, O, O]
    n, width = len(delta), len(total)
    buffer = delta.new_empty(n * width)
    row = first = 0
    for layer, inputs in enumerate(entered):
        size = inputs.shape[1]
        for output in range(deltas[layer].shape[2]):
            weighed = buffer[: n * (width - row)].view(n, width - row)
            left, column = 0, first + output
            for place in range(layer, len(entered)):
                begun = output if place == layer else 0
                count, wide = deltas[place].shape[2] - begun, entered[place].shape[1]
                part = weighed[:, left : left + count * wide].unflatten(1, (count, wide))
                weights = crossed[:, first + output, column : column + count]
                torch.mul(weights[:, :, None], entered[place][:, None, :], out=part)
                left, column = left + count * wide, column + count
            total[row : row + size, row:].addmm_(inputs.T, weighed)
            row += size
        first += deltas[layer].shape[2]


def mirrored(total: Tensor, places: Tensor) -> Tensor:
    """The symmetric matrix from its upper half; row ``j`` of it belongs to parameter ``places[j]``."""
    upper = torch.triu(total)
    full = upper + torch.triu(upper, 1).T
    order = torch.argsort(places)
    return full[order][:, order]
