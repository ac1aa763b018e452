"""What one parameter met on some rows, and the derivatives that follow from it.

With ``g`` ``[n, k, T, o]`` the derivative of the outputs at the places ``t`` where the parameter entered,
the block of the Jacobian that belongs to the parameter is a sum over places.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from afif_explorer.engine.jacobians.trace import Use
from afif_explorer.engine.runtime.memory import block_rows

TILE = 1 << 20  # numbers of a block that is worked on while it is near the processor


@dataclass(frozen=True, eq=False)
class LayerJacobian(ABC):
    """A parameter's block ``[n, k, size]`` of the Jacobian, ``size`` numbers from ``start``."""

    start: int
    size: int

    @classmethod
    @abstractmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> LayerJacobian:
        """From a use and the derivative ``[n, k, ...]`` at its tap."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """Outputs, or combinations of them, that are seen."""

    @property
    def numbers(self) -> int:
        """How many numbers are kept."""
        return sum(one.numel() for one in vars(self).values() if isinstance(one, Tensor))

    @abstractmethod
    def write(self, jacobian: Tensor, fresh: bool) -> None:
        """Put the block into a Jacobian ``[n, k, p]``, or add it if another use was there before."""

    @abstractmethod
    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        """Add the block times ``[p, m]`` to ``[n, k, m]``."""

    @abstractmethod
    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        """Add the block's transpose times ``[n, k, m]`` to ``[p, m]``."""

    def _part(self, block: Tensor) -> Tensor:
        return block[..., self.start : self.start + self.size]

    def _put(self, block: Tensor, jacobian: Tensor, fresh: bool) -> None:
        part = self._part(jacobian)
        part.copy_(block) if fresh else part.add_(block)

    def _rows(self, block: Tensor) -> Tensor:
        return block[self.start : self.start + self.size]


@dataclass(frozen=True, eq=False)
class Summed(LayerJacobian):
    """A parameter so small that its block itself is kept, the places already summed."""

    block: Tensor  # [n, k, size]

    @property
    def rank(self) -> int:
        return self.block.shape[1]

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        self._put(self.block, jacobian, fresh)

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        total += self.block @ self._rows(vectors)

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        self._rows(total).addmm_(self.block.flatten(0, 1).T, cotangents.flatten(0, 1))


class Shift(Summed):
    """A parameter that is added."""

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> LayerJacobian:
        return cls(start, prod(shape), _to_shape(slope, shape))


class Factor(Summed):
    """A parameter that is multiplied elementwise."""

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> LayerJacobian:
        assert use.kept is not None
        return cls(start, prod(shape), _to_shape(slope * use.kept[:, None], shape))


def _to_shape(slope: Tensor, shape: torch.Size) -> Tensor:
    """``[n, k, ...]`` summed over the axes along which the parameter was spread, ``[n, k, size]``."""
    return slope.sum_to_size(*slope.shape[:2], *_beside(slope.ndim - 2, shape)).flatten(2)


def _beside(axes: int, shape: torch.Size) -> tuple[int, ...]:
    """The parameter's shape on the axes behind rows and outputs; one more axis must be that of rows."""
    if len(shape) == axes + 1:
        assert shape[0] == 1
        return tuple(shape[1:])
    return (*[1] * (axes - len(shape)), *shape)


@dataclass(frozen=True, eq=False)
class Placed(LayerJacobian):
    """A parameter that met every place of a row on its own: what it met is kept, not the block."""

    slope: Tensor  # [n, k, T, o]

    @property
    def rank(self) -> int:
        return self.slope.shape[1]

    @abstractmethod
    def _meet(self, change: Tensor, rows: slice) -> Tensor:
        """What a change ``[size, m]`` does at every place of some rows: ``[rows, T o, m]``."""

    @abstractmethod
    def _gather(self, back: Tensor, rows: slice, total: Tensor) -> None:
        """Add the transpose of ``_meet``, ``[rows, T o, m]``, to a block that ``_nothing`` began."""

    @abstractmethod
    def _nothing(self, columns: int) -> Tensor:
        """Zeros for so many columns, in the order in which ``_gather`` adds."""

    @abstractmethod
    def _ordered(self, total: Tensor) -> Tensor:
        """What was gathered as ``[size, m]``."""

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        for columns in self._columns(vectors.shape[1]):
            change = self._rows(vectors)[:, columns].contiguous()
            for rows in self._tiles(change.shape[1]):
                moved = self._meet(change, rows)
                total[rows, :, columns] += self.slope[rows].flatten(2) @ moved

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        for columns in self._columns(cotangents.shape[2]):
            back = cotangents[:, :, columns]
            found = self._nothing(back.shape[2])
            for rows in self._tiles(back.shape[2]):
                slope = self.slope[rows].flatten(2).transpose(1, 2)
                self._gather(slope @ back[rows], rows, found)
            self._rows(total)[:, columns] += self._ordered(found)

    def _columns(self, columns: int) -> list[slice]:
        """The columns of a block in groups so small that what they do at the places of a row fits."""
        _n, _k, places, left = self.slope.shape
        step = block_rows(places * left, self.slope)
        return [slice(at, min(columns, at + step)) for at in range(0, columns, step)]

    def _tiles(self, columns: int) -> list[slice]:
        """The rows in groups so small that what so many columns do at their places stays near."""
        n, _k, places, left = self.slope.shape
        step = block_rows(places * left * columns, self.slope, near=TILE)
        return [slice(at, at + step) for at in range(0, n, step)]


