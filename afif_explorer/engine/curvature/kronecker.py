"""Kronecker-factored eigenbases, in which a network's Fisher is nearly diagonal, one per layer.

The block of a weight ``[o, i]`` is approximately ``G (x) A`` (Martens and Grosse, 2015). With
``M = sum_t g_t a_t'`` a row's derivative, ``A = E M'M`` and ``G = E M M'`` are the first step of the power
method for the nearest such product (Van Loan and Pitsianis, 1993): unlike the separate moments of ``a`` and
``g``, they give little weight to rows with confident predictions. Their eigenvectors form the basis; the
curvature along each direction is then computed, not taken from the product of the two spectra (George et
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
from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian, by_parameters
from afif_explorer.engine.jacobians.layers.positionwise import Table, Weight

DENSE = 1024  # parameters of a block up to which its full eigenbasis is used


def kronecker_basis(rows: FactoredJacobian) -> BlockDiagonal:
    """A basis for each layer of a network, initialised from the factors of some rows."""
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


def _moments(layer_input: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """``sum M'M`` and ``sum M M'`` over rows and roots for ``M = G'A``, which is not formed.

    ``M'M = A'(G G')A`` and ``M M' = G'(A A')G``, with the ``[T, T]`` products over positions computed first.
    """
    flat = slope.transpose(1, 2).flatten(2)  # [n, T, r o]
    input_moment = layer_input.flatten(0, 1).T @ (
        flat @ flat.transpose(1, 2) @ layer_input
    ).flatten(0, 1)
    right = (layer_input @ layer_input.transpose(1, 2) @ flat).reshape(-1, slope.shape[3])
    return input_moment, flat.reshape(right.shape).T @ right


class Kronecker(Basis):
    """A weight ``[o, i]``, with its bias, if any, as an additional input."""

    kind = "Kronecker-factored"

    def __init__(self, layer: Weight) -> None:
        self._left, self._right = layer.outputs, layer.width
        self.start, self.size = layer.start, layer.size
        self._with_bias = layer.bias
        self._input_moment: Tensor | None = None
        self._output_moment: Tensor | None = None

    def add(self, uses: Uses, row_weights: Tensor) -> None:
        (layer,) = uses
        assert isinstance(layer, Weight)
        layer_input = layer.with_bias(layer.layer_input)
        slope = layer.slope * row_weights.sqrt()[:, None, None, None]
        if layer_input.shape[1] <= min(self._left, self._right):
            input_moment, output_moment = _moments(layer_input, slope)
        else:
            input_moment, output_moment = self._moments_of_blocks(layer_input, slope)
        self._input_moment = (
            input_moment if self._input_moment is None else self._input_moment + input_moment
        )
        self._output_moment = (
            output_moment if self._output_moment is None else self._output_moment + output_moment
        )

    def _moments_of_blocks(self, layer_input: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        """The result of :func:`_moments`, for more positions than inputs or outputs."""
        input_moment = layer_input.new_zeros(self._right, self._right)
        output_moment = layer_input.new_zeros(self._left, self._left)
        for _, block in Weight(self.start, self.size, slope, layer_input).blocks():
            rows = block.view(-1, self._left, self._right)
            input_moment += second_moment(rows)
            output_moment += second_moment(rows.transpose(1, 2))
        return input_moment, output_moment

    def diagonalise(self) -> None:
        assert self._input_moment is not None
        assert self._output_moment is not None
        self._in = torch.linalg.eigh(self._input_moment).eigenvectors
        self._out = torch.linalg.eigh(self._output_moment).eigenvectors

    def _rotated_input(self, layer: Weight) -> Tensor:
        """The layer's input in the basis, ``[n, T, i]``."""
        if not self._with_bias:
            return layer.layer_input @ self._in
        flat = layer.layer_input.flatten(0, 1)
        found = torch.addmm(self._in[-1], flat, self._in[:-1])
        return found.reshape(*layer.layer_input.shape[:2], -1)

    def squares(self, uses: Uses, row_weights: Tensor) -> Tensor:
        (layer,) = uses
        assert isinstance(layer, Weight)
        layer_input, slope = self._rotated_input(layer), layer.slope @ self._out
        if slope.shape[2] == 1:
            output_moment = torch.einsum("n,nro->no", row_weights, slope[:, :, 0].square())
            return (output_moment.T @ layer_input[:, 0].square()).reshape(-1)
        total = row_weights.new_zeros(self.size)
        for rows, block in Weight(self.start, self.size, slope, layer_input).blocks():
            total += summed_squares(block, row_weights[rows])
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
        grid = torch.einsum("ji,ojm->oim", self._in, self._grid(block))  # one product, not o
        return (self._out.T @ grid.flatten(1)).reshape(self.size, -1)

    def apply(self, block: Tensor) -> Tensor:
        grid = block.reshape(self._left, -1)
        grid = (self._out @ grid).reshape(self._left, self._right, -1)
        return self._flat(torch.einsum("ij,ojm->oim", self._in, grid))
