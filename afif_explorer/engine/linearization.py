"""The first-order behaviour of a model at one parameter vector, on fixed rows.

Everything in this package that looks at a model looks through a :class:`Linearization`: with ``J_i``
the ``[k, p]`` Jacobian of row ``i``'s outputs,

* ``push(V)``: ``J V``, what a change of the parameters does to every output, ``[p, m] -> [n, k, m]``;
* ``pull(U)``: ``sum_i J_i' U_i``, the transpose, ``[n, k, m] -> [p, m]``;
* ``bend(U, V)``: ``sum_ik U_ik (grad^2 f_ik) V``, the part of the Hessian that a linear map lacks.

Fisher products, gradients, per-row effects and leverages are combinations of these. Linear maps turn
them into matrix products; any other module goes through ``torch.func``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor
from torch.func import grad, jvp, vjp, vmap

ROWS_AT_ONCE = 4096  # rows of a module that are differentiated together
CELLS_AT_ONCE = (
    16_000_000  # numbers that a block of tangents or Jacobians may hold (128 MB in float64)
)


class Linearization(ABC):
    """``f(x; theta + v) = f + J v + O(|v|^2)`` on ``n`` rows; ``k`` outputs, ``p`` parameters."""

    outputs: Tensor  # [n, k]
    n: int
    k: int
    p: int

    @abstractmethod
    def push(self, vectors: Tensor) -> Tensor:
        """``J V``: ``[p, m] -> [n, k, m]``."""

    @abstractmethod
    def pull(self, cotangents: Tensor) -> Tensor:
        """``sum_i J_i' U_i``: ``[n, k, m] -> [p, m]``."""

    @abstractmethod
    def bend(self, weights: Tensor, vectors: Tensor) -> Tensor:
        """``sum_ik U_ik (grad^2 f_ik) V``: ``[n, k]``, ``[p, m] -> [p, m]``."""

    @abstractmethod
    def gram(self, roots: Tensor) -> Tensor:
        """``sum_i J_i' S_i S_i' J_i`` for ``S`` ``[n, k, r]``: ``[p, p]``."""

    @abstractmethod
    def jacobian(self, rows: Tensor) -> Tensor:
        """The explicit Jacobian of some rows, ``[len(rows), k, p]``."""

    @abstractmethod
    def project(self, rows: Tensor, basis: Tensor) -> Tensor:
        """``J_i Z`` of some rows, ``[p, r] -> [len(rows), k, r]``, for a basis of many vectors."""

    @abstractmethod
    def squared_norms(self, roots: Tensor) -> Tensor:
        """``||J_i' S_i||^2`` (Frobenius) of each row for ``S`` ``[n, k, r]``: ``[n]``."""

    @abstractmethod
    def take(self, rows: Tensor) -> Linearization:
        """The linearization of some rows only."""