@dataclass(frozen=True, eq=False)
class Weight(Placed):
    """The weight of a linear layer, ``sum_t g_t a_t'``."""

    entered: Tensor  # [n, T, i]

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> LayerJacobian:
        assert use.kept is not None
        n, k = slope.shape[:2]
        entered = use.kept.expand(n, *use.kept.shape[1:]) if len(use.kept) != n else use.kept
        return cls(
            start,
            prod(shape),
            slope=slope.reshape(n, k, -1, shape[0]),
            entered=entered.reshape(n, -1, shape[1]),
        )

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """The block of a few rows at a time, ``[rows, k, size]``; the next one takes its place."""
        n, k, places, left = self.slope.shape
        step = block_rows(k * self.size, self.slope, near=TILE)
        room = self.slope.new_empty(min(n, step), k * left, self.entered.shape[2])
        for start in range(0, n, step):
            rows = slice(start, start + step)
            slope = self.slope[rows].transpose(1, 2).reshape(-1, places, k * left)
            found = room[: len(slope)]
            torch.bmm(slope.transpose(1, 2), self.entered[rows], out=found)
            yield rows, found.view(-1, k, self.size)

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        for rows, block in self.blocks():
            self._put(block, jacobian[rows], fresh)

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        if self._pays(vectors.shape[1]):
            for rows, block in self.blocks():
                total[rows].flatten(0, 1).addmm_(block.flatten(0, 1), self._rows(vectors))
        else:
            super().jvp(vectors, total)

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        if self._pays(cotangents.shape[2]):
            for rows, block in self.blocks():
                self._rows(total).addmm_(block.flatten(0, 1).T, cotangents[rows].flatten(0, 1))
        else:
            super().vjp(cotangents, total)

    def _pays(self, columns: int) -> bool:
        """Whether it is cheaper to form the block than to go through every place with every column."""
        rank, places = self.slope.shape[1:3]
        return rank * (places + columns) < places * columns

    def _meet(self, change: Tensor, rows: slice) -> Tensor:
        left = self.slope.shape[3]
        change = change.reshape(left, -1, change.shape[1]).transpose(0, 1).flatten(1)  # [i, o m]
        moved = self.entered[rows] @ change
        return moved.reshape(len(moved), -1, change.shape[1] // left)

    def _gather(self, back: Tensor, rows: slice, total: Tensor) -> None:
        flat = self.entered[rows].flatten(0, 1)
        total.addmm_(back.reshape(len(flat), -1).T, flat)

    def _nothing(self, columns: int) -> Tensor:
        return self.slope.new_zeros(self.slope.shape[3] * columns, self.entered.shape[2])

    def _ordered(self, total: Tensor) -> Tensor:
        left, right = self.slope.shape[3], self.entered.shape[2]
        return total.reshape(left, -1, right).transpose(1, 2).reshape(self.size, -1)


@dataclass(frozen=True, eq=False)
class Table(Placed):
    """The table of an embedding: place ``t`` has its derivative in the row that it looked up."""

    index: Tensor  # [n, T], 0 where the row that is not learnt was looked up; its slope is zero

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> LayerJacobian:
        assert use.kept is not None
        n, k = slope.shape[:2]
        index = use.kept.reshape(n, -1)
        slope = slope.reshape(n, k, -1, shape[1]) * (index >= 0)[:, None, :, None]
        return cls(start, prod(shape), slope=slope, index=index.clamp(min=0))

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        if fresh:
            self._part(jacobian).zero_()
        n, k, _places, left = self.slope.shape
        cells = self.index[:, :, None] * left + torch.arange(left, device=self.index.device)
        cells = cells.reshape(n, 1, -1).expand(-1, k, -1)
        self._part(jacobian).scatter_add_(2, cells, self.slope.flatten(2))

    def _meet(self, change: Tensor, rows: slice) -> Tensor:
        left, index = self.slope.shape[3], self.index[rows]
        moved = F.embedding(index, change.reshape(-1, left * change.shape[1]))
        return moved.reshape(len(index), -1, change.shape[1])

    def _gather(self, back: Tensor, rows: slice, total: Tensor) -> None:
        total.index_add_(0, self.index[rows].reshape(-1), back.reshape(-1, total.shape[1]))

    def _nothing(self, columns: int) -> Tensor:
        left = self.slope.shape[3]
        return self.slope.new_zeros(self.size // left, left * columns)

    def _ordered(self, total: Tensor) -> Tensor:
        return total.reshape(self.size, -1)
