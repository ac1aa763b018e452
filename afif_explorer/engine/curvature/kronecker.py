"""Bases in which a network's Fisher is nearly diagonal, one for each layer.

The block of a weight ``[o, i]`` is about ``G (x) A`` (Martens and Grosse, 2015). With ``M = sum_t g_t a_t'``
a row's derivative, ``A = E M'M`` and ``G = E M M'`` are the first step of the power method towards the
nearest such product (Van Loan and Pitsianis, 1993): unlike the moments of ``a`` and ``g`` by themselves they
see that a row which the model is sure of hardly counts. Their eigenvectors make the basis; the curvature
along each of its directions is then measured, not taken from the product of the two spectra (George et
al., Fast Approximate Natural Gradient Descent in a Kronecker-factored Eigenbasis, 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.eigenbasis import (
    Axes,
    Basis,
    BlockDiagonal,
    Dense,
    Embedding,
    Uses,
    second_moment,
    summed_squares,
)
from afif_explorer.engine.jacobians.factored import FactoredJacobian, by_parameters
from afif_explorer.engine.jacobians.placed import Table, Weight

DENSE = 1024  # parameters of a small block up to which its own eigenvectors are worth having


def kronecker_basis(rows: FactoredJacobian) -> BlockDiagonal:
    """A basis for each layer of a network, of which some rows are seen."""
    return BlockDiagonal([_basis_of(uses) for uses in by_parameters(rows.layers)])


def _basis_of(uses: Uses) -> Basis:
    layer = uses[0]
    if len(uses) == 1:
        if isinstance(layer, Weight):
            return Kronecker(layer)
        if isinstance(layer, Table):
            return Embedding(layer)
        if layer.size <= DENSE:
            return Dense(layer)
    return Axes(layer.start, layer.size)


def _moments(entered: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """``sum M'M`` and ``sum M M'`` over rows and roots for ``M = G'A``, which is not formed.

    ``M'M = A'(G G')A`` and ``M M' = G'(A A')G``, with the places ``[T, T]`` inside.
    """
    flat = slope.transpose(1, 2).flatten(2)  # [n, T, r o]
    entering = entered.flatten(0, 1).T @ (flat @ flat.transpose(1, 2) @ entered).flatten(0, 1)
    beside = (entered @ entered.transpose(1, 2) @ flat).reshape(-1, slope.shape[3])
    return entering, flat.reshape(beside.shape).T @ beside


class Kronecker(Basis):
    """A weight ``[o, i]``, with its bias as one more input if it has one."""

    def __init__(self, layer: Weight) -> None:
        self._left, self._right = layer.outputs, layer.width
        self.start, self.size = layer.start, layer.size
        self._with_bias = layer.bias
        self._entering: Tensor | None = None
        self._leaving: Tensor | None = None

    def add(self, uses: Uses, share: Tensor) -> None:
        (layer,) = uses
        assert isinstance(layer, Weight)
        entered = layer.with_bias(layer.entered)
        slope = layer.slope * share.sqrt()[:, None, None, None]
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
            entering += second_moment(rows)
            leaving += second_moment(rows.transpose(1, 2))
        return entering, leaving

    def diagonalise(self) -> None:
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

    def squares(self, uses: Uses, share: Tensor) -> Tensor:
        (layer,) = uses
        assert isinstance(layer, Weight)
        entered, slope = self._turned_in(layer), layer.slope @ self._out
        if slope.shape[2] == 1:
            leaving = torch.einsum("n,nro->no", share, slope[:, :, 0].square())
            return (leaving.T @ entered[:, 0].square()).reshape(-1)
        total = share.new_zeros(self.size)
        for rows, block in Weight(self.start, self.size, slope, entered).blocks():
            total += summed_squares(block, share[rows])
        return total

    def diagonal(self, shift: Tensor) -> Tensor:
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

    def transpose(self, block: Tensor) -> Tensor:
        grid = self._in.T @ self._grid(block)
        return (self._out.T @ grid.flatten(1)).reshape(self.size, -1)

    def apply(self, block: Tensor) -> Tensor:
        grid = block.reshape(self._left, -1)
        grid = (self._out @ grid).reshape(self._left, self._right, -1)
        return self._flat(self._in @ grid)
