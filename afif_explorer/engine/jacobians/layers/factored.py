"""The rows of a Jacobian as factors of each layer.

``H_i = S_i' J_i`` ``[r, p]`` is the Jacobian of combinations of a row's outputs. Products with it, squared
norms, the Gram matrix (:mod:`afif_explorer.engine.jacobians.gram`) and inner products of rows
(:mod:`afif_explorer.engine.jacobians.ntk`) are computed from the factors or from explicit blocks, whichever
is cheaper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.layer_factors import LayerJacobian, Summed
from afif_explorer.engine.jacobians.layers.positionwise import Weight
from afif_explorer.engine.runtime.memory import CACHED, block_rows

BLOCK = 6 * CACHED  # size of explicit blocks; large enough for efficient matrix products
MIN_ROWS = 64  # blocks of all layers are formed together if so many rows fit into the cache


def by_parameters(layers: Sequence[LayerJacobian]) -> list[list[LayerJacobian]]:
    """The uses of each layer's parameters, in the parameters' order; one if a layer is used once."""
    found: dict[int, list[LayerJacobian]] = {}
    for layer in layers:
        found.setdefault(layer.start, []).append(layer)
    return [found[start] for start in sorted(found)]


def formed(uses: Sequence[LayerJacobian], rows: slice = slice(None)) -> Tensor:
    """The block of a layer's parameters on some rows, summed over its uses, ``[rows, r, size]``."""
    (some, *more) = (replace(use.take(rows), start=0) for use in uses)
    if isinstance(some, Summed) and not more:
        return some.block
    kept = next(iter(some._tensors().values()))
    block = kept.new_empty(len(kept), some.rank, some.size)
    some.write(block, fresh=True)
    for use in more:
        use.write(block, fresh=False)
    return block


@dataclass(frozen=True, eq=False)
class FactoredJacobian:
    """``H`` ``[n, r, p]`` of ``n`` rows; a parameter may be in several of the layers, or in none."""

    layers: list[LayerJacobian]
    n: int
    rank: int
    p: int

    @property
    def numbers(self) -> int:
        """Number of stored values."""
        return sum(layer.numbers for layer in self.layers)

    def take(self, rows: slice) -> FactoredJacobian:
        layers = [layer.take(rows) for layer in self.layers]
        return FactoredJacobian(layers, len(range(self.n)[rows]), self.rank, self.p)

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        """Add ``H V`` to ``[n, r, m]``."""
        direct, explicit = self._by_cost(vectors.shape[1])
        for layer in direct:
            layer.jvp(vectors, total)
        for layer in explicit:
            for rows, blocks in self._formed([layer]):
                for block in blocks:
                    block.jvp(vectors, total[rows])

    def jvp_lower(self, vectors: Tensor, total: Tensor) -> None:
        """The same for lower triangular ``[p, p]``: a layer meets the columns up to its last parameter."""
        for layer in self.layers:
            met = layer.start + layer.size
            replace(self, layers=[layer]).jvp(vectors[:, :met], total[:, :, :met])

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        """Add ``H' U`` to ``[p, m]``."""
        direct, explicit = self._by_cost(cotangents.shape[2])
        for layer in direct:
            layer.vjp(cotangents, total)
        for layer in explicit:
            for rows, blocks in self._formed([layer]):
                for block in blocks:
                    block.vjp(cotangents[rows], total)

    def ggn_product(self, row_weights: Tensor, vectors: Tensor, total: Tensor) -> None:
        """Add ``H' diag(w) H V`` to ``[p, m]``, ``w`` ``[n]``; explicit blocks are formed once."""
        moved = vectors.new_zeros(self.n, self.rank, vectors.shape[1])
        direct, explicit = self._by_cost(vectors.shape[1])
        if not explicit or self._step(explicit) < MIN_ROWS:
            self.jvp(vectors, moved)
            self.vjp(moved.mul_(row_weights[:, None, None]), total)
            return
        for layer in direct:
            layer.jvp(vectors, moved)
        for rows, blocks in self._formed(explicit):
            for block in blocks:
                block.jvp(vectors, moved[rows])
            moved[rows] *= row_weights[rows, None, None]
            for block in blocks:
                block.vjp(moved[rows], total)
        for layer in direct:
            layer.vjp(moved, total)

    def _by_cost(self, columns: int) -> tuple[list[LayerJacobian], list[Weight]]:
        """The layers to multiply by their factors, and those to multiply by explicit blocks."""
        explicit = [
            layer
            for layer in self.layers
            if isinstance(layer, Weight) and layer.formed_for(columns)
        ]
        return [layer for layer in self.layers if layer not in explicit], explicit

    def _formed(self, layers: Sequence[Weight]) -> Iterator[tuple[slice, list[Summed]]]:
        """The blocks of some layers, a few rows at a time, in a reused buffer."""
        step = self._step(layers)
        for several in zip(*(layer.blocks(step) for layer in layers), strict=True):
            rows = several[0][0]
            blocks = []
            for layer, (_, block) in zip(layers, several, strict=True):
                blocks += layer.summed(block, rows)
            yield rows, blocks

    def _step(self, layers: Sequence[Weight]) -> int:
        """Number of rows whose blocks of these layers fit into the cache."""
        numbers = self.rank * sum(layer.size for layer in layers)
        return block_rows(numbers, layers[0].slope, near=BLOCK)

    def explicit(self, like: Tensor) -> Tensor:
        """``H`` as a dense tensor, ``[n, r, p]``."""
        found = like.new_empty(self.n, self.rank, self.p)
        used = torch.zeros(self.p, dtype=torch.bool)
        for uses in by_parameters(self.layers):
            for place, layer in enumerate(uses):
                layer.write(found, fresh=not place)
            used[uses[0].start : uses[0].start + uses[0].size] = True
        if not bool(used.all()):  # unused parameters
            found[:, :, ~used.to(like.device)] = 0.0
        return found

    def squared_norms(self) -> Tensor:
        """``||H_i||^2`` (Frobenius) of each row, ``[n]``."""
        found = []
        for uses in by_parameters(self.layers):
            if len(uses) == 1:
                found.append(uses[0].squared_norms())
            else:
                found.append(formed(uses).square().sum((1, 2)))
        return torch.stack(found).sum(0)
