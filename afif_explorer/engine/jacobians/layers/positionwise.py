"""Factored Jacobian blocks of linear layers and embeddings, which act on each position of a row separately.

The layer's input, and the derivative of the outputs with respect to its output, are stored for every
position; products sum over positions.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from afif_explorer.engine.jacobians.layers.layer_factors import TILE, LayerJacobian, Summed
from afif_explorer.engine.jacobians.layers.uses import Use
from afif_explorer.engine.runtime.memory import block_rows


@dataclass(frozen=True, eq=False)
class PositionwiseJacobian(LayerJacobian):
    """Parameters that act on every position separately; stores the factors, not the block."""

    slope: Tensor  # [n, r, T, o]

    def joined(self, others: Sequence[Self]) -> Self:
        """All positions at which the parameters are used, as those of one layer."""
        tensors = {
            name: torch.cat([one, *(vars(other)[name] for other in others)], self._axis(name))
            for name, one in self._tensors().items()
        }
        some: dict[str, Any] = tensors
        return replace(self, **some)

    @staticmethod
    def _axis(name: str) -> int:
        """The axis of positions of a stored tensor."""
        return 2 if name == "slope" else 1

    @property
    def rank(self) -> int:
        return self.slope.shape[1]

    @property
    def positions(self) -> int:
        return self.slope.shape[2]

    @property
    def outputs(self) -> int:
        return self.slope.shape[3]

    @abstractmethod
    def _change(self, change: Tensor) -> Tensor:
        """A change of the parameters ``[size, m]`` in the layout of ``_apply``."""

    @abstractmethod
    def _apply(self, change: Tensor, rows: slice) -> Tensor:
        """The change of the layer's output at every position of some rows: ``[rows, T o, m]``."""

    @abstractmethod
    def _add_transpose(self, back: Tensor, rows: slice, total: Tensor) -> None:
        """Add the transpose of ``_apply``, for ``[rows, T o, m]``, to a block from ``_zeros``."""

    @abstractmethod
    def _zeros(self, columns: int) -> Tensor:
        """Zeros for ``columns`` vectors, in the layout of ``_add_transpose``."""

    @abstractmethod
    def _flattened(self, total: Tensor) -> Tensor:
        """The accumulated sum as ``[size, m]``."""

    @abstractmethod
    def scaled_factors(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor] | None:
        """The input ``[n, T, ...]`` and ``slope``, one of them scaled by ``scale`` ``[size]``.

        None unless the scale is constant.
        """

    @staticmethod
    @abstractmethod
    def input_products(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
        """Inner products of inputs, ``[n T, n' T']``; may use the buffer ``space``."""

    @abstractmethod
    def _own_input_products(self) -> Tensor:
        """Inner products of the inputs at the positions of a row, ``[n, T, T]``."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Multiplications per inner product of inputs."""

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        for columns in self._columns(vectors.shape[1]):
            change = self._change(self._rows(vectors)[:, columns])
            for rows in self._tiles(columns.stop - columns.start):
                moved = self._apply(change, rows)
                total[rows, :, columns] += self.slope[rows].flatten(2) @ moved

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        for columns in self._columns(cotangents.shape[2]):
            back = cotangents[:, :, columns]
            found = self._zeros(back.shape[2])
            for rows in self._tiles(back.shape[2]):
                slope = self.slope[rows].flatten(2).transpose(1, 2)
                single = self.rank == 1
                spread = slope * back[rows] if single else slope @ back[rows]
                self._add_transpose(spread, rows, found)
            total_change = self._flattened(found)
            self._rows(total)[: len(total_change), columns] += total_change

    def squared_norms(self) -> Tensor:
        if self.positions == 1:
            beside = torch.linalg.vector_norm(self.slope, dim=(1, 2, 3)).square_()
            return beside.mul_(self._own_input_products()[:, 0, 0])
        beside = self.slope.transpose(1, 2).flatten(2)  # [n, T, r o]
        return (beside @ beside.transpose(1, 2)).mul_(self._own_input_products()).sum((1, 2))

    def _columns(self, columns: int) -> list[slice]:
        """Slices of columns, small enough for their changes at all positions of a row."""
        step = block_rows(self.positions * self.outputs, self.slope)
        return [slice(at, min(columns, at + step)) for at in range(0, columns, step)]

    def _tiles(self, columns: int) -> list[slice]:
        """Slices of rows, small enough for the changes along ``columns`` vectors to fit into the cache."""
        step = block_rows(self.positions * self.outputs * columns, self.slope, near=TILE)
        return [slice(at, at + step) for at in range(0, len(self.slope), step)]


@dataclass(frozen=True, eq=False)
class Weight(PositionwiseJacobian):
    """A linear layer: the weight ``[o, i]``, ``sum_t g_t a_t'``, followed by the bias, ``sum_t g_t``."""

    layer_input: Tensor  # [n, T, i]
    bias: bool = False

    @classmethod
    def of(cls, use: Use, slope: Tensor, start: int) -> Weight:
        """Create from a use and the derivative ``[n, r, ...]`` at its tap."""
        assert use.kept is not None
        (n, rank), shape = slope.shape[:2], use.shape
        layer_input = use.kept.expand(n, *use.kept.shape[1:]) if len(use.kept) != n else use.kept
        return cls(
            start,
            prod(shape) + use.bias * shape[0],
            slope=slope.reshape(n, rank, -1, shape[0]),
            layer_input=layer_input.reshape(n, -1, shape[1]),
            bias=use.bias,
        )

    @property
    def inputs(self) -> int:
        return self.layer_input.shape[2]

    @property
    def width(self) -> int:
        return self.inputs + self.bias

    @property
    def _cut(self) -> int:
        """Offset of the biases within the layer."""
        return self.outputs * self.inputs

    def shifts(self, rows: slice = slice(None)) -> Tensor:
        """The block of the bias on some rows, ``[rows, r, o]``."""
        slope = self.slope[rows]
        return slope[:, :, 0] if self.positions == 1 else slope.sum(2)

    def formed_for(self, columns: int) -> bool:
        rank, positions = self.rank, self.positions
        formed = rank * self.inputs * (positions + columns)
        return formed < positions * columns * (self.inputs + rank)

    def blocks(self, step: int = 0) -> Iterator[tuple[slice, Tensor]]:
        """The weight's block of a few rows at a time, ``[rows, r, o i]``, in a reused buffer."""
        n, rank, positions, left = self.slope.shape
        step = step or block_rows(rank * self.size, self.slope, near=TILE)
        buffer = self.slope.new_empty(min(n, step), rank * left, self.inputs)
        for start in range(0, n, step):
            rows = slice(start, start + step)
            slope = self.slope[rows].transpose(1, 2).reshape(-1, positions, rank * left)
            found = buffer[: len(slope)]
            if positions == 1:
                torch.mul(slope.transpose(1, 2), self.layer_input[rows], out=found)
            else:
                torch.bmm(slope.transpose(1, 2), self.layer_input[rows], out=found)
            yield rows, found.view(-1, rank, self._cut)

    def summed(self, block: Tensor, rows: slice) -> list[Summed]:
        """Explicit blocks of some rows: the weight's ``block`` and the bias's."""
        weight = Summed(self.start, self._cut, block)
        if not self.bias:
            return [weight]
        return [weight, Summed(self.start + self._cut, self.outputs, self.shifts(rows))]

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        weight, bias = self._part(jacobian).split([self._cut, self.size - self._cut], dim=-1)
        if fresh and self.positions == 1:
            grid = weight.unflatten(2, (self.outputs, -1))
            torch.mul(self.slope[:, :, 0, :, None], self.layer_input[:, None], out=grid)
        else:
            for rows, block in self.blocks():
                weight[rows].copy_(block) if fresh else weight[rows].add_(block)
        if self.bias:
            bias.copy_(self.shifts()) if fresh else bias.add_(self.shifts())

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        super().jvp(vectors, total)
        if self.bias:
            Summed(self.start + self._cut, self.outputs, self.shifts()).jvp(vectors, total)

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        super().vjp(cotangents, total)
        if self.bias:
            Summed(self.start + self._cut, self.outputs, self.shifts()).vjp(cotangents, total)

    def squared_norms(self) -> Tensor:
        inner = self.positions * (self.width + self.rank * self.outputs)
        if self.positions == 1 or inner <= self.rank * self.outputs * self.width:
            return super().squared_norms()
        each = [block.square().sum((1, 2)) for _, block in self.blocks()]
        found = torch.cat(each)
        return found + self.shifts().square().sum((1, 2)) if self.bias else found

    def _change(self, change: Tensor) -> Tensor:
        grid = change[: self._cut].unflatten(0, (self.outputs, -1))
        return grid.transpose(0, 1).flatten(1)  # [i, o m]

    def _apply(self, change: Tensor, rows: slice) -> Tensor:
        moved = self.layer_input[rows].flatten(0, 1) @ change
        return moved.view(-1, self.positions * self.outputs, change.shape[1] // self.outputs)

    def _add_transpose(self, back: Tensor, rows: slice, total: Tensor) -> None:
        flat = self.layer_input[rows].flatten(0, 1)
        total.addmm_(back.reshape(len(flat), -1).T, flat)

    def _zeros(self, columns: int) -> Tensor:
        return self.slope.new_zeros(self.outputs * columns, self.inputs)

    def _flattened(self, total: Tensor) -> Tensor:
        return total.unflatten(0, (self.outputs, -1)).transpose(1, 2).flatten(0, 1)

    def scaled_factors(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor] | None:
        if scale is None:
            return self.with_bias(self.layer_input), self.slope
        weight, bias = scale.split([self._cut, self.size - self._cut])
        if not (_constant(weight) and _constant(bias)):
            return None
        return self.with_bias(self.layer_input * float(weight[0]), bias), self.slope

    def with_bias(self, layer_input: Tensor, scale: Tensor | None = None) -> Tensor:
        """The input ``[n, T, i]``, with an additional one for the bias, if any: 1, or its scale."""
        if not self.bias:
            return layer_input
        last = 1.0 if scale is None else float(scale[0])
        return torch.cat([layer_input, layer_input.new_full((*layer_input.shape[:2], 1), last)], 2)

    @staticmethod
    def input_products(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
        return product(left.flatten(0, 1), right.flatten(0, 1), space)

    def _own_input_products(self) -> Tensor:
        if self.positions == 1:
            norms = torch.linalg.vector_norm(self.layer_input, dim=2, keepdim=True)
            return norms.square_().add_(float(self.bias))
        return (self.layer_input @ self.layer_input.transpose(1, 2)).add_(float(self.bias))


@dataclass(frozen=True, eq=False)
class Table(PositionwiseJacobian):
    """The table of an embedding: position ``t`` contributes to the row that it looked up."""

    index: Tensor  # [n, T]; 0, with slope zero, for the padding index

    @classmethod
    def of(cls, use: Use, slope: Tensor, start: int) -> Table:
        """Create from a use and the derivative ``[n, r, ...]`` at its tap."""
        assert use.kept is not None
        (n, rank), shape = slope.shape[:2], use.shape
        index = use.kept.reshape(n, -1)
        slope = slope.reshape(n, rank, -1, shape[1]) * (index >= 0)[:, None, :, None]
        return cls(start, prod(shape), slope=slope, index=index.clamp(min=0))

    @property
    def width(self) -> int:
        return 1

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        part = self._part(jacobian)
        if fresh:
            part.zero_()
        n, rank, _positions, left = self.slope.shape
        cells = self.index[:, :, None] * left + torch.arange(left, device=self.index.device)
        cells = cells.reshape(n, 1, -1).expand(-1, rank, -1)
        part.scatter_add_(2, cells, self.slope.flatten(2))

    def _change(self, change: Tensor) -> Tensor:
        return change.reshape(self.size // self.outputs, -1)

    def _apply(self, change: Tensor, rows: slice) -> Tensor:
        moved = F.embedding(self.index[rows], change)
        return moved.reshape(len(moved), -1, change.shape[1] // self.outputs)

    def _add_transpose(self, back: Tensor, rows: slice, total: Tensor) -> None:
        total.index_add_(0, self.index[rows].reshape(-1), back.reshape(-1, total.shape[1]))

    def _zeros(self, columns: int) -> Tensor:
        return self.slope.new_zeros(self.size // self.outputs, self.outputs * columns)

    def _flattened(self, total: Tensor) -> Tensor:
        return total.reshape(self.size, -1)

    def scaled_factors(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor] | None:
        if scale is None:
            return self.index, self.slope
        return (self.index, self.slope * float(scale[0])) if _constant(scale) else None

    @staticmethod
    def input_products(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
        return left.reshape(-1, 1) == right.reshape(-1)

    def _own_input_products(self) -> Tensor:
        return (self.index[:, :, None] == self.index[:, None, :]).to(self.slope)


def product(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
    """``A B'`` in a reused buffer: allocating memory would take longer than the product."""
    shape = len(left), len(right)
    return torch.mm(left, right.T, out=space[: shape[0] * shape[1]].view(shape))


def _constant(scale: Tensor) -> bool:
    return not len(scale) or not bool((scale != scale[0]).any())
