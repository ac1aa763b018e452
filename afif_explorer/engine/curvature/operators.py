"""Curvatures of the objective as linear operators on blocks of vectors.

With ``J_i`` the Jacobian of the outputs, ``r_i = A'(f_i) - t(y_i)`` and ``D`` the penalty's Hessian:

* :class:`Fisher`: ``F = (1/n) sum_i w_i J_i' A''(f_i) J_i + D``. The expectation is over labels drawn
  from the model, so no label enters. It equals the generalised Gauss-Newton matrix.
* :class:`Hessian`: ``H = F + (1/n) sum_i w_i sum_k r_ik grad^2 f_ik``. Equal to ``F`` if the outputs
  are linear in the parameters.
* :class:`EmpiricalFisher`: ``(1/n) sum_i w_i g_i g_i' + D`` with the gradients at the observed labels:
  a contrast, not an approximation of either (Kunstner, Hennig and Balles, 2019).

``operator @ V`` multiplies ``[p]`` or ``[p, m]``; ``operator.dense()`` is the matrix; ``damping`` is
added to the diagonal in the curvature's own units.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.jacobians.symmetric import mirror
from afif_explorer.engine.problem.objective import Objective, Point


class Curvature(ABC):
    """A symmetric ``[p, p]`` operator at one point of an objective.

    Args:
        objective, theta: where; ``theta`` is ``[p]``.
        damping: ``delta >= 0``, added to the diagonal.
        weights: row weights ``[n]``; ones if None. ``n`` stays the full count.

    Raises :class:`InvalidChoice` for weights that are not ``n`` finite numbers.
    """

    name: str
    name_without_family: str | None = (
        None  # for losses that are no likelihood, if it is another one
    )

    def __init__(
        self,
        objective: Objective,
        theta: Tensor | np.ndarray,
        *,
        damping: float = 0.0,
        weights: Tensor | None = None,
    ) -> None:
        self._place(objective.at(theta), damping, objective.weights(weights) / objective.n)

    def _place(self, point: Point, damping: float, mean_weights: Tensor) -> None:
        self.point, self.damping = point, damping
        self.mean_weights = mean_weights  # [n], w_i / n
        self.p = point.objective.p
        if self.name_without_family and not point.objective.loss.is_family:
            self.name = self.name_without_family
        self._whole: tuple[Curvature, Tensor] | None = (
            None  # the operator with all rows, and the rows left out
        )
        self._undamped: Curvature | None = (
            None  # shares its matrix; None: no damping, or not shared
        )
        self._extra: Callable[[Tensor], Tensor] | None = None  # products with a further part
        self.kept: dict[Hashable, Any] = {}  # objects derived from it, shared by all users

    @classmethod
    def of(cls, point: Point, *, damping: float = 0.0, weights: Tensor | None = None) -> Self:
        """The operator at a point that is already linearized."""
        operator = cls.__new__(cls)
        objective = point.objective
        operator._place(point, damping, objective.weights(weights) / objective.n)
        return operator

    def damped(self, damping: float) -> Self:
        """The same with a damping, for an operator without; both mean_weights the matrix."""
        operator = type(self).__new__(type(self))
        operator._place(self.point, damping, self.mean_weights)
        operator._undamped = self
        return operator

    def without(self, rows: Tensor) -> Self:
        """The same without some rows ``[m]``, for unit weights; its matrix is this one's minus theirs."""
        if not len(rows):
            return self
        weights = torch.ones_like(self.mean_weights)
        weights[rows] = 0.0
        operator = type(self).of(self.point, damping=self.damping, weights=weights)
        operator._whole = (self, rows)
        return operator

    def restricted(self, places: Tensor, extra: Callable[[Tensor], Tensor] | None = None) -> Self:
        """The block of the parameters at ``places`` ``[s]``, ascending, as an operator of its own.

        ``extra`` ``[s, m] -> [s, m]``: products with what else belongs to it, such as a penalty's curvature.
        """
        operator = type(self).__new__(type(self))
        operator._place(self.point.restricted(places), self.damping, self.mean_weights)
        operator.p, operator._extra = len(places), extra
        operator.diagonal_shift = self.diagonal_shift[places]
        if self.damping:
            operator._undamped = self.undamped.restricted(places, extra)
        return operator

    @property
    def undamped(self) -> Curvature:
        """The same without damping."""
        if self.damping and self._undamped is None:
            self._undamped = type(self)._weighted(self.point, self.mean_weights)
        return self._undamped or self

    @classmethod
    def _weighted(cls, point: Point, mean_weights: Tensor) -> Self:
        operator = cls.__new__(cls)
        operator._place(point, 0.0, mean_weights)
        return operator

    @cached_property
    def diagonal_shift(self) -> Tensor:
        """The diagonal that penalty and damping add, ``[p]``."""
        return self.point.objective.penalty_diagonal() + self.damping

    def __matmul__(self, vectors: Tensor) -> Tensor:
        """``C V`` for ``[p]`` or ``[p, m]``."""
        block = vectors[:, None] if vectors.ndim == 1 else vectors
        product = self._product(block, self.mean_weights) + self.diagonal_shift[:, None] * block
        if self._extra is not None:
            product = product + self._extra(block)
        return product[:, 0] if vectors.ndim == 1 else product

    @property
    def has_extra(self) -> bool:
        """Whether a part beside rows, penalty and damping belongs to it (see :meth:`restricted`)."""
        return self._extra is not None

    def dense(self) -> Tensor:
        """The matrix, ``[p, p]``: ``p^2`` numbers, cached, and about ``n k p^2`` multiplications."""
        return self._matrix

    @cached_property
    def _matrix(self) -> Tensor:
        if self._whole is not None:
            whole, gone = self._whole
            part = type(self)._weighted(self.point.take(gone), whole.mean_weights[gone])
            return whole.dense() - mirror(part._dense())
        if self._undamped is not None:
            matrix = self._undamped.dense().clone()
            matrix.diagonal().add_(self.damping)
            return matrix
        matrix = mirror(self._dense())  # exactly symmetric, whatever the order of summation
        matrix.diagonal().add_(self.diagonal_shift)
        if self._extra is not None:
            matrix = matrix + mirror(self._extra(self._eye()))
        return matrix

    def batch(self, rows: Tensor) -> Curvature:
        """The unbiased estimate of this operator from some rows (repeats allowed)."""
        point = self.point.take(rows)
        operator = type(self).__new__(type(self))
        operator._place(
            point, self.damping, self.mean_weights[rows] * (len(self.mean_weights) / len(rows))
        )
        operator.p, operator.diagonal_shift = self.p, self.diagonal_shift
        operator._extra = self._extra
        return operator

    def _gram(self, roots: Tensor) -> Tensor:
        """``sum_i (w_i/n) J_i' S_i S_i' J_i`` for ``S`` ``[n, k, r]``; weights may be negative."""

        def part(mean_weights: Tensor) -> Tensor:
            return self.point.linearization.gram(roots * mean_weights.sqrt()[:, None, None])

        matrix = part(self.mean_weights.clamp(min=0))
        return (
            matrix - part((-self.mean_weights).clamp(min=0))
            if (self.mean_weights < 0).any()
            else matrix
        )

    def _eye(self) -> Tensor:
        return torch.eye(self.p, dtype=self.mean_weights.dtype, device=self.mean_weights.device)

    def fisher_roots(self) -> Tensor:
        """The square roots of the Gauss-Newton part; for a Hessian they don't give all of the data part."""
        roots = self.roots()
        assert roots is not None
        return roots

    def fisher_product(self, vectors: Tensor, mean_weights: Tensor) -> Tensor:
        """``sum_i w_i J_i' S_i S_i' J_i V`` with those roots, for ``[p, m]``: no penalty, no damping."""
        return self._product(vectors, mean_weights)

    @abstractmethod
    def roots(self) -> Tensor | None:
        """``S`` ``[n, k, r]`` with ``sum_i (w_i/n) J_i' S_i S_i' J_i`` the data part; None if it has none."""

    @abstractmethod
    def _product(self, vectors: Tensor, mean_weights: Tensor) -> Tensor:
        """The data part times ``[p, m]``, with row weights ``mean_weights`` ``[n]``."""

    @abstractmethod
    def _dense(self) -> Tensor:
        """The matrix of the data part."""


