"""The blocks of the Jacobian that belong to linear layers and embeddings, as factors.

What entered is kept for every place of a row, and so is the derivative at what came out; sums over places are
left to the products.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from afif_explorer.engine.jacobians.layer_factors import TILE, LayerJacobian, Summed
from afif_explorer.engine.jacobians.trace import Use
from afif_explorer.engine.runtime.memory import block_rows


@dataclass(frozen=True, eq=False)
class Placed(LayerJacobian):
    """Parameters that met every place of a row on its own: the factors are kept, not the block."""

    slope: Tensor  # [n, r, T, o]

    @property
    def rank(self) -> int:
        return self.slope.shape[1]

    @property
    def places(self) -> int:
        return self.slope.shape[2]

    @property
    def outputs(self) -> int:
        return self.slope.shape[3]

    @abstractmethod
    def _change(self, change: Tensor) -> Tensor:
        """A change of the parameters ``[size, m]`` in the order in which ``_meet`` multiplies."""

    @abstractmethod
    def _meet(self, change: Tensor, rows: slice) -> Tensor:
        """What it does at every place of some rows: ``[rows, T o, m]``."""

    @abstractmethod
    def _gather(self, back: Tensor, rows: slice, total: Tensor) -> None:
        """Add the transpose of ``_meet``, ``[rows, T o, m]``, to a block that ``_nothing`` began."""

    @abstractmethod
    def _nothing(self, columns: int) -> Tensor:
        """Zeros for so many columns, in the order in which ``_gather`` adds."""

    @abstractmethod
    def _ordered(self, total: Tensor) -> Tensor:
        """What was gathered as ``[size, m]``."""

    @abstractmethod
    def entering(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor] | None:
        """What entered ``[n, T, ...]`` and ``slope``; ``scale`` ``[size]`` of the parameters in one of them.

        None if no constant factor is all that the scale is.
        """

    @staticmethod
    @abstractmethod
    def meeting(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
        """Inner products of what entered, ``[n T, n' T']``; in ``space`` if they need some."""

    @abstractmethod
    def _within(self) -> Tensor:
        """Inner products of what entered at the places of a row, ``[n, T, T]``."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Multiplications of an inner product of what entered."""

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        for columns in self._columns(vectors.shape[1]):
            change = self._change(self._rows(vectors)[:, columns])
            for rows in self._tiles(columns.stop - columns.start):
                moved = self._meet(change, rows)
                total[rows, :, columns] += self.slope[rows].flatten(2) @ moved

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        for columns in self._columns(cotangents.shape[2]):
            back = cotangents[:, :, columns]
            found = self._nothing(back.shape[2])
            for rows in self._tiles(back.shape[2]):
                slope = self.slope[rows].flatten(2).transpose(1, 2)
                single = self.rank == 1
                spread = slope * back[rows] if single else slope @ back[rows]
                self._gather(spread, rows, found)
            gathered = self._ordered(found)
            self._rows(total)[: len(gathered), columns] += gathered

    def squared_norms(self) -> Tensor:
        if self.places == 1:
            beside = torch.linalg.vector_norm(self.slope, dim=(1, 2, 3)).square_()
            return beside.mul_(self._within()[:, 0, 0])
        beside = self.slope.transpose(1, 2).flatten(2)  # [n, T, r o]
        return (beside @ beside.transpose(1, 2)).mul_(self._within()).sum((1, 2))

    def _columns(self, columns: int) -> list[slice]:
        """The columns of a block in groups so small that what they do at the places of a row fits."""
        step = block_rows(self.places * self.outputs, self.slope)
        return [slice(at, min(columns, at + step)) for at in range(0, columns, step)]

    def _tiles(self, columns: int) -> list[slice]:
        """The rows in groups so small that what so many columns do at their places stays near."""
        step = block_rows(self.places * self.outputs * columns, self.slope, near=TILE)
        return [slice(at, at + step) for at in range(0, len(self.slope), step)]


