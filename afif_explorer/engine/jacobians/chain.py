"""Linearization of a chain of fully connected layers, by matrix products alone.

At a fixed ``theta`` the activations ``a_l`` and slopes ``phi'(z_l)`` of a multilayer perceptron do not
change. Kept, they turn every derivative into products of matrices over whole blocks of vectors:

* forwards, ``dz_l = dW_l a_{l-1} + W_l da_{l-1} + db_l`` and ``da_l = phi'(z_l) dz_l``;
* backwards, ``dW_l = delta_l a_{l-1}'`` and ``delta_{l-1} = phi'(z_{l-1}) W_l' delta_l``;
* the second order differentiates the backward pass along the forward one (Pearlmutter, Fast Exact
  Multiplication by the Hessian, 1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.jacobians import layered_gram
from afif_explorer.engine.jacobians.base import Linearization, Through, Work
from afif_explorer.engine.jacobians.chain_state import states_of
from afif_explorer.engine.jacobians.layer_factors import LayerJacobian, Shift, Weight
from afif_explorer.engine.jacobians.layered_gram import Part, add_layered_gram, mirror
from afif_explorer.engine.jacobians.layered_kernel import Pair, layered_kernel
from afif_explorer.engine.jacobians.layered_rows import LayeredRows
from afif_explorer.engine.jacobians.layers import Layer
from afif_explorer.engine.runtime.memory import block_rows

HELD = 12  # times the size of all layers that a block may have: more falls out of the cache


class ChainLinearization(Linearization):
    """``f = W_L phi(... phi(W_1 x + b_1) ...) + b_L`` at one ``theta``."""

    def __init__(self, layers: Sequence[Layer], theta: Tensor, X: Tensor) -> None:
        self._layers = layers
        self._theta = theta
        self._weights = [weight[:, :, 0] for weight, _ in self._split(theta[:, None])]
        self.n, self.k, self.p = len(X), layers[-1].outputs, len(theta)
        self.prefers_roots = self.k <= 2  # a row's part of the Fisher then has rank 1, as a rule
        self._states, self.outputs = states_of(layers, self._split(theta[:, None]), X)

    def _split(self, vectors: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        """Each layer's weight ``[o, i, m]`` and bias ``[o, m]`` in a block ``[p, m]``."""
        found = []
        m = vectors.shape[1]
        for layer, part in zip(
            self._layers, vectors.split([layer.size for layer in self._layers]), strict=True
        ):
            cut = layer.outputs * layer.inputs
            weight = part[:cut].reshape(layer.outputs, layer.inputs, m)
            found.append((weight, part[cut:] if layer.bias else None))
        return found

    def take(self, rows: Tensor | slice) -> Self:
        part = object.__new__(type(self))
        part._layers, part._theta, part._weights = self._layers, self._theta, self._weights
        part.k, part.p, part.prefers_roots = self.k, self.p, self.prefers_roots
        part.outputs = self.outputs[rows]
        part.n = len(part.outputs)
        part._states = [state.take(rows) for state in self._states]
        return part

    def pieces(self, columns: int) -> Iterator[tuple[slice, Self]]:
        """The rows in pieces so small that a block of so many vectors fits beside them."""
        width = sum(layer.outputs for layer in self._layers)
        return self.cut(HELD * width * columns)

    def jvp(self, vectors: Tensor) -> Tensor:
        pieces = [piece._tangents(vectors)[-1][1] for _, piece in self.pieces(vectors.shape[1])]
        return (pieces[0] if len(pieces) == 1 else torch.cat(pieces)).transpose(1, 2)

    def vjp(self, cotangents: Tensor) -> Tensor:
        sums = self._no_sums(cotangents, cotangents.shape[2])
        for rows, piece in self.pieces(cotangents.shape[2]):
            piece._add_pulled(cotangents[rows], sums)
        return self._summed(sums)

    def round_trip(self, vectors: Tensor, through: Through) -> Tensor:
        sums = self._no_sums(vectors, vectors.shape[1])
        for rows, piece in self.pieces(vectors.shape[1]):
            piece._add_pulled(through(rows, piece.jvp(vectors)), sums)
        return self._summed(sums)

    def _rows(self, roots: Tensor) -> LayeredRows:
        """``s_i' J_i`` for ``s`` ``[n, k, 1]``."""
        deltas = [delta[:, 0] for delta in self._deltas(roots.transpose(1, 2))]
        entered = [state.entered for state in self._states]
        return LayeredRows(entered, deltas, [layer.bias for layer in self._layers])

    def out(self, roots: Tensor, vectors: Tensor) -> Tensor:
        if roots.shape[2] > 1:
            return super().out(roots, vectors)
        return self._rows(roots).out(vectors)[:, None]

    def into(self, roots: Tensor, weights: Tensor) -> Tensor:
        if roots.shape[2] > 1:
            return super().into(roots, weights)
        return self._rows(roots).into(weights[:, 0])

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        return self._rows(weights[:, :, None]).out(vectors)

    def ggn_product(self, roots: Tensor, share: Tensor, vectors: Tensor) -> Tensor:
        if roots.shape[2] > 1:
            return super().ggn_product(roots, share, vectors)
        return self._rows(roots).ggn_product(share, vectors)

    def _no_sums(self, like: Tensor, m: int) -> list[tuple[Tensor, Tensor]]:
        """Zeros for every layer's weight ``[m o, i]`` and bias ``[m, o]``, in the order of the products."""
        return [
            (like.new_zeros(m * one.outputs, one.inputs), like.new_zeros(m, one.outputs))
            for one in self._layers
        ]

    def _add_pulled(self, cotangents: Tensor, sums: list[tuple[Tensor, Tensor]]) -> None:
        deltas = self._deltas(cotangents.transpose(1, 2).contiguous())
        for delta, state, (weight, bias) in zip(deltas, self._states, sums, strict=True):
            weight.addmm_(delta.flatten(1).T, state.entered)
            bias += delta.sum(0)

    def _summed(self, sums: list[tuple[Tensor, Tensor]]) -> Tensor:
        parts = []
        for layer, (weight, bias) in zip(self._layers, sums, strict=True):
            grid = weight.reshape(-1, layer.outputs, layer.inputs).permute(1, 2, 0)
            parts.append((grid, bias.T))
        return self._collected(parts)

    def _collected(self, parts: list[tuple[Tensor, Tensor]]) -> Tensor:
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
            dz = _through(state.entered, change, shift)
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
                state.bow  # noqa: B018 - found once, not in every piece
        for rows, piece in self.pieces(vectors.shape[1]):
            total += piece._bend(weights[rows], vectors)
        return total

    def _bend(self, weights: Tensor, vectors: Tensor) -> Tensor:
        tangents, changes = self._tangents(vectors), self._split(vectors)
        delta = weights  # [n, o]
        moved = torch.zeros_like(
            tangents[-1][1]
        )  # derivative of delta along each vector, [n, m, o]
        parts: list[tuple[Tensor, Tensor]] = []
        for place in range(len(self._layers) - 1, -1, -1):
            state, (entered_moved, _) = self._states[place], tangents[place]
            weight = _crossed(moved, state.entered)
            if entered_moved is not None:
                weight += _crossed(entered_moved, delta).transpose(0, 1)
            parts.insert(0, (weight, moved.sum(0).T))
            if place:
                back = delta @ self._weights[place]
                back_moved = _through(delta, changes[place][0].transpose(0, 1))
                back_moved.flatten(0, 1).addmm_(moved.flatten(0, 1), self._weights[place])
                delta, moved = self._behind(place - 1, back, back_moved, tangents[place - 1][1])
        return self._collected(parts)

    def _behind(
        self, place: int, back: Tensor, back_moved: Tensor, dz: Tensor
    ) -> tuple[Tensor, Tensor]:
        """``delta`` and its derivative, taken backwards through a layer's activation."""
        state = self._states[place]
        if state.slope is None:
            return back, back_moved
        moved = state.slope[:, None] * back_moved + (state.bow * back)[:, None] * dz
        return state.slope * back, moved

    def layer_jacobians(self, roots: Tensor) -> list[LayerJacobian]:
        found: list[LayerJacobian] = []
        start = 0
        for layer, state, delta in zip(
            self._layers, self._states, self._deltas(roots.transpose(1, 2)), strict=True
        ):
            size = layer.outputs * layer.inputs
            found.append(
                Weight(start, size, slope=delta[:, :, None], entered=state.entered[:, None])
            )
            if layer.bias:
                found.append(Shift(start + size, layer.outputs, delta))
            start += layer.size
        return found

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        flat = []
        for layer, state, delta in zip(
            self._layers, self._states, self._deltas(cotangents.transpose(1, 2)), strict=True
        ):
            flat.append((delta[:, :, :, None] * state.entered[:, None, None, :]).flatten(2))
            if layer.bias:
                flat.append(delta)
        return torch.cat(flat, dim=2)

    def gram(self, roots: Tensor) -> Tensor:
        if layered_gram.price(self._layers) >= roots.shape[2] * self.p**2:
            return super().gram(roots)
        total = roots.new_zeros(self.p, self.p)
        step = block_rows(layered_gram.numbers(self._layers), roots)
        for start in range(0, self.n, step):
            rows = slice(start, start + step)
            add_layered_gram(total, self.take(rows)._parts(roots[rows]))
        return mirror(total)

    def _parts(self, roots: Tensor) -> list[Part]:
        found, start = [], 0
        for layer, state, delta in zip(
            self._layers, self._states, self._deltas(roots.transpose(1, 2)), strict=True
        ):
            found.append(Part(layer, start, state.entered, delta))
            start += layer.size
        return found

    def ntk(
        self, roots: Tensor, other: Linearization, other_roots: Tensor, scale: Tensor
    ) -> Tensor:
        assert isinstance(other, ChainLinearization)
        constant = self._constants(scale)
        if constant is None:
            return super().ntk(roots, other, other_roots, scale)
        pairs = self._paired(roots, other, other_roots, constant)
        to = scale.dtype
        return layered_kernel([(a.to(to), b.to(to), d.to(to), e.to(to)) for a, b, d, e in pairs])

    def own_ntk(self, roots: Tensor, scale: Tensor) -> Tensor:
        constant = self._constants(scale)
        if constant is None:
            return super().own_ntk(roots, scale)
        return layered_kernel(list(self._paired(roots, self, roots, constant)), lower=True)

    def _paired(
        self,
        roots: Tensor,
        other: ChainLinearization,
        other_roots: Tensor,
        constant: Sequence[tuple[float, float]],
    ) -> Iterator[Pair]:
        """Each layer as its kernel sees it: the scales in its left part, its bias as one more input."""
        ours = self._deltas(roots.transpose(1, 2))
        theirs = other._deltas(other_roots.transpose(1, 2))
        for place, (slope, shift) in enumerate(constant):
            left, right = self._states[place].entered, other._states[place].entered
            left = torch.cat([left * slope, left.new_full((self.n, 1), shift)], 1)
            right = torch.cat([right, right.new_ones(other.n, 1)], 1)
            yield left, right, ours[place], theirs[place]

    def _constants(self, scale: Tensor) -> list[tuple[float, float]] | None:
        """The scale of each layer's weights and of its biases; None if it differs within them."""
        found = []
        for layer, part in zip(
            self._layers, scale.split([layer.size for layer in self._layers]), strict=True
        ):
            weight, bias = part.split([layer.outputs * layer.inputs, layer.outputs * layer.bias])
            if any(len(one) and bool((one != one[0]).any()) for one in (weight, bias)):
                return None
            found.append((float(weight[0]), float(bias[0]) if layer.bias else 0.0))
        return found

    def work(self, rank: int) -> Work:
        n, p = self.n, self.p
        inner = sum(layer.inputs * layer.outputs for layer in self._layers[1:])
        entering = sum(layer.inputs for layer in self._layers)
        leaving = sum(layer.outputs + 4 for layer in self._layers)
        return Work(
            product=4.0 * n * (p + inner),
            gram=2.0 * n * min(float(rank * p**2), layered_gram.price(self._layers)),
            kernel=1.0 * n**2 * (entering + rank**2 * leaving),
        )

    def squared_norms(self, roots: Tensor) -> Tensor:
        total = roots.new_zeros(self.n)
        for layer, state, delta in zip(
            self._layers, self._states, self._deltas(roots.transpose(1, 2)), strict=True
        ):
            total += delta.square().sum((1, 2)) * (
                state.entered.square().sum(1) + float(layer.bias)
            )
        return total


def _through(entered: Tensor, change: Tensor, shift: Tensor | None = None) -> Tensor:
    """``sum_i a_ni V_oim + v_om`` as one product, ``[n, m, o]``."""
    outputs, inputs, m = change.shape
    flat = change.permute(1, 2, 0).reshape(inputs, m * outputs)
    if shift is None:
        return (entered @ flat).reshape(-1, m, outputs)
    return torch.addmm(shift.T.reshape(-1), entered, flat).reshape(-1, m, outputs)


def _crossed(delta: Tensor, entered: Tensor) -> Tensor:
    """``sum_n delta_nmo a_ni`` as one product, ``[o, i, m]``."""
    n, m, outputs = delta.shape
    crossed = delta.reshape(n, m * outputs).T @ entered
    return crossed.reshape(m, outputs, -1).permute(1, 2, 0)