class LinearMapLinearization(Linearization):
    """``f = W x + b``. The parameters are ``W`` ``[k, d]`` row by row, then ``b`` ``[k]`` if there is one."""

    def __init__(self, X: Tensor, k: int, intercept: bool, theta: Tensor) -> None:
        self.X, self.intercept, self._theta = X, intercept, theta
        self.n, self.d = X.shape
        self.k = k
        self.p = k * (self.d + intercept)

    @cached_property
    def outputs(self) -> Tensor:  # type: ignore[override]
        return self.push(self._theta[:, None])[:, :, 0]

    def push(self, vectors: Tensor) -> Tensor:
        m = vectors.shape[1]
        weights = vectors[: self.k * self.d].reshape(self.k, self.d, m).transpose(0, 1)
        moved = (self.X @ weights.reshape(self.d, self.k * m)).reshape(self.n, self.k, m)
        if self.intercept:
            moved += vectors[self.k * self.d :].reshape(1, self.k, m)
        return moved

    def pull(self, cotangents: Tensor) -> Tensor:
        m = cotangents.shape[2]
        weights = (self.X.T @ cotangents.reshape(self.n, self.k * m)).reshape(self.d, self.k, m)
        pulled = weights.transpose(0, 1).reshape(self.k * self.d, m)
        if not self.intercept:
            return pulled
        return torch.cat([pulled, cotangents.sum(0)])

    def bend(self, weights: Tensor, vectors: Tensor) -> Tensor:
        return torch.zeros_like(vectors)

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
        size = self.d + self.intercept
        total = torch.zeros(size, size, dtype=self.X.dtype, device=self.X.device)
        step = max(1, CELLS_AT_ONCE // max(1, self.d))
        for start in range(0, self.n, step):
            X, w = self.X[start : start + step], weights[start : start + step]
            weighted = X * w[:, None]
            total[: self.d, : self.d] += weighted.T @ X
            if self.intercept:
                total[-1, : self.d] += weighted.sum(0)
                total[-1, -1] += w.sum()
        if self.intercept:
            total[: self.d, -1] = total[-1, : self.d]
        return total

    def _place(self, matrix: Tensor, a: int, b: int, block: Tensor) -> None:
        d, kd = self.d, self.k * self.d
        matrix[a * d : (a + 1) * d, b * d : (b + 1) * d] = block[:d, :d]
        if self.intercept:
            matrix[kd + a, b * d : (b + 1) * d] = block[-1, :d]
            matrix[a * d : (a + 1) * d, kd + b] = block[:d, -1]
            matrix[kd + a, kd + b] = block[-1, -1]

    def jacobian(self, rows: Tensor) -> Tensor:
        X = self.X[rows]
        eye = torch.eye(self.k, dtype=X.dtype, device=X.device)
        weights = torch.einsum("ab,nd->nabd", eye, X).reshape(len(X), self.k, self.k * self.d)
        if not self.intercept:
            return weights
        return torch.cat([weights, eye.expand(len(X), -1, -1)], dim=2)

    def project(self, rows: Tensor, basis: Tensor) -> Tensor:
        return self.take(rows).push(basis)

    def squared_norms(self, roots: Tensor) -> Tensor:
        return (roots**2).sum((1, 2)) * ((self.X**2).sum(1) + float(self.intercept))

    def take(self, rows: Tensor) -> LinearMapLinearization:
        return LinearMapLinearization(self.X[rows], self.k, self.intercept, self._theta)


class ModuleLinearization(Linearization):
    """Any differentiable ``f(theta, X)``, through forward and reverse automatic differentiation."""

    def __init__(
        self, function: Callable[[Tensor, Tensor], Tensor], theta: Tensor, X: Tensor
    ) -> None:
        self._function, self._theta, self.X = function, theta, X
        self.n, self.p = len(X), len(theta)

    @cached_property
    def outputs(self) -> Tensor:  # type: ignore[override]
        with torch.no_grad():
            return torch.cat([self._function(self._theta, X) for X in self._pieces()])

    @property
    def k(self) -> int:  # type: ignore[override]
        return self.outputs.shape[1]

    def _pieces(self) -> tuple[Tensor, ...]:
        return self.X.split(ROWS_AT_ONCE)

    def push(self, vectors: Tensor) -> Tensor:
        def piece(X: Tensor) -> Tensor:
            def one(v: Tensor) -> Tensor:
                return jvp(lambda theta: self._function(theta, X), (self._theta,), (v,))[1]

            return vmap(one, in_dims=1, out_dims=2, chunk_size=self._tangents(len(X)))(vectors)

        return torch.cat([piece(X) for X in self._pieces()])

    def pull(self, cotangents: Tensor) -> Tensor:
        total = torch.zeros(
            self.p, cotangents.shape[2], dtype=self._theta.dtype, device=self._theta.device
        )
        for X, piece in zip(self._pieces(), cotangents.split(ROWS_AT_ONCE), strict=True):
            transpose = vjp(lambda theta, X=X: self._function(theta, X), self._theta)[1]
            pull = vmap(
                lambda u, transpose=transpose: transpose(u)[0],
                in_dims=2,
                out_dims=1,
                chunk_size=self._tangents(len(X)),
            )
            total += pull(piece)
        return total

    def bend(self, weights: Tensor, vectors: Tensor) -> Tensor:
        total = torch.zeros_like(vectors)
        for X, piece in zip(self._pieces(), weights.split(ROWS_AT_ONCE), strict=True):
            slope = grad(lambda theta, X=X, w=piece: (w * self._function(theta, X)).sum())
            bend = vmap(
                lambda v, slope=slope: jvp(slope, (self._theta,), (v,))[1],
                in_dims=1,
                out_dims=1,
                chunk_size=self._tangents(len(X)),
            )
            total += bend(vectors)
        return total

    def gram(self, roots: Tensor) -> Tensor:
        total = torch.zeros(self.p, self.p, dtype=self._theta.dtype, device=self._theta.device)
        for rows in self._affordable():
            half = roots[rows].transpose(1, 2) @ self.jacobian(rows)
            half = half.reshape(-1, self.p)
            total += half.T @ half
        return total

    def jacobian(self, rows: Tensor) -> Tensor:
        def one(x: Tensor) -> Tensor:
            return torch.func.jacrev(lambda theta: self._function(theta, x[None])[0])(self._theta)

        return vmap(one)(self.X[rows])

    def project(self, rows: Tensor, basis: Tensor) -> Tensor:
        return self.jacobian(rows) @ basis

    def squared_norms(self, roots: Tensor) -> Tensor:
        blocks = [
            (roots[rows].transpose(1, 2) @ self.jacobian(rows)).square().sum((1, 2))
            for rows in self._affordable()
        ]
        return torch.cat(blocks)

    def _affordable(self) -> tuple[Tensor, ...]:
        """Blocks of rows whose explicit Jacobians fit the memory that a block may take."""
        step = max(1, CELLS_AT_ONCE // (self.p * self.k))
        return torch.arange(self.n, device=self.X.device).split(step)

    def _tangents(self, rows: int) -> int:
        """How many vectors to differentiate along at once (a row's work is taken to hold 64 numbers)."""
        return max(1, CELLS_AT_ONCE // max(rows * 64, self.p))

    def take(self, rows: Tensor) -> ModuleLinearization:
        return ModuleLinearization(self._function, self._theta, self.X[rows])
