"""Linearization of any differentiable module, by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor
from torch.func import jvp, vjp, vmap

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.runtime.memory import CACHED, block_rows

ROWS_AT_ONCE = 256  # rows of a module that are differentiated together
TANGENT_SIZE = 64  # assumed numbers of intermediate results per row and vector


class ModuleLinearization(Linearization):
    """Any differentiable ``f(theta, X)``, through forward and reverse automatic differentiation."""

    def __init__(
        self,
        function: Callable[[Tensor, Tensor], Tensor],
        theta: Tensor,
        X: Tensor,
        outputs: Tensor | None = None,
    ) -> None:
        self._function, self._theta, self.X = function, theta, X
        self.n, self.p = len(X), len(theta)
        if outputs is None:
            with torch.no_grad():
                outputs = torch.cat([function(theta, part) for part in self._split()])
        self.outputs, self.k = outputs, outputs.shape[1]

    def _split(self) -> tuple[Tensor, ...]:
        return self.X.split(ROWS_AT_ONCE)

    def jvp(self, vectors: Tensor) -> Tensor:
        def piece(X: Tensor) -> Tensor:
            def one(v: Tensor) -> Tensor:
                return jvp(lambda theta: self._function(theta, X), (self._theta,), (v,))[1]

            return vmap(one, in_dims=1, out_dims=2, chunk_size=self._tangents(len(X)))(vectors)

        return torch.cat([piece(X) for X in self._split()])

    def vjp(self, cotangents: Tensor) -> Tensor:
        total = torch.zeros(
            self.p, cotangents.shape[2], dtype=self._theta.dtype, device=self._theta.device
        )
        for X, piece in zip(self._split(), cotangents.split(ROWS_AT_ONCE), strict=True):
            transpose = vjp(lambda theta, X=X: self._function(theta, X), self._theta)[1]
            transpose_all = vmap(
                lambda u, transpose=transpose: transpose(u)[0],
                in_dims=2,
                out_dims=1,
                chunk_size=self._tangents(len(X)),
            )
            total += transpose_all(piece)
        return total

    def hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        total = torch.zeros_like(vectors)
        for X, piece in zip(self._split(), weights.split(ROWS_AT_ONCE), strict=True):
            theta = self._theta.detach().requires_grad_()
            with torch.enable_grad():
                weighted = (piece * self._function(theta, X)).sum()
                (gradient,) = torch.autograd.grad(weighted, theta, create_graph=True)
            if not gradient.requires_grad:  # the function is linear
                continue
            step = self._tangents(len(X))
            for start in range(0, vectors.shape[1], step):
                block = vectors[:, start : start + step]
                total[:, start : start + step] += _differentiated(gradient, theta, block)
        return total

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        def one(place: Tensor, u: Tensor) -> Tensor:
            row = self.X[place[None]]
            transpose = vjp(lambda theta: self._function(theta, row)[0], self._theta)[1]
            return vmap(lambda column: transpose(column)[0], in_dims=1)(u)

        return vmap(one)(torch.arange(self.n, device=self._theta.device), cotangents)

    def _tangents(self, rows: int) -> int:
        """Number of vectors to differentiate along at once: on a CPU, as many as fit into its cache."""
        return block_rows(max(rows * TANGENT_SIZE, self.p), self._theta, near=max(CACHED, self.p))

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self._function, self._theta, self.X[rows], self.outputs[rows])


def _differentiated(gradient: Tensor, theta: Tensor, vectors: Tensor) -> Tensor:
    """``d <gradient, v> / d theta`` for each of the vectors ``[p, m]``: ``[p, m]``; retains the graph."""
    if vectors.shape[1] == 1:  # avoids the overhead of batching
        return torch.autograd.grad(gradient @ vectors[:, 0], theta, retain_graph=True)[0][:, None]
    (found,) = torch.autograd.grad(
        gradient, theta, vectors.T, retain_graph=True, is_grads_batched=True
    )
    return found.T