class Fisher(Curvature):
    """``F = (1/n) sum_i w_i J_i' A''(f_i) J_i + D + damping I``, the model-expectation Fisher, ``[p, p]``.

    ``J_i`` ``[k, p]`` is the Jacobian of row ``i``'s outputs, ``A''`` ``[k, k]`` their Fisher information
    and ``D`` the Hessian of the penalty's smooth part. It equals the generalised Gauss-Newton matrix, and of
    a loss that is no likelihood (:class:`CallableLoss`) it is that, with ``d^2 l_i/df^2`` for ``A''``.
    Positive semi-definite for weights of at least 0, also on any batch of rows, and without second
    derivatives of the model.

    Args:
        objective: model, loss, penalty and rows.
        theta: where, ``[p]``.
        damping: added to the diagonal.
        weights: row weights ``[n]``; None: ones. ``n`` stays the full count.

    Raises:
        InvalidChoice: for weights that are not ``n`` finite numbers.

    Sources: Schraudolph, Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent (2002);
    Martens (2020), sections 8 and 9.

    >>> import torch, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> fisher = ax.Fisher(fit.objective, fit.theta, damping=1e-3)
    >>> vectors = torch.randn(fit.objective.p, 2, dtype=torch.float64)
    >>> torch.allclose(fisher @ vectors, fisher.dense() @ vectors)
    True
    """

    name = "Fisher"
    name_without_family: str | None = "generalised Gauss-Newton matrix"

    def _product(self, vectors: Tensor, mean_weights: Tensor) -> Tensor:
        if self.point.linearization.prefers_roots:
            return self.point.linearization.ggn_product(self._roots, mean_weights, vectors)

        def through(rows: slice, moved: Tensor) -> Tensor:
            spread = self.point.hessian_products(rows, moved)
            return spread.mul_(mean_weights[rows][:, None, None])

        return self.point.linearization.round_trip(vectors, through)

    @cached_property
    def _roots(self) -> Tensor:
        return self.point.hessian_roots()

    def roots(self) -> Tensor | None:
        return self._roots

    def _dense(self) -> Tensor:
        return self._gram(self._roots)

    def trace_of_data(self) -> float:
        """Trace of the data part, exact: ``sum_i (w_i/n) tr(J_i' A'' J_i)``."""
        return float(self.row_traces() @ self.mean_weights)

    def row_traces(self) -> Tensor:
        """``tr(J_i' A''(f_i) J_i)`` of each row, ``[n]``."""
        return self.point.linearization.squared_norms(self._roots)


