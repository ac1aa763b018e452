"""Blocks of vectors times the rows of a stack of layers, and back.

One combination ``s_i' J_i`` of a row's outputs is ``delta_i (x) a_i`` in every layer, with ``a_i`` what
enters it and ``delta_i`` what comes back to it. So ``s_i' J_i V = sum_o delta_io (V_o a_i)``: no vector has
to go through the layers, neither forwards nor backwards. For many vectors a few rows at a time are formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.runtime.memory import CACHED, block_rows

BLOCK = 6 * CACHED  # numbers that are formed at a time: as many as a product of matrices repays


@dataclass(frozen=True, eq=False)
class LayeredRows:
    """The rows ``H`` ``[n, p]``, the parameters in the order of layers, their weights before their bias.

    Attributes:
        entered: of each layer, ``[n, i]``. deltas: of each layer, ``[n, o]``. biases: whether it has one.
    """

    entered: Sequence[Tensor]
    deltas: Sequence[Tensor]
    biases: Sequence[bool]

    def out(self, vectors: Tensor) -> Tensor:
        """``H V``: ``[p, m] -> [n, m]``."""
        total = vectors.new_zeros(len(self.deltas[0]), vectors.shape[1])
        if self._worth_forming(vectors):
            for rows, formed in self._formed(len(vectors)):
                torch.mm(formed, vectors, out=total[rows])
            return total
        for entered, delta, weight, bias in self._layers(vectors):
            flat = weight.unflatten(0, (delta.shape[1], -1)).permute(1, 2, 0).flatten(1)  # [i, m o]
            for rows in self._blocks(weight.shape[1] * delta.shape[1]):
                moved = (entered[rows] @ flat).unflatten(1, (weight.shape[1], -1))
                total[rows] += (moved @ delta[rows, :, None])[:, :, 0]
            if len(bias):
                total.addmm_(delta, bias)
        return total

    def into(self, weights: Tensor) -> Tensor:
        """``H' U``: ``[n, m] -> [p, m]``."""
        total = weights.new_zeros(self._parameters(), weights.shape[1])
        if self._worth_forming(total):
            for rows, formed in self._formed(len(total)):
                total.addmm_(formed.T, weights[rows])
            return total
        for entered, delta, weight, bias in self._layers(total):
            numbers = weights.shape[1] * delta.shape[1]
            added = weights.new_zeros(numbers, entered.shape[1])  # [o m, i]
            for rows in self._blocks(numbers):
                spread = delta[rows, :, None] * weights[rows, None]
                added.addmm_(spread.flatten(1).T, entered[rows])
            turned = added.unflatten(0, (delta.shape[1], -1)).transpose(1, 2)
            weight.copy_(turned.flatten(0, 1))
            if len(bias):
                torch.mm(delta.T, weights, out=bias)
        return total

    def ggn_product(self, share: Tensor, vectors: Tensor) -> Tensor:
        """``H' diag(w) H V``: ``[n]``, ``[p, m] -> [p, m]``."""
        if not self._worth_forming(vectors):
            return self.into(self.out(vectors).mul_(share[:, None]))
        total = torch.zeros_like(vectors)
        for rows, formed in self._formed(len(vectors)):
            total.addmm_(formed.T, (formed @ vectors).mul_(share[rows, None]))
        return total

    def _parameters(self) -> int:
        sizes = zip(self.entered, self.deltas, self.biases, strict=True)
        return sum((a.shape[1] + bias) * delta.shape[1] for a, delta, bias in sizes)

    def _worth_forming(self, block: Tensor) -> bool:
        """Whether rows have fewer numbers than their products with all vectors, layer by layer."""
        return len(block) < block.shape[1] * sum(delta.shape[1] for delta in self.deltas)

    def _blocks(self, numbers: int) -> Iterator[slice]:
        """Rows that are worked on together if each brings so many numbers."""
        step = block_rows(numbers, self.deltas[0], near=BLOCK)
        for start in range(0, len(self.deltas[0]), step):
            yield slice(start, start + step)

    def _formed(self, size: int) -> Iterator[tuple[slice, Tensor]]:
        """A few rows at a time, ``[rows, p]``, always in the same place."""
        space: Tensor | None = None
        for rows in self._blocks(size):
            if space is None:
                space = self.deltas[0].new_empty(len(self.deltas[0][rows]), size)
            formed = space[: len(self.deltas[0][rows])]
            for entered, delta, weight, bias in self._layers(formed.T):
                grid = weight.T.unflatten(1, (delta.shape[1], -1))
                torch.mul(delta[rows, :, None], entered[rows, None], out=grid)
                if len(bias):
                    bias.copy_(delta[rows].T)
            yield rows, formed

    def _layers(self, block: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """What enters each layer, what comes back, and its weights and its bias in ``[p, m]``."""
        start = 0
        for entered, delta, has_bias in zip(self.entered, self.deltas, self.biases, strict=True):
            cut = start + entered.shape[1] * delta.shape[1]
            stop = cut + has_bias * delta.shape[1]
            yield entered, delta, block[start:cut], block[cut:stop]
            start = stop
