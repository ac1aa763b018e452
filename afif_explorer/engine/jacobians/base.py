"""The first-order behaviour of a model at one parameter vector, on fixed rows.

This package accesses the derivatives of a model only through a :class:`Linearization`: with ``J_i`` the
``[k, p]`` Jacobian of row ``i``'s outputs,

* ``jvp(V)``: ``J V``, the change of every output to first order, ``[p, m] -> [n, k, m]``;
* ``vjp(U)``: ``sum_i J_i' U_i``, the transpose, ``[n, k, m] -> [p, m]``;
* ``hvp(U, V)``: ``sum_ik U_ik (grad^2 f_ik) V``, the part of the Hessian that vanishes for a linear map.

Fisher products, gradients, per-row effects and leverages are combinations of these. Linear maps, layered
networks and other modules have one implementation each; ``Model.linearize`` in
:mod:`afif_explorer.engine.models.model` selects it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian
from afif_explorer.engine.jacobians.symmetric import HALF, add_upper_gram, mirror
from afif_explorer.engine.runtime.memory import block_rows

STRIP = 1024  # rows of an NTK that are formed together


@dataclass(frozen=True)
class Work:
    """Approximate floating-point operations on all rows of a linearization.

    Attributes:
        product: of ``jvp`` and ``vjp`` of one vector. gram: of ``gram``. kernel: of ``own_ntk``.
    """

    product: float
    gram: float
    kernel: float


Through = Callable[[slice, Tensor], Tensor]  # rows and `[rows, k, m]` -> the same shape


class Linearization(ABC):
    """``f(x; theta + v) = f + J v + O(|v|^2)`` on ``n`` rows; ``k`` outputs, ``p`` parameters."""

    outputs: Tensor  # [n, k]
    prefers_roots = False  # whether `ggn_product` is faster than `jvp`, an output matrix, and `vjp`
    n: int
    k: int
    p: int

    @abstractmethod
    def jvp(self, vectors: Tensor) -> Tensor:
        """``J V``: ``[p, m] -> [n, k, m]``."""

    @abstractmethod
    def vjp(self, cotangents: Tensor) -> Tensor:
        """``sum_i J_i' U_i``: ``[n, k, m] -> [p, m]``."""

    @abstractmethod
    def hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        """``sum_ik U_ik (grad^2 f_ik) V``: ``[n, k]``, ``[p, m] -> [p, m]``."""

    @abstractmethod
    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        """``J_i' U_i`` of every row, not summed: ``[n, k, r] -> [n, r, p]``; for few rows only."""

    @abstractmethod
    def take(self, rows: Tensor | slice) -> Self:
        """The linearization of some rows only."""

    def factored(self, roots: Tensor) -> FactoredJacobian | None:
        """``S_i' J_i`` of all rows as factors of each layer, for ``S`` ``[n, k, r]``.

        None if the model's layers are not known.
        """
        return None

    def pieces(self, columns: int) -> Iterator[tuple[slice, Self]]:
        """Blocks of rows, small enough for the outputs' change along ``columns`` vectors."""
        return self.cut(self.k * columns)

    def cut(self, numbers: float) -> Iterator[tuple[slice, Self]]:
        """Blocks of rows that fit into memory, for so many numbers per row."""
        step = block_rows(numbers, self.outputs)
        if step >= self.n:
            yield slice(None), self
            return
        for start in range(0, self.n, step):
            rows = slice(start, start + step)
            yield rows, self.take(rows)

    def jvp_roots(self, roots: Tensor, vectors: Tensor) -> Tensor:
        """``S_i' J_i V`` of each row for ``S`` ``[n, k, r]``: ``[p, m] -> [n, r, m]``."""
        parts = [
            roots[rows].transpose(1, 2) @ part.jvp(vectors)
            for rows, part in self.pieces(vectors.shape[1])
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def vjp_roots(self, roots: Tensor, weights: Tensor) -> Tensor:
        """``sum_i J_i' S_i U_i``, its transpose: ``[n, k, r]``, ``[n, r, m] -> [p, m]``."""
        total = weights.new_zeros(self.p, weights.shape[2])
        for rows, part in self.pieces(weights.shape[2]):
            single = roots.shape[2] == 1
            through = roots[rows] * weights[rows] if single else roots[rows] @ weights[rows]
            total += part.vjp(through)
        return total

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        """``sum_k U_ik (J_i V)_k`` of each row: ``[n, k]``, ``[p, m] -> [n, m]``."""
        found = weights.new_empty(self.n, vectors.shape[1])
        for rows, part in self.pieces(vectors.shape[1]):
            moved = part.jvp(vectors)
            if self.k == 1:
                torch.mul(moved[:, 0], weights[rows], out=found[rows])
            else:
                torch.sum(moved.mul_(weights[rows][:, :, None]), 1, out=found[rows])
        return found

    def round_trip(self, vectors: Tensor, through: Through) -> Tensor:
        """``sum_i J_i' U_i`` with ``U = through(rows, J V)``, a block of rows at a time: ``[p, m]``."""
        total = torch.zeros_like(vectors)
        for rows, part in self.pieces(vectors.shape[1]):
            total += part.vjp(through(rows, part.jvp(vectors)))
        return total

    def ggn_product(self, roots: Tensor, row_weights: Tensor, vectors: Tensor) -> Tensor:
        """``sum_i w_i J_i' S_i S_i' J_i V`` for ``S`` ``[n, k, r]`` and ``w`` ``[n]``: ``[p, m]``."""

        def through(rows: slice, moved: Tensor) -> Tensor:
            inner = roots[rows].transpose(1, 2) @ moved
            return roots[rows] @ inner.mul_(row_weights[rows][:, None, None])

        return self.round_trip(vectors, through)

    def jacobian(self, rows: Tensor | slice) -> Tensor:
        """The explicit Jacobian of some rows, ``[len(rows), k, p]``."""
        part = self.take(rows)
        eye = torch.eye(self.k, dtype=self.outputs.dtype, device=self.outputs.device)
        return part.vjp_rows(eye.expand(part.n, -1, -1))

    def project(self, rows: Tensor | slice, basis: Tensor, *, lower: bool = False) -> Tensor:
        """``J_i Z`` of some rows, ``[p, r] -> [len(rows), k, r]``, for a basis of many vectors.

        ``lower``: ``Z`` ``[p, p]`` is lower triangular, which saves work in some networks.
        """
        return self.jacobian(rows) @ basis

    def explicit(self, roots: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """``S_i' J_i`` for ``S`` ``[n, k, r]``, in blocks of rows: ``[rows, r, p]``."""
        step = block_rows(self.p * roots.shape[2], roots)
        for start in range(0, self.n, step):
            rows = slice(start, start + step)
            yield rows, self.take(rows).vjp_rows(roots[rows])

    def gram(self, roots: Tensor) -> Tensor:
        """``sum_i J_i' S_i S_i' J_i`` for ``S`` ``[n, k, r]``: ``[p, p]``."""
        total = roots.new_zeros(self.p, self.p)
        for _, half in self.explicit(roots):
            add_upper_gram(total, half.reshape(-1, self.p))
        return mirror(total)

    def squared_norms(self, roots: Tensor) -> Tensor:
        """``||J_i' S_i||^2`` (Frobenius) of each row for ``S`` ``[n, k, r]``: ``[n]``."""
        return torch.cat([half.square().sum((1, 2)) for _, half in self.explicit(roots)])

    def ntk(
        self, roots: Tensor, other: Linearization, other_roots: Tensor, scale: Tensor
    ) -> Tensor:
        """``S_i' J_i diag(c) J_j' S_j`` between these rows and another's, ``[n r, n' r']``.

        ``c`` ``[p]`` is a scale of each parameter; products are computed in its precision. Rows are in
        order, with the roots of a row next to each other.
        """
        found = scale.new_empty(self.n * roots.shape[2], other.n * other_roots.shape[2])
        r, q = roots.shape[2], other_roots.shape[2]
        for rows, half in self.explicit(roots):
            scaled = (half * scale).reshape(-1, self.p)
            top = (rows.start or 0) * r
            for columns, opposite in other.explicit(other_roots):
                left = (columns.start or 0) * q
                flat = opposite.reshape(-1, self.p).to(scale.dtype)
                found[top : top + len(scaled), left : left + len(flat)] = scaled @ flat.T
        return found

    def own_ntk(self, roots: Tensor, scale: Tensor) -> Tensor:
        """:meth:`ntk` of these rows with themselves; the part above the diagonal is undefined."""
        rank = roots.shape[2]
        step = max(1, STRIP // rank)
        matrix = scale.new_empty(self.n * rank, self.n * rank)
        for top in range(0, self.n, step):
            rows, before = slice(top, top + step), slice(0, top + step)
            strip = self.take(rows).ntk(roots[rows], self.take(before), roots[before], scale)
            matrix[top * rank :][: len(strip), : strip.shape[1]] = strip
        return matrix

    def column_bounds(self, share: Tensor) -> tuple[Tensor, Tensor] | None:
        """``sum_i w_i J_ij^2`` and ``max_i |J_ij|`` of each parameter, ``[n] -> [p]``, for one output.

        None where they cost as much as all Jacobians.
        """
        return None

    def work(self, rank: int) -> Work:
        """The cost of products, and of matrices with ``rank`` roots per row."""
        rows, p = self.n * rank, self.p
        return Work(
            product=8.0 * self.n * p, gram=2.0 * HALF * rows * p**2, kernel=1.0 * rows**2 * p
        )
