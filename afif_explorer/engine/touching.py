"""What one parameter met on some rows, and the derivatives that follow from it.

With ``g`` ``[n, k, T, o]`` the derivative of the outputs at the places ``t`` where the parameter entered,
the block of the Jacobian that belongs to the parameter is a sum over places.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from afif_explorer.engine.memory import block_cells
from afif_explorer.engine.recording import Use


@dataclass(frozen=True, eq=False)
class Touch(ABC):
    """A parameter's block ``[n, k, size]`` of the Jacobian, ``size`` numbers from ``start``."""

    start: int
    size: int

    @classmethod
    @abstractmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Touch:
        """From a use and the derivative ``[n, k, ...]`` at its tap."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """Outputs, or combinations of them, that are seen."""

    @property
    def numbers(self) -> int:
        """How many numbers are kept."""
        return sum(one.numel() for one in vars(self).values() if isinstance(one, Tensor))

    @property
    def places(self) -> int:
        """Places of a row that are summed over."""
        return 1

    @abstractmethod
    def write(self, jacobian: Tensor, fresh: bool) -> None:
        """Put the block into a Jacobian ``[n, k, p]``, or add it if another use was there before."""

    @abstractmethod
    def push(self, vectors: Tensor, total: Tensor) -> None:
        """Add the block times ``[p, m]`` to ``[n, k, m]``."""

    @abstractmethod
    def pull(self, cotangents: Tensor, total: Tensor) -> None:
        """Add the block's transpose times ``[n, k, m]`` to ``[p, m]``."""

    def _part(self, block: Tensor) -> Tensor:
        return block[..., self.start : self.start + self.size]

    def _put(self, block: Tensor, jacobian: Tensor, fresh: bool) -> None:
        part = self._part(jacobian)
        part.copy_(block) if fresh else part.add_(block)

    def _rows(self, block: Tensor) -> Tensor:
        return block[self.start : self.start + self.size]


@dataclass(frozen=True, eq=False)
class Summed(Touch):
    """A parameter so small that its block itself is kept, the places already summed."""

    block: Tensor  # [n, k, size]

    @property
    def rank(self) -> int:
        return self.block.shape[1]

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        self._put(self.block, jacobian, fresh)

    def push(self, vectors: Tensor, total: Tensor) -> None:
        total += self.block @ self._rows(vectors)

    def pull(self, cotangents: Tensor, total: Tensor) -> None:
        self._rows(total).addmm_(self.block.flatten(0, 1).T, cotangents.flatten(0, 1))


class Shift(Summed):
    """A parameter that is added."""

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Touch:
        return cls(start, prod(shape), _to_shape(slope, shape))


class Factor(Summed):
    """A parameter that is multiplied elementwise."""

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Touch:
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
class Placed(Touch):
    """A parameter that met every place of a row on its own: what it met is kept, not the block."""

    slope: Tensor  # [n, k, T, o]

    @property
    def rank(self) -> int:
        return self.slope.shape[1]

    @abstractmethod
    def _meet(self, change: Tensor) -> Tensor:
        """What a change ``[size, m]`` does at every place: ``[n, T o, m]``."""

    @abstractmethod
    def _gather(self, back: Tensor) -> Tensor:
        """The transpose of ``_meet``: ``[n, T o, m] -> [size, m]``."""

    def push(self, vectors: Tensor, total: Tensor) -> None:
        for columns in self._columns(vectors.shape[1]):
            moved = self._meet(self._rows(vectors)[:, columns])
            total[:, :, columns] += self.slope.flatten(2) @ moved

    def pull(self, cotangents: Tensor, total: Tensor) -> None:
        slope = self.slope.flatten(2).transpose(1, 2)
        for columns in self._columns(cotangents.shape[2]):
            self._rows(total)[:, columns] += self._gather(slope @ cotangents[:, :, columns])

    def _columns(self, columns: int) -> list[slice]:
        """The columns of a block in groups so small that what they do at every place fits."""
        n, _k, places, left = self.slope.shape
        step = max(1, block_cells(self.slope.dtype) // max(1, n * places * left))
        return [slice(at, min(columns, at + step)) for at in range(0, columns, step)]


@dataclass(frozen=True, eq=False)
class Weight(Placed):
    """The weight of a linear layer, ``sum_t g_t a_t'``."""

    entered: Tensor  # [n, T, i]

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Touch:
        assert use.kept is not None
        n, k = slope.shape[:2]
        entered = use.kept.expand(n, *use.kept.shape[1:]) if len(use.kept) != n else use.kept
        return cls(
            start,
            prod(shape),
            slope=slope.reshape(n, k, -1, shape[0]),
            entered=entered.reshape(n, -1, shape[1]),
        )

    @property
    def places(self) -> int:
        return self.entered.shape[1]

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        n, k, places, left = self.slope.shape
        if places == 1:
            block = self.slope[:, :, 0, :, None] * self.entered[:, None, 0, None, :]
        else:
            slope = self.slope.transpose(2, 3).reshape(n, k * left, places)
            block = slope @ self.entered
        self._put(block.reshape(n, k, -1), jacobian, fresh)

    def _meet(self, change: Tensor) -> Tensor:
        n, _k, places, left = self.slope.shape
        change = change.reshape(left, -1, change.shape[1]).transpose(0, 1).flatten(1)  # [i, o m]
        moved = self.entered.flatten(0, 1) @ change
        return moved.reshape(n, places * left, -1)

    def _gather(self, back: Tensor) -> Tensor:
        n, _k, places, left = self.slope.shape
        entered = self.entered.flatten(0, 1)
        found = back.reshape(n * places, -1).T @ entered  # [o m, i]
        found = found.reshape(left, -1, entered.shape[1]).transpose(1, 2)
        return found.reshape(self.size, -1)


@dataclass(frozen=True, eq=False)
class Table(Placed):
    """The table of an embedding: place ``t`` has its derivative in the row that it looked up."""

    index: Tensor  # [n, T], 0 where the row that is not learnt was looked up; its slope is zero

    @classmethod
    def of(cls, use: Use, slope: Tensor, shape: torch.Size, start: int) -> Touch:
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

    def _meet(self, change: Tensor) -> Tensor:
        table = change.reshape(-1, self.slope.shape[3], change.shape[1])
        return table[self.index].flatten(1, 2)

    def _gather(self, back: Tensor) -> Tensor:
        left, width = self.slope.shape[3], back.shape[2]
        table = back.new_zeros(self.size // left, left * width)
        table.index_add_(0, self.index.reshape(-1), back.reshape(-1, left * width))
        return table.reshape(self.size, width)
