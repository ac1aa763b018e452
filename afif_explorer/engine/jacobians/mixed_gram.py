"""The parts of a Gram matrix ``H' H`` that involve layers whose blocks are explicit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.positionwise import Weight
from afif_explorer.engine.jacobians.symmetric import add_upper_gram


@dataclass(frozen=True, eq=False)
class Explicit:
    """The block ``[n, r, size]`` of some rows, for the parameters from ``start``."""

    start: int
    block: Tensor

    @property
    def place(self) -> slice:
        """The place of its parameters among all."""
        return slice(self.start, self.start + self.block.shape[2])


def add_explicit(total: Tensor, blocks: Sequence[Explicit]) -> None:
    """Add the products of explicit blocks, in the order of their parameters, to ``[p, p]``."""
    for one in blocks:
        add_upper_gram(total[one.place, one.place], one.block.flatten(0, 1))
    for one, other in combinations(blocks, 2):
        left, right = one.block.flatten(0, 1), other.block.flatten(0, 1)
        total[one.place, other.place].addmm_(left.T, right)


def add_mixed(total: Tensor, blocks: Sequence[Explicit], layers: Sequence[Weight]) -> None:
    """Add the products of explicit blocks and linear layers with one position on the same rows.

    ``sum_i (sum_r H_ir delta_ir') (x) a_i``: ``H`` meets the layer's outputs before its inputs.
    """
    for explicit, layer in product(blocks, layers):
        spread = explicit.block.transpose(1, 2) @ layer.slope[:, :, 0]  # [n, size, o]
        inputs = layer.with_bias(layer.layer_input)[:, 0]
        grid = (spread.flatten(1).T @ inputs).unflatten(0, spread.shape[1:])  # [size, o, i]
        crossed = grid[:, :, : layer.inputs].flatten(1)
        if layer.bias:
            crossed = torch.cat([crossed, grid[:, :, layer.inputs]], dim=1)
        place = slice(layer.start, layer.start + layer.size)
        if explicit.start < layer.start:
            total[explicit.place, place] += crossed
        else:
            total[place, explicit.place] += crossed.T
