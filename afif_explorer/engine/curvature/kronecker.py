"""Bases in which a network's Fisher is nearly diagonal, one for each layer.

The block of a weight ``[o, i]`` is about ``G (x) A`` (Martens and Grosse, 2015). With ``M = sum_t g_t a_t'``
a row's derivative, ``A = E M'M`` and ``G = E M M'`` are the first step of the power method towards the
nearest such product (Van Loan and Pitsianis, 1993): unlike the moments of ``a`` and ``g`` by themselves they
see that a row which the model is sure of hardly counts. Their eigenvectors make the basis; the curvature
along each of its directions is then measured, not taken from the product of the two spectra (George et
al., Fast Approximate Natural Gradient Descent in a Kronecker-factored Eigenbasis, 2018).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layer_factors import (
    TILE,
    LayerJacobian,
    Shift,
    Summed,
    Table,
    Weight,
)
from afif_explorer.engine.runtime.memory import block_rows

DENSE = 1024  # parameters of a small block up to which its own eigenvectors are worth having


class Basis(ABC):
    """An orthogonal change of basis of the parameters from ``start``, ``size`` of them."""

    start: int
    size: int

    @abstractmethod
    def add(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> None:
        """Take in the moments of some rows ``[n]`` of weight ``share``."""

    @abstractmethod
    def turn(self) -> None:
        """Find the eigenvectors of the moments."""

    @abstractmethod
    def squares(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> Tensor:
        """``sum_i w_i (U' g_i)^2`` over rows and roots: the curvature along each direction, ``[size]``."""

    @abstractmethod
    def spread(self, shift: Tensor) -> Tensor:
        """The diagonal of ``U' diag(shift) U``, ``[size]``."""

    @abstractmethod
    def into(self, block: Tensor) -> Tensor:
        """``U' V`` for ``[size, m]``."""

    @abstractmethod
    def out(self, block: Tensor) -> Tensor:
        """``U V`` for ``[size, m]``."""


def bases_of(layer_jacobians: list[LayerJacobian]) -> list[tuple[Basis, list[int]]]:
    """A basis for each group of parameters, and which of the layer_jacobians it looks at."""
    found: list[tuple[Basis, list[int]]] = []
    uses: dict[int, list[int]] = {}
    for place, layer in enumerate(layer_jacobians):
        uses.setdefault(layer.start, []).append(place)
    joined: set[int] = set()
    for start, places in sorted(uses.items()):
        layer = layer_jacobians[places[0]]
        if start in joined:
            continue
        if len(places) > 1:
            found.append((Axes(start, layer.size), places))
        elif isinstance(layer, Weight):
            biases = _biases_of(layer, layer_jacobians, uses)
            joined.update(layer_jacobians[place].start for place in biases)
            found.append((Kronecker(layer, with_bias=bool(biases)), places + biases))
        elif isinstance(layer, Table):
            found.append((Rows(layer), places))
        elif layer.size <= DENSE:
            found.append((Dense(layer), places))
        else:
            found.append((Axes(start, layer.size), places))
    return found


def _biases_of(
    weight: Weight, layer_jacobians: list[LayerJacobian], uses: dict[int, list[int]]
) -> list[int]:
    """The place of a weight's bias, if it has one: right behind it, used once, with as many outputs."""
    places = uses.get(weight.start + weight.size, [])
    if len(places) != 1:
        return []
    bias = layer_jacobians[places[0]]
    fits = isinstance(bias, Shift) and bias.size == weight.slope.shape[3]
    return places if fits else []


def _moment(rows: Tensor) -> Tensor:
    """``R' R`` for ``[..., width]``."""
    flat = rows.flatten(0, -2)
    return flat.T @ flat


def _moments(entered: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """``sum M'M`` and ``sum M M'`` over rows and roots for ``M = G'A``, which is not formed.

    ``M'M = A'(G G')A`` and ``M M' = G'(A A')G``, with the places ``[T, T]`` inside.
    """
    flat = slope.transpose(1, 2).flatten(2)  # [n, T, r o]
    entering = entered.flatten(0, 1).T @ (flat @ flat.transpose(1, 2) @ entered).flatten(0, 1)
    beside = (entered @ entered.transpose(1, 2) @ flat).reshape(-1, slope.shape[3])
    return entering, flat.reshape(beside.shape).T @ beside


def _summed_squares(block: Tensor, share: Tensor) -> Tensor:
    """``sum_i w_i sum_r B_irp^2``, ``[p]``; the block is lost."""
    return share.repeat_interleave(block.shape[1]) @ block.flatten(0, 1).square_()


@dataclass
class Axes(Basis):
    """The parameters' own axes."""

    start: int
    size: int

    def add(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> None:
        """Nothing is learnt."""

    def turn(self) -> None:
        """There is nothing to turn."""

    def squares(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> Tensor:
        explicit = share.new_zeros(len(share), layer_jacobians[0].rank, self.size)
        for layer in layer_jacobians:
            replace(layer, start=0).write(explicit, fresh=False)
        return _summed_squares(explicit, share)

    def spread(self, shift: Tensor) -> Tensor:
        return shift

    def into(self, block: Tensor) -> Tensor:
        return block

    def out(self, block: Tensor) -> Tensor:
        return block


class Turned(Basis):
    """Directions found from one matrix of moments."""

    _matrix: Tensor | None = None

    @abstractmethod
    def _rows_of(self, layer: LayerJacobian) -> Tensor:
        """``[n, ..., width]``: whose moments are summed."""

    def add(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> None:
        (layer,) = layer_jacobians
        rows = self._rows_of(layer)
        part = _moment(rows * share.sqrt().reshape(-1, *[1] * (rows.ndim - 1)))
        self._matrix = part if self._matrix is None else self._matrix + part

    def turn(self) -> None:
        assert self._matrix is not None
        self._vectors = torch.linalg.eigh(self._matrix).eigenvectors


class Dense(Turned):
    """The eigenvectors of a small block itself."""

    def __init__(self, layer: LayerJacobian) -> None:
        self.start, self.size = layer.start, layer.size

    def _rows_of(self, layer: LayerJacobian) -> Tensor:
        assert isinstance(layer, Summed)
        return layer.block

    def squares(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> Tensor:
        (layer,) = layer_jacobians
        return _summed_squares(self._rows_of(layer) @ self._vectors, share)

    def spread(self, shift: Tensor) -> Tensor:
        return self._vectors.square().T @ shift

    def into(self, block: Tensor) -> Tensor:
        return self._vectors.T @ block

    def out(self, block: Tensor) -> Tensor:
        return self._vectors @ block


class Rows(Turned):
    """A table ``[rows, o]``: every row by itself, turned by the eigenvectors of the derivatives."""

    def __init__(self, layer: Table) -> None:
        self.start, self.size, self._left = (
            layer.start,
            layer.size,
            layer.slope.shape[3],
        )

    def _rows_of(self, layer: LayerJacobian) -> Tensor:
        assert isinstance(layer, Table)
        return layer.slope

    def squares(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> Tensor:
        (layer,) = layer_jacobians
        assert isinstance(layer, Table)
        slope = layer.slope @ self._vectors
        total = share.new_zeros(self.size // self._left, self._left)
        step = block_rows(layer.index.shape[1] ** 2, share, near=TILE)
        for start in range(0, len(share), step):
            rows = slice(start, start + step)
            index = layer.index[rows]
            same = (index[:, :, None] == index[:, None, :]).to(share.dtype)
            squares = (same[:, None] @ slope[rows]).square_().sum(1)
            squares *= (share[rows, None] / same.sum(2))[:, :, None]  # or places count again
            total.index_add_(0, index.reshape(-1), squares.flatten(0, 1))
        return total.reshape(-1)

    def spread(self, shift: Tensor) -> Tensor:
        return (shift.reshape(-1, self._left) @ self._vectors.square()).reshape(-1)

    def into(self, block: Tensor) -> Tensor:
        table = block.reshape(-1, self._left, block.shape[1])
        return (self._vectors.T @ table).reshape(block.shape)

    def out(self, block: Tensor) -> Tensor:
        table = block.reshape(-1, self._left, block.shape[1])
        return (self._vectors @ table).reshape(block.shape)


class Kronecker(Basis):
    """A weight ``[o, i]``, with its bias as one more input if it has one."""

    def __init__(self, layer: Weight, *, with_bias: bool) -> None:
        self._left, self._right = (
            layer.slope.shape[3],
            layer.entered.shape[2] + with_bias,
        )
        self.start, self.size = layer.start, self._left * self._right
        self._with_bias = with_bias
        self._entering: Tensor | None = None
        self._leaving: Tensor | None = None

    def _entered(self, layer: Weight) -> Tensor:
        """What enters, with a last input of ones for the bias, ``[n, T, i]``."""
        if not self._with_bias:
            return layer.entered
        ones = layer.entered.new_ones(*layer.entered.shape[:2], 1)
        return torch.cat([layer.entered, ones], dim=2)

    def add(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> None:
        layer = layer_jacobians[0]
        assert isinstance(layer, Weight)
        entered, slope = (
            self._entered(layer),
            layer.slope * share.sqrt()[:, None, None, None],
        )
        if entered.shape[1] <= min(self._left, self._right):
            entering, leaving = _moments(entered, slope)
        else:
            entering, leaving = self._moments_of_blocks(entered, slope)
        self._entering = entering if self._entering is None else self._entering + entering
        self._leaving = leaving if self._leaving is None else self._leaving + leaving

    def _moments_of_blocks(self, entered: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        """What :func:`_moments` gives, for more places than inputs or outputs."""
        entering = entered.new_zeros(self._right, self._right)
        leaving = entered.new_zeros(self._left, self._left)
        for _, block in Weight(self.start, self.size, slope, entered).blocks():
            rows = block.view(-1, self._left, self._right)
            entering += _moment(rows)
            leaving += _moment(rows.transpose(1, 2))
        return entering, leaving

    def turn(self) -> None:
        assert self._entering is not None
        assert self._leaving is not None
        self._in = torch.linalg.eigh(self._entering).eigenvectors
        self._out = torch.linalg.eigh(self._leaving).eigenvectors

    def _turned_in(self, layer: Weight) -> Tensor:
        """What enters, in the basis: ``[n, T, i]``."""
        if not self._with_bias:
            return layer.entered @ self._in
        flat = layer.entered.flatten(0, 1)
        found = torch.addmm(self._in[-1], flat, self._in[:-1])
        return found.reshape(*layer.entered.shape[:2], -1)

    def squares(self, layer_jacobians: list[LayerJacobian], share: Tensor) -> Tensor:
        layer = layer_jacobians[0]
        assert isinstance(layer, Weight)
        entered, slope = self._turned_in(layer), layer.slope @ self._out
        if slope.shape[2] == 1:
            leaving = torch.einsum("n,nro->no", share, slope[:, :, 0].square())
            return (leaving.T @ entered[:, 0].square()).reshape(-1)
        total = share.new_zeros(self.size)
        for rows, block in Weight(self.start, self.size, slope, entered).blocks():
            total += _summed_squares(block, share[rows])
        return total

    def spread(self, shift: Tensor) -> Tensor:
        grid = self._grid(shift[:, None])[:, :, 0]
        return (self._out.square().T @ grid @ self._in.square()).reshape(-1)

    def _grid(self, block: Tensor) -> Tensor:
        """``[size, m]``, weights and then biases, as ``[o, i, m]``."""
        if not self._with_bias:
            return block.reshape(self._left, self._right, -1)
        cut = self._left * (self._right - 1)
        weight = block[:cut].reshape(self._left, self._right - 1, -1)
        return torch.cat([weight, block[cut:].reshape(self._left, 1, -1)], dim=1)

    def _flat(self, grid: Tensor) -> Tensor:
        if not self._with_bias:
            return grid.reshape(self.size, -1)
        return torch.cat([grid[:, :-1].reshape(-1, grid.shape[2]), grid[:, -1]])

    def into(self, block: Tensor) -> Tensor:
        grid = self._in.T @ self._grid(block)
        return (self._out.T @ grid.flatten(1)).reshape(self.size, -1)

    def out(self, block: Tensor) -> Tensor:
        grid = block.reshape(self._left, -1)
        grid = (self._out @ grid).reshape(self._left, self._right, -1)
        return self._flat(self._in @ grid)
