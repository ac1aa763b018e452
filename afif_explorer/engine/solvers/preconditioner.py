"""Preconditioners: approximations ``W W'`` of an inverse curvature, and the pieces that they are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature

FLOOR = 1e-2  # times the largest shift: what parameters without penalty or damping are given


class Preconditioner(ABC):
    """An approximation ``W W'`` of ``C^-1`` that is cheap to apply."""

    def apply(self, vectors: Tensor) -> Tensor:
        """``W W' V``, about ``C^-1 V``: ``[p, m] -> [p, m]``."""
        return self.factor(self.transpose(vectors))

    @abstractmethod
    def factor(self, vectors: Tensor) -> Tensor:
        """``W V``: ``[p, m] -> [p, m]``."""

    @abstractmethod
    def transpose(self, vectors: Tensor) -> Tensor:
        """``W' V``: ``[p, m] -> [p, m]``."""

    @abstractmethod
    def solve_transpose(self, vectors: Tensor) -> Tensor:
        """``W'^-1 V``, which undoes :meth:`transpose`."""


class Approximation(ABC):
    """Settings of a preconditioner."""

    name: str

    @abstractmethod
    def precondition(self, curvature: Curvature) -> Preconditioner:
        """Make it for a curvature."""


class Identity(Preconditioner):
    """No preconditioner."""

    def factor(self, vectors: Tensor) -> Tensor:
        return vectors

    transpose = solve_transpose = factor


class Diagonal(Preconditioner):
    """``W = diag(d)^-1/2`` for ``d`` ``[p]``: a diagonal curvature."""

    def __init__(self, diagonal: Tensor) -> None:
        self.root = diagonal.sqrt()[:, None]

    def factor(self, vectors: Tensor) -> Tensor:
        return vectors / self.root

    transpose = factor

    def solve_transpose(self, vectors: Tensor) -> Tensor:
        return vectors * self.root


class LowRank(Preconditioner):
    """``W = I + U diag(s - 1) U'`` with orthonormal columns ``U`` ``[p, r]`` and ``s`` ``[r]``.

    The curvature is 1 but for ``s^-2`` along these columns.
    """

    def __init__(self, vectors: Tensor, scale: Tensor) -> None:
        self._vectors, self._scale = vectors, scale[:, None]

    def _scaled(self, vectors: Tensor, scale: Tensor) -> Tensor:
        return vectors + self._vectors @ ((scale - 1) * (self._vectors.T @ vectors))

    def factor(self, vectors: Tensor) -> Tensor:
        return self._scaled(vectors, self._scale)

    transpose = factor

    def solve_transpose(self, vectors: Tensor) -> Tensor:
        return self._scaled(vectors, 1 / self._scale)


class OrthogonalOperator(Protocol):
    """``U`` with ``U U' = I``."""

    def apply(self, vectors: Tensor, /) -> Tensor: ...

    def transpose(self, vectors: Tensor, /) -> Tensor: ...


class Orthogonal(Preconditioner):
    """``W = U``: a change of basis, after which another preconditioner acts."""

    def __init__(self, basis: OrthogonalOperator) -> None:
        self._basis = basis

    def factor(self, vectors: Tensor) -> Tensor:
        return self._basis.apply(vectors)

    solve_transpose = factor

    def transpose(self, vectors: Tensor) -> Tensor:
        return self._basis.transpose(vectors)


class Product(Preconditioner):
    """``W = W_1 W_2``."""

    def __init__(self, first: Preconditioner, second: Preconditioner) -> None:
        self._first, self._second = first, second

    def factor(self, vectors: Tensor) -> Tensor:
        return self._first.factor(self._second.factor(vectors))

    def transpose(self, vectors: Tensor) -> Tensor:
        return self._second.transpose(self._first.transpose(vectors))

    def solve_transpose(self, vectors: Tensor) -> Tensor:
        return self._first.solve_transpose(self._second.solve_transpose(vectors))


def floored(shift: Tensor) -> Tensor:
    """Penalty and damping ``[p]``, with a little where there is neither."""
    most = float(shift.max())
    return shift.clamp(min=FLOOR * most if most > 0 else 1.0)
