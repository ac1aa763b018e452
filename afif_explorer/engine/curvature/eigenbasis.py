"""Orthogonal changes of basis in which a curvature is nearly diagonal: eigenvectors of second moments.

A basis uses the factors of rows twice: first to accumulate their moments and compute the eigenvectors, then
to compute the curvature along them. As an operator it is the orthogonal matrix ``U`` on its own parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian, by_parameters, formed
from afif_explorer.engine.jacobians.layers.layer_factors import TILE, LayerJacobian, Summed
from afif_explorer.engine.jacobians.layers.positionwise import Table
from afif_explorer.engine.runtime.memory import block_rows

Uses = Sequence[LayerJacobian]  # of the basis's parameters


class Basis(ABC):
    """An orthogonal matrix ``U`` of the parameters from ``start``, ``size`` of them."""

    start: int
    size: int
    kind: ClassVar[str]  # of approximation, in words

    @abstractmethod
    def add(self, uses: Uses, row_weights: Tensor) -> None:
        """Accumulate the moments of some rows with weights ``row_weights`` ``[n]``."""

    @abstractmethod
    def diagonalise(self) -> None:
        """Compute the eigenvectors of the moments."""

    @abstractmethod
    def squares(self, uses: Uses, row_weights: Tensor) -> Tensor:
        """``sum_i w_i (U' g_i)^2`` over rows and roots: the curvature along each direction, ``[size]``."""

    @abstractmethod
    def diagonal(self, shift: Tensor) -> Tensor:
        """The diagonal of ``U' diag(shift) U``, ``[size]``."""

    @abstractmethod
    def apply(self, block: Tensor) -> Tensor:
        """``U V`` for ``[size, m]``."""

    @abstractmethod
    def transpose(self, block: Tensor) -> Tensor:
        """``U' V`` for ``[size, m]``."""


@dataclass
class BlockDiagonal:
    """The bases of all layers as one ``U`` ``[p, p]``; the identity on parameters that are in none."""

    bases: Sequence[Basis]

    def add(self, rows: FactoredJacobian, row_weights: Tensor) -> None:
        """Accumulate the moments of some rows with weights ``row_weights`` ``[n]``."""
        for basis, uses in self._each(rows):
            basis.add(uses, row_weights)

    def diagonalise(self) -> None:
        """Compute the eigenvectors of every block's moments."""
        for basis in self.bases:
            basis.diagonalise()

    def add_squares(self, rows: FactoredJacobian, row_weights: Tensor, total: Tensor) -> None:
        """Add the curvature of some rows along every direction to ``[p]``."""
        for basis, uses in self._each(rows):
            total[_slice(basis)] += basis.squares(uses, row_weights)

    def _each(self, rows: FactoredJacobian) -> list[tuple[Basis, Uses]]:
        return list(zip(self.bases, by_parameters(rows.layers), strict=True))

    def diagonal(self, shift: Tensor) -> Tensor:
        """The diagonal of ``U' diag(shift) U``, ``[p]``."""
        return self._blockwise([basis.diagonal for basis in self.bases], shift)

    def apply(self, vectors: Tensor) -> Tensor:
        """``U V`` for ``[p, m]``."""
        return self._blockwise([basis.apply for basis in self.bases], vectors)

    def transpose(self, vectors: Tensor) -> Tensor:
        """``U' V`` for ``[p, m]``."""
        return self._blockwise([basis.transpose for basis in self.bases], vectors)

    def _blockwise(self, maps: Sequence[Callable[[Tensor], Tensor]], vectors: Tensor) -> Tensor:
        found = vectors.clone()
        for basis, each in zip(self.bases, maps, strict=True):
            found[_slice(basis)] = each(vectors[_slice(basis)])
        return found


def _slice(basis: Basis) -> slice:
    return slice(basis.start, basis.start + basis.size)


def second_moment(rows: Tensor) -> Tensor:
    """``R' R`` for ``[..., width]``."""
    flat = rows.flatten(0, -2)
    return flat.T @ flat


def summed_squares(block: Tensor, row_weights: Tensor) -> Tensor:
    """``sum_i w_i sum_r B_irp^2``, ``[p]``; overwrites the block."""
    return row_weights.repeat_interleave(block.shape[1]) @ block.flatten(0, 1).square_()


@dataclass
class Axes(Basis):
    """The identity."""

    start: int
    size: int
    kind = "diagonal"

    def add(self, uses: Uses, row_weights: Tensor) -> None:
        """No moments are needed."""

    def diagonalise(self) -> None:
        """Nothing to compute."""

    def squares(self, uses: Uses, row_weights: Tensor) -> Tensor:
        return row_weights.repeat_interleave(uses[0].rank) @ formed(uses).flatten(0, 1).square()

    def diagonal(self, shift: Tensor) -> Tensor:
        return shift

    def apply(self, block: Tensor) -> Tensor:
        return block

    def transpose(self, block: Tensor) -> Tensor:
        return block


class OneMoment(Basis):
    """The eigenvectors of one second-moment matrix."""

    _matrix: Tensor | None = None

    @abstractmethod
    def _rows_of(self, layer: LayerJacobian) -> Tensor:
        """The rows ``[n, ..., width]`` whose moments are summed."""

    def add(self, uses: Uses, row_weights: Tensor) -> None:
        (layer,) = uses
        rows = self._rows_of(layer)
        part = second_moment(rows * row_weights.sqrt().reshape(-1, *[1] * (rows.ndim - 1)))
        self._matrix = part if self._matrix is None else self._matrix + part

    def diagonalise(self) -> None:
        assert self._matrix is not None
        self._vectors = torch.linalg.eigh(self._matrix).eigenvectors


class Dense(OneMoment):
    """The eigenvectors of a small block itself."""

    kind = "full eigenbasis"

    def __init__(self, layer: LayerJacobian) -> None:
        self.start, self.size = layer.start, layer.size

    def _rows_of(self, layer: LayerJacobian) -> Tensor:
        assert isinstance(layer, Summed)
        return layer.block

    def squares(self, uses: Uses, row_weights: Tensor) -> Tensor:
        (layer,) = uses
        return summed_squares(self._rows_of(layer) @ self._vectors, row_weights)

    def diagonal(self, shift: Tensor) -> Tensor:
        return self._vectors.square().T @ shift

    def apply(self, block: Tensor) -> Tensor:
        return self._vectors @ block

    def transpose(self, block: Tensor) -> Tensor:
        return self._vectors.T @ block


class Embedding(OneMoment):
    """A table ``[rows, o]``: every row separately, in the eigenvectors of the derivatives."""

    kind = "eigenbasis of the columns"

    def __init__(self, layer: Table) -> None:
        self.start, self.size, self._width = layer.start, layer.size, layer.outputs

    def _rows_of(self, layer: LayerJacobian) -> Tensor:
        assert isinstance(layer, Table)
        return layer.slope

    def squares(self, uses: Uses, row_weights: Tensor) -> Tensor:
        (layer,) = uses
        assert isinstance(layer, Table)
        slope = layer.slope @ self._vectors
        total = row_weights.new_zeros(self.size // self._width, self._width)
        step = block_rows(layer.positions**2, row_weights, near=TILE)
        for start in range(0, len(row_weights), step):
            rows = slice(start, start + step)
            index = layer.index[rows]
            same = (index[:, :, None] == index[:, None, :]).to(row_weights.dtype)
            squares = (same[:, None] @ slope[rows]).square_().sum(1)
            squares *= (row_weights[rows, None] / same.sum(2))[:, :, None]  # each index counts once
            total.index_add_(0, index.reshape(-1), squares.flatten(0, 1))
        return total.reshape(-1)

    def diagonal(self, shift: Tensor) -> Tensor:
        return (shift.reshape(-1, self._width) @ self._vectors.square()).reshape(-1)

    def apply(self, block: Tensor) -> Tensor:
        return self._each_row(self._vectors, block)

    def transpose(self, block: Tensor) -> Tensor:
        return self._each_row(self._vectors.T, block)

    def _each_row(self, rotation: Tensor, block: Tensor) -> Tensor:
        table = block.reshape(-1, self._width, block.shape[1])
        return (rotation @ table).reshape(block.shape)
