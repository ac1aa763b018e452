"""The block of the Jacobian that belongs to one layer's parameters, as factors.

With ``a_t`` the layer's input at position ``t`` of a row and ``g_t`` ``[k, o]`` the derivative of the model's
outputs with respect to the layer's output, the block of a linear layer is ``sum_t g_t (x) a_t``. A row of
features has one position. The factors are stored; the block itself is formed only if that is cheaper.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import prod
from typing import Any, Self

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.uses import Use

TILE = 1 << 20  # numbers of a block that fits into the cache


@dataclass(frozen=True, eq=False)
class LayerJacobian(ABC):
    """A block ``[n, r, size]`` of the Jacobian, ``size`` parameters from ``start``.

    ``r``: outputs, or combinations of them.
    """

    start: int
    size: int

    @property
    @abstractmethod
    def rank(self) -> int:
        """``r``."""

    @property
    def numbers(self) -> int:
        """Number of stored values."""
        return sum(one.numel() for one in self._tensors().values())

    def take(self, rows: Tensor | slice) -> Self:
        """The block of some rows only."""
        some: dict[str, Any] = {name: one[rows] for name, one in self._tensors().items()}
        return replace(self, **some)

    def _tensors(self) -> dict[str, Tensor]:
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: one for name, one in kept.items() if isinstance(one, Tensor)}

    @abstractmethod
    def write(self, jacobian: Tensor, fresh: bool) -> None:
        """Write the block into a Jacobian ``[n, r, p]``; add it unless ``fresh``."""

    @abstractmethod
    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        """Add the block times ``[p, m]`` to ``[n, r, m]``."""

    @abstractmethod
    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        """Add the block's transpose times ``[n, r, m]`` to ``[p, m]``."""

    @abstractmethod
    def squared_norms(self) -> Tensor:
        """The squared Frobenius norm of each row's block, ``[n]``."""

    @abstractmethod
    def joined(self, others: Sequence[Self]) -> Self:
        """The block summed with those of further uses of the same parameters."""

    def formed_for(self, columns: int) -> bool:
        """Whether products with ``columns`` vectors are cheaper with the explicit block."""
        return False

    def _rows(self, block: Tensor) -> Tensor:
        return block[self.start : self.start + self.size]

    def _part(self, jacobian: Tensor) -> Tensor:
        return jacobian[..., self.start : self.start + self.size]


@dataclass(frozen=True, eq=False)
class Summed(LayerJacobian):
    """An explicit block, summed over positions."""

    block: Tensor  # [n, r, size]

    @property
    def rank(self) -> int:
        return self.block.shape[1]

    def write(self, jacobian: Tensor, fresh: bool) -> None:
        part = self._part(jacobian)
        part.copy_(self.block) if fresh else part.add_(self.block)

    def jvp(self, vectors: Tensor, total: Tensor) -> None:
        total.view(-1, total.shape[2]).addmm_(self.block.flatten(0, 1), self._rows(vectors))

    def vjp(self, cotangents: Tensor, total: Tensor) -> None:
        self._rows(total).addmm_(self.block.flatten(0, 1).T, cotangents.flatten(0, 1))

    def squared_norms(self) -> Tensor:
        return self.block.square().sum((1, 2))

    def joined(self, others: Sequence[Self]) -> Self:
        return replace(self, block=sum((other.block for other in others), self.block))


def shift_jacobian(use: Use, slope: Tensor, start: int) -> Summed:
    """The block of an added parameter, from the derivative ``[n, r, ...]`` at its tap."""
    return Summed(start, prod(use.shape), _to_shape(slope, use.shape))


def scale_jacobian(use: Use, slope: Tensor, start: int) -> Summed:
    """The block of an elementwise factor, from the derivative ``[n, r, ...]`` at its tap."""
    assert use.kept is not None
    return Summed(start, prod(use.shape), _to_shape(slope * use.kept[:, None], use.shape))


def _to_shape(slope: Tensor, shape: torch.Size) -> Tensor:
    """``[n, r, ...]`` summed over the axes along which the parameter was broadcast, ``[n, r, size]``."""
    return slope.sum_to_size(*slope.shape[:2], *_aligned(slope.ndim - 2, shape)).flatten(2)


def _aligned(axes: int, shape: torch.Size) -> tuple[int, ...]:
    """The parameter's shape on the axes after rows and outputs; an additional axis must be that of rows."""
    if len(shape) == axes + 1:
        assert shape[0] == 1
        return tuple(shape[1:])
    return (*[1] * (axes - len(shape)), *shape)
