"""Linearization of a chain of dense layers, whose factors and second derivatives are matrix products.

At a fixed ``theta`` the activations ``a_l`` and slopes ``phi'(z_l)`` of a multilayer perceptron are
constant. With these stored, every derivative is a matrix product over blocks of vectors:

* forward, ``dz_l = dW_l a_{l-1} + W_l da_{l-1} + db_l`` and ``da_l = phi'(z_l) dz_l``;
* backward, ``dW_l = delta_l a_{l-1}'`` and ``delta_{l-1} = phi'(z_{l-1}) W_l' delta_l``;
* second order: the backward pass, differentiated in the direction of the forward one (Pearlmutter, Fast Exact
  Multiplication by the Hessian, 1994).

A row ``S_i' J_i`` has the factors ``a_{l-1}`` and ``delta_l``, as for a sequence with one position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.base import Through, Work
from afif_explorer.engine.jacobians.gram import gram_cost
from afif_explorer.engine.jacobians.layers.dense_layers import DenseLayer, states_of
from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian
from afif_explorer.engine.jacobians.layers.layered import LayeredLinearization
from afif_explorer.engine.jacobians.layers.positionwise import Weight
from afif_explorer.engine.jacobians.symmetric import HALF

BLOCK_FACTOR = 12  # size of a block relative to all layers; larger ones do not fit into the cache


class ChainLinearization(LayeredLinearization):
    """``f = W_L phi(... phi(W_1 x + b_1) ...) + b_L`` at one ``theta``."""

    def __init__(self, layers: Sequence[DenseLayer], theta: Tensor, X: Tensor) -> None:
        self._layers, self._theta = layers, theta
        parameters = self._split(theta[:, None])
        self._weights = [weight[:, :, 0] for weight, _ in parameters]
        self.n, self.k, self.p = len(X), layers[-1].outputs, len(theta)
        self.prefers_roots = self.k <= 2  # a row's part of the Fisher then usually has rank 1
        self._width = sum(layer.outputs for layer in layers)
        self._states, self.outputs = states_of(layers, parameters, X)

    def _split(self, vectors: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        """Each layer's weight ``[o, i, m]`` and bias ``[o, m]`` in a block ``[p, m]``."""
        found = []
        parts = vectors.split([layer.size for layer in self._layers])
        for layer, part in zip(self._layers, parts, strict=True):
            cut = layer.outputs * layer.inputs
            weight = part[:cut].unflatten(0, (layer.outputs, layer.inputs))
            found.append((weight, part[cut:] if layer.bias else None))
        return found

    def take(self, rows: Tensor | slice) -> Self:
        part = object.__new__(type(self))
        vars(part).update(vars(self))
        part._last, part.outputs = None, self.outputs[rows]
        part.n = len(part.outputs)
        part._states = [state.take(rows) for state in self._states]
        return part

    def factored(self, roots: Tensor) -> FactoredJacobian:
        layers: list[Weight] = []
        start = 0
        deltas = self._deltas(roots.transpose(1, 2))
        for layer, state, delta in zip(self._layers, self._states, deltas, strict=True):
            factors = delta[:, :, None], state.layer_input[:, None]
            layers.append(Weight(start, layer.size, *factors, bias=layer.bias))
            start += layer.size
        return FactoredJacobian(list(layers), self.n, roots.shape[2], self.p)

    def _numbers(self, rank: int) -> float:
        return 2.0 * rank * self._width

    def pieces(self, columns: int) -> Iterator[tuple[slice, Self]]:
        """Blocks of rows, small enough for a block of ``columns`` vectors."""
        return self.cut(BLOCK_FACTOR * self._width * columns)

    def jvp(self, vectors: Tensor) -> Tensor:
        pieces = [piece._tangents(vectors)[-1][1] for _, piece in self.pieces(vectors.shape[1])]
        return (pieces[0] if len(pieces) == 1 else torch.cat(pieces)).transpose(1, 2)

    def vjp(self, cotangents: Tensor) -> Tensor:
        sums = self._zeros(cotangents, cotangents.shape[2])
        for rows, piece in self.pieces(cotangents.shape[2]):
            piece._add_vjp(cotangents[rows], sums)
        return self._flattened(sums)

    def round_trip(self, vectors: Tensor, through: Through) -> Tensor:
        sums = self._zeros(vectors, vectors.shape[1])
        for rows, piece in self.pieces(vectors.shape[1]):
            piece._add_vjp(through(rows, piece.jvp(vectors)), sums)
        return self._flattened(sums)

    def _zeros(self, like: Tensor, m: int) -> list[tuple[Tensor, Tensor]]:
        """Zeros for every layer's weight ``[m o, i]`` and bias ``[m, o]``, in the layout of the products."""
        return [
            (like.new_zeros(m * one.outputs, one.inputs), like.new_zeros(m, one.outputs))
            for one in self._layers
        ]

    def _add_vjp(self, cotangents: Tensor, sums: list[tuple[Tensor, Tensor]]) -> None:
        deltas = self._deltas(cotangents.transpose(1, 2).contiguous())
        for delta, state, (weight, bias) in zip(deltas, self._states, sums, strict=True):
            weight.addmm_(delta.flatten(1).T, state.layer_input)
            bias += delta.sum(0)

    def _flattened(self, sums: list[tuple[Tensor, Tensor]]) -> Tensor:
        parts = []
        for layer, (weight, bias) in zip(self._layers, sums, strict=True):
            grid = weight.reshape(-1, layer.outputs, layer.inputs).permute(1, 2, 0)
            parts.append((grid, bias.T))
        return self._concatenated(parts)

    def _concatenated(self, parts: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Weights ``[o, i, m]`` and biases ``[o, m]`` of each layer as one block ``[p, m]``."""
        flat = []
        for layer, (weight, bias) in zip(self._layers, parts, strict=True):
            flat.append(weight.reshape(layer.outputs * layer.inputs, -1))
            if layer.bias:
                flat.append(bias)
        return torch.cat(flat)

    def _tangents(self, vectors: Tensor) -> list[tuple[Tensor | None, Tensor]]:
        """For each layer ``da_{l-1}`` (None at the input) and ``dz_l``, ``[n, m, .]``."""
        found: list[tuple[Tensor | None, Tensor]] = []
        moved: Tensor | None = None
        for weight, state, (change, shift) in zip(
            self._weights, self._states, self._split(vectors), strict=True
        ):
            dz = _affine(state.layer_input, change, shift)
            if moved is not None:
                dz.flatten(0, 1).addmm_(moved.flatten(0, 1), weight.T)
            found.append((moved, dz))
            moved = dz if state.slope is None else state.slope[:, None] * dz
        return found

    def _deltas(self, cotangents: Tensor) -> list[Tensor]:
        """``delta_l`` of each layer, ``[n, m, o]``, for cotangents of the outputs ``[n, m, k]``."""
        found = [cotangents]
        for place in range(len(self._layers) - 1, 0, -1):
            back = found[0] @ self._weights[place]
            slope = self._states[place - 1].slope
            found.insert(0, back if slope is None else back.mul_(slope[:, None]))
        return found

    def hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        total = torch.zeros_like(vectors)
        for state in self._states[:-1]:
            if state.slope is not None:
                state.second_derivative  # noqa: B018 - computed once, not in every piece
        for rows, piece in self.pieces(vectors.shape[1]):
            total += piece._hvp(weights[rows], vectors)
        return total

    def _hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        tangents, changes = self._tangents(vectors), self._split(vectors)
        delta = weights  # [n, o]
        moved = torch.zeros_like(
            tangents[-1][1]
        )  # derivative of delta along each vector, [n, m, o]
        parts: list[tuple[Tensor, Tensor]] = []
        for place in range(len(self._layers) - 1, -1, -1):
            state, (input_moved, _) = self._states[place], tangents[place]
            weight = _outer_sums(moved, state.layer_input)
            if input_moved is not None:
                weight += _outer_sums(input_moved, delta).transpose(0, 1)
            parts.insert(0, (weight, moved.sum(0).T))
            if place:
                back = delta @ self._weights[place]
                back_moved = _affine(delta, changes[place][0].transpose(0, 1))
                back_moved.flatten(0, 1).addmm_(moved.flatten(0, 1), self._weights[place])
                delta, moved = self._through_activation(
                    place - 1, back, back_moved, tangents[place - 1][1]
                )
        return self._concatenated(parts)

    def _through_activation(
        self, place: int, back: Tensor, back_moved: Tensor, dz: Tensor
    ) -> tuple[Tensor, Tensor]:
        """``delta`` and its derivative, backpropagated through a layer's activation."""
        state = self._states[place]
        if state.slope is None:
            return back, back_moved
        moved = state.slope[:, None] * back_moved + (state.second_derivative * back)[:, None] * dz
        return state.slope * back, moved

    def work(self, rank: int) -> Work:
        n, p = self.n, self.p
        inner = sum(layer.inputs * layer.outputs for layer in self._layers[1:])
        inputs = sum(layer.inputs for layer in self._layers)
        outputs = sum(layer.outputs + 4 for layer in self._layers)
        return Work(
            product=4.0 * n * (p + inner),
            gram=2.0 * n * min(HALF * rank * p**2, gram_cost(self._layers)),
            kernel=1.0 * n**2 * (inputs + rank**2 * outputs),
        )


def _affine(layer_input: Tensor, change: Tensor, shift: Tensor | None = None) -> Tensor:
    """``sum_i a_ni V_oim + v_om`` as one product, ``[n, m, o]``."""
    outputs, inputs, m = change.shape
    flat = change.permute(1, 2, 0).reshape(inputs, m * outputs)
    if shift is None:
        return (layer_input @ flat).reshape(-1, m, outputs)
    return torch.addmm(shift.T.reshape(-1), layer_input, flat).reshape(-1, m, outputs)


def _outer_sums(delta: Tensor, layer_input: Tensor) -> Tensor:
    """``sum_n delta_nmo a_ni`` as one product, ``[o, i, m]``."""
    n, m, outputs = delta.shape
    outer = delta.reshape(n, m * outputs).T @ layer_input
    return outer.reshape(m, outputs, -1).permute(1, 2, 0)