@dataclass(frozen=True, eq=False)
class Weight(Placed):
    """A linear layer: the weight ``[o, i]``, ``sum_t g_t a_t'``, and behind it the bias, ``sum_t g_t``."""

    entered: Tensor  # [n, T, i]
    bias: bool = False

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Weight:
        """From a use and the derivative ``[n, r, ...]`` at its tap."""
        assert use.kept is not None
        n, rank = slope.shape[:2]
        entered = use.kept.expand(n, *use.kept.shape[1:]) if len(use.kept) != n else use.kept
        return cls(
            start,
            prod(shape) + use.bias * shape[0],
            slope=slope.reshape(n, rank, -1, shape[0]),
            entered=entered.reshape(n, -1, shape[1]),
            bias=use.bias,
        )

    @property
    def inputs(self) -> int:
        return self.entered.shape[2]

    @property
    def width(self) -> int:
        return self.inputs + self.bias

    @property
    def _cut(self) -> int:
        """Where the biases begin, counted from the layer's start."""
        return self.outputs * self.inputs

    def shifts(self, rows: slice = slice(None)) -> Tensor:
        """The block of the bias on some rows, ``[rows, r, o]``."""
        slope = self.slope[rows]
        return slope[:, :, 0] if self.places == 1 else slope.sum(2)

    def formed_for(self, columns: int) -> bool:
        rank, places = self.rank, self.places
        formed = rank * self.inputs * (places + columns)
        return formed < places * columns * (self.inputs + rank)

    def blocks(self, step: int = 0) -> Iterator[tuple[slice, Tensor]]:
        """The weight's block of a few rows at a time, ``[rows, r, o i]``; the next one takes its place."""
        n, rank, places, left = self.slope.shape
        step = step or block_rows(rank * self.size, self.slope, near=TILE)
        room = self.slope.new_empty(min(n, step), rank * left, self.inputs)
        for start in range(0, n, step):
            rows = slice(start, start + step)
            slope = self.slope[rows].transpose(1, 2).reshape(-1, places, rank * left)
            found = room[: len(slope)]
            if places == 1:
                torch.mul(slope.transpose(1, 2), self.entered[rows], out=found)
            else:
                torch.bmm(slope.transpose(1, 2), self.entered[rows], out=found)
            yield rows, found.view(-1, rank, self._cut)

    def summed(self, block: Tensor, rows: slice) -> list[Summed]:
        """The weight's block of some rows, with the bias's."""
        weight = Summed(self.start, self._cut, block)
        if not self.bias:
            return [weight]
        return [weight, Summed(self.start + self._cut, self.outputs, self.shifts(rows))]

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        weight, bias = self._part(jacobian).split([self._cut, self.size - self._cut], dim=-1)
        if fresh and self.places == 1:
            grid = weight.unflatten(2, (self.outputs, -1))
            torch.mul(self.slope[:, :, 0, :, None], self.entered[:, None], out=grid)
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
        inner = self.places * (self.width + self.rank * self.outputs)
        if self.places == 1 or inner <= self.rank * self.outputs * self.width:
            return super().squared_norms()
        each = [block.square().sum((1, 2)) for _, block in self.blocks()]
        found = torch.cat(each)
        return found + self.shifts().square().sum((1, 2)) if self.bias else found

    def _change(self, change: Tensor) -> Tensor:
        grid = change[: self._cut].unflatten(0, (self.outputs, -1))
        return grid.transpose(0, 1).flatten(1)  # [i, o m]

    def _meet(self, change: Tensor, rows: slice) -> Tensor:
        moved = self.entered[rows].flatten(0, 1) @ change
        return moved.view(-1, self.places * self.outputs, change.shape[1] // self.outputs)

    def _gather(self, back: Tensor, rows: slice, total: Tensor) -> None:
        flat = self.entered[rows].flatten(0, 1)
        total.addmm_(back.reshape(len(flat), -1).T, flat)

    def _nothing(self, columns: int) -> Tensor:
        return self.slope.new_zeros(self.outputs * columns, self.inputs)

    def _ordered(self, total: Tensor) -> Tensor:
        return total.unflatten(0, (self.outputs, -1)).transpose(1, 2).flatten(0, 1)

    def entering(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor] | None:
        if scale is None:
            return self.with_bias(self.entered), self.slope
        weight, bias = scale.split([self._cut, self.size - self._cut])
        if not (_constant(weight) and _constant(bias)):
            return None
        return self.with_bias(self.entered * float(weight[0]), bias), self.slope

    def with_bias(self, entered: Tensor, scale: Tensor | None = None) -> Tensor:
        """What enters ``[n, T, i]``, with one more input for the bias if there is one: 1, or its scale."""
        if not self.bias:
            return entered
        last = 1.0 if scale is None else float(scale[0])
        return torch.cat([entered, entered.new_full((*entered.shape[:2], 1), last)], 2)

    @staticmethod
    def meeting(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
        return product(left.flatten(0, 1), right.flatten(0, 1), space)

    def _within(self) -> Tensor:
        if self.places == 1:
            norms = torch.linalg.vector_norm(self.entered, dim=2, keepdim=True)
            return norms.square_().add_(float(self.bias))
        return (self.entered @ self.entered.transpose(1, 2)).add_(float(self.bias))


@dataclass(frozen=True, eq=False)
class Table(Placed):
    """The table of an embedding: place ``t`` has its derivative in the row that it looked up."""

    index: Tensor  # [n, T], 0 where the row that is not learnt was looked up; its slope is zero

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Table:
        """From a use and the derivative ``[n, r, ...]`` at its tap."""
        assert use.kept is not None
        n, rank = slope.shape[:2]
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
        n, rank, _places, left = self.slope.shape
        cells = self.index[:, :, None] * left + torch.arange(left, device=self.index.device)
        cells = cells.reshape(n, 1, -1).expand(-1, rank, -1)
        part.scatter_add_(2, cells, self.slope.flatten(2))

    def _change(self, change: Tensor) -> Tensor:
        return change.reshape(self.size // self.outputs, -1)

    def _meet(self, change: Tensor, rows: slice) -> Tensor:
        moved = F.embedding(self.index[rows], change)
        return moved.reshape(len(moved), -1, change.shape[1] // self.outputs)

    def _gather(self, back: Tensor, rows: slice, total: Tensor) -> None:
        total.index_add_(0, self.index[rows].reshape(-1), back.reshape(-1, total.shape[1]))

    def _nothing(self, columns: int) -> Tensor:
        return self.slope.new_zeros(self.size // self.outputs, self.outputs * columns)

    def _ordered(self, total: Tensor) -> Tensor:
        return total.reshape(self.size, -1)

    def entering(self, scale: Tensor | None = None) -> tuple[Tensor, Tensor] | None:
        if scale is None:
            return self.index, self.slope
        return (self.index, self.slope * float(scale[0])) if _constant(scale) else None

    @staticmethod
    def meeting(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
        return left.reshape(-1, 1) == right.reshape(-1)

    def _within(self) -> Tensor:
        return (self.index[:, :, None] == self.index[:, None, :]).to(self.slope)


def product(left: Tensor, right: Tensor, space: Tensor) -> Tensor:
    """``A B'`` in a place that is used again: fresh memory would take longer than the product."""
    shape = len(left), len(right)
    return torch.mm(left, right.T, out=space[: shape[0] * shape[1]].view(shape))


def _constant(scale: Tensor) -> bool:
    return not len(scale) or not bool((scale != scale[0]).any())