class Hessian(Fisher):
    """``H = F + (1/n) sum_i w_i sum_k r_ik grad^2 f_ik``, the Hessian of the objective, ``[p, p]``.

    ``r_i = A'(f_i) - t(y_i)`` ``[k]`` is the residual and ``F`` the :class:`Fisher`, damping included.
    Equal to ``F`` where outputs are linear in ``theta``; may be indefinite away from a minimum, and on
    batches of rows.

    Args:
        objective, theta, damping, weights: as for :class:`Fisher`.

    Raises:
        InvalidChoice: for weights that are not ``n`` finite numbers.

    Sources: Pearlmutter, Fast Exact Multiplication by the Hessian (1994); Martens (2020).

    >>> import torch, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> hessian, fisher = (kind(fit.objective, fit.theta).dense() for kind in (ax.Hessian, ax.Fisher))
    >>> torch.equal(hessian, fisher)  # the model is linear
    True
    """

    name = "Hessian"
    name_without_family = None

    def _product(self, vectors: Tensor, mean_weights: Tensor) -> Tensor:
        product = super()._product(vectors, mean_weights)
        if self.point.objective.canonical:
            return product
        return product + self.point.linearization.hvp(
            self.point.residual * mean_weights[:, None], vectors
        )

    def roots(self) -> Tensor | None:
        return super().roots() if self.point.objective.canonical else None

    def fisher_roots(self) -> Tensor:
        return self._roots

    def fisher_product(self, vectors: Tensor, mean_weights: Tensor) -> Tensor:
        return super()._product(vectors, mean_weights)

    def _dense(self) -> Tensor:
        matrix = super()._dense()
        if self.point.objective.canonical:
            return matrix
        return matrix + self.point.linearization.hvp(
            self.point.residual * self.mean_weights[:, None], self._eye()
        )


class EmpiricalFisher(Curvature):
    """``(1/n) sum_i w_i g_i g_i' + D + damping I`` with ``g_i = J_i' r_i`` at the observed label, ``[p, p]``.

    For comparison only: it vanishes as residuals do, while Fisher and Hessian don't.

    Args:
        objective, theta, damping, weights: as for :class:`Fisher`.

    Raises:
        InvalidChoice: for weights that are not ``n`` finite numbers.

    Source: Kunstner, Hennig and Balles, Limitations of the Empirical Fisher Approximation for Natural
    Gradient Descent (2019).

    >>> import torch, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=None)
    >>> gradients = fit.objective.at(fit.theta).gradients(torch.arange(fit.n))
    >>> matrix = ax.EmpiricalFisher(fit.objective, fit.theta).dense()
    >>> torch.allclose(matrix, gradients.T @ gradients / fit.n)
    True
    """

    name = "empirical Fisher"

    def _product(self, vectors: Tensor, mean_weights: Tensor) -> Tensor:
        if self.point.linearization.prefers_roots:
            return self.point.linearization.ggn_product(self._roots, mean_weights, vectors)
        return self.point.gradient_sums(
            self.point.gradient_products(vectors).mul_(mean_weights[:, None])
        )

    @cached_property
    def _roots(self) -> Tensor:
        return self.point.residual[:, :, None]

    def roots(self) -> Tensor | None:
        return self._roots

    def _dense(self) -> Tensor:
        return self._gram(self.point.residual[:, :, None])
