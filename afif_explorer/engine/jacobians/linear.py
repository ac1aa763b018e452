"""Linearization of a linear map, which is the map itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.base import Linearization, Work
from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian
from afif_explorer.engine.jacobians.layers.positionwise import Weight
from afif_explorer.engine.runtime.memory import cached_rows

MIN_PARALLEL = 200_000  # size of a matrix from which its product with a vector uses several threads


class LinearMapLinearization(Linearization):
    """``f = W x + b``. The parameters are ``W`` ``[k, d]`` row by row, then ``b`` ``[k]`` if there is one."""

    def __init__(
        self, X: Tensor, k: int, intercept: bool, theta: Tensor, outputs: Tensor | None = None
    ) -> None:
        self.X, self.intercept, self.theta = X, intercept, theta
        self.n, self.d = X.shape
        self.k = k
        self.p = k * (self.d + intercept)
        self.outputs = self.jvp(theta[:, None])[:, :, 0] if outputs is None else outputs

    def jvp(self, vectors: Tensor) -> Tensor:
        m = vectors.shape[1]
        weights = vectors[: self.k * self.d].reshape(self.k, self.d, m).transpose(0, 1)
        weights = weights.reshape(self.d, self.k * m)
        if not self.intercept:
            return _product(self.X, weights).reshape(self.n, self.k, m)
        shift = vectors[self.k * self.d :].reshape(self.k * m)
        if self.k * m == 1:
            return _product(self.X, weights).add_(shift).reshape(self.n, 1, 1)
        return torch.addmm(shift, self.X, weights).reshape(self.n, self.k, m)

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        if self.k > 1:
            return super().contract(weights, vectors)
        found = weights.new_empty(self.n, vectors.shape[1])
        step = cached_rows(self.d + vectors.shape[1], weights, least=1024)
        for rows, weighted in self._weighted(weights[:, 0], step):
            torch.mm(weighted, vectors, out=found[rows])
        return found

    def _weighted(self, weights: Tensor, step: int) -> Iterator[tuple[slice, Tensor]]:
        """``w_i x_i``, and ``w_i`` for the intercept, a few rows at a time, in a reused buffer."""
        space = weights.new_empty(min(step, self.n), self.d + self.intercept)
        for start in range(0, self.n, step):
            rows = slice(start, start + step)
            w = weights[rows, None]
            part = space[: len(w)]
            torch.mul(self.X[rows], w, out=part[:, : self.d])
            if self.intercept:
                part[:, self.d :] = w
            yield rows, part

    def vjp(self, cotangents: Tensor) -> Tensor:
        m = cotangents.shape[2]
        weights = (self.X.T @ cotangents.reshape(self.n, self.k * m)).reshape(self.d, self.k, m)
        found = weights.transpose(0, 1).reshape(self.k * self.d, m)
        if not self.intercept:
            return found
        return torch.cat([found, cotangents.sum(0)])

    def hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        return torch.zeros_like(vectors)

    def factored(self, roots: Tensor) -> FactoredJacobian | None:
        factors = roots.transpose(1, 2)[:, :, None], self.X[:, None]
        weight = Weight(0, self.p, *factors, bias=self.intercept)
        return FactoredJacobian([weight], self.n, roots.shape[2], self.p)

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        each = torch.einsum("nkr,nd->nrkd", cotangents, self.X).flatten(2)
        if not self.intercept:
            return each
        return torch.cat([each, cotangents.transpose(1, 2)], dim=2)

    def gram(self, roots: Tensor) -> Tensor:
        blocks = roots @ roots.transpose(1, 2)  # [n, k, k]
        matrix = torch.empty(self.p, self.p, dtype=self.X.dtype, device=self.X.device)
        for a in range(self.k):
            for b in range(a + 1):
                block = self._weighted_gram(blocks[:, a, b])
                self._place(matrix, a, b, block)
                if a != b:
                    self._place(matrix, b, a, block)
        return matrix

    def _weighted_gram(self, weights: Tensor) -> Tensor:
        """``sum_i w_i x_i x_i'`` with the intercept as last column, ``[d + 1, d + 1]``."""
        size, parts = self.d + self.intercept, _threads(self.X)
        sums = self.X.new_zeros(parts, size, self.d)  # one sum per thread
        least = 4 * self.d  # otherwise reading the sum dominates
        step = parts * cached_rows(self.d, self.X, least=least)
        for rows, weighted in self._weighted(weights, step):
            X = self.X[rows]
            if len(X) % parts:
                sums[0].addmm_(weighted.T, X)
            else:
                shares = weighted.unflatten(0, (parts, -1)).transpose(1, 2)
                sums.baddbmm_(shares, X.unflatten(0, (parts, -1)))
        total = self.X.new_empty(size, size)
        torch.sum(sums, 0, out=total[:, : self.d])
        if self.intercept:
            total[: self.d, -1] = total[-1, : self.d]
            total[-1, -1] = weights.sum()
        return total

    def _place(self, matrix: Tensor, a: int, b: int, block: Tensor) -> None:
        d, kd = self.d, self.k * self.d
        matrix[a * d : (a + 1) * d, b * d : (b + 1) * d] = block[:d, :d]
        if self.intercept:
            matrix[kd + a, b * d : (b + 1) * d] = block[-1, :d]
            matrix[a * d : (a + 1) * d, kd + b] = block[:d, -1]
            matrix[kd + a, kd + b] = block[-1, -1]

    def project(self, rows: Tensor | slice, basis: Tensor, *, lower: bool = False) -> Tensor:
        return self.take(rows).jvp(basis)

    def squared_norms(self, roots: Tensor) -> Tensor:
        rows = torch.linalg.vector_norm(self.X, dim=1).square_()
        return (roots**2).sum((1, 2)) * rows.add_(float(self.intercept))

    def ntk(
        self, roots: Tensor, other: Linearization, other_roots: Tensor, scale: Tensor
    ) -> Tensor:
        assert isinstance(other, LinearMapLinearization)
        slopes = scale[: self.k * self.d].reshape(self.k, self.d)
        shifts = scale[self.k * self.d :]
        total = scale.new_zeros(self.n * roots.shape[2], other.n * other_roots.shape[2])
        for a in range(self.k):
            inner = (self.X * slopes[a]) @ other.X.T.to(scale.dtype)
            if self.intercept:
                inner += shifts[a]
            # [n, r], [n', r']
            left, right = (one[:, a].to(scale.dtype) for one in (roots, other_roots))
            if left.shape[1] == right.shape[1] == 1:
                total.add_(inner.mul_(left).mul_(right.T))
            else:
                total += torch.einsum("ir,ij,js->irjs", left, inner, right).reshape(total.shape)
        return total

    def work(self, rank: int) -> Work:
        n, k, d = self.n, self.k, self.d
        kernel = 1.0 * k * n**2 * (d + 2 * rank**2)
        return Work(product=4.0 * n * k * d, gram=n * k * (k + 1.0) * d**2, kernel=kernel)

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self.X[rows], self.k, self.intercept, self.theta, self.outputs[rows])


def _product(rows: Tensor, block: Tensor) -> Tensor:
    """``A B`` ``[n, m]``; divides the rows among threads for one vector, where libraries use only one."""
    parts = _threads(rows)
    if block.shape[1] > 1 or parts == 1 or rows.numel() < MIN_PARALLEL:
        return rows @ block
    found = rows.new_empty(len(rows), 1)
    head = len(rows) // parts * parts
    each = found[:head].unflatten(0, (parts, -1))
    torch.bmm(rows[:head].unflatten(0, (parts, -1)), block.expand(parts, -1, -1), out=each)
    torch.mm(rows[head:], block, out=found[head:])
    return found


def _threads(rows: Tensor) -> int:
    """Number of threads to divide work among; 1 on a GPU."""
    return torch.get_num_threads() if rows.device.type == "cpu" else 1
