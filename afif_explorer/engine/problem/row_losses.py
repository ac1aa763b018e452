"""The rows' terms of an objective, ``a_i l(f_i, y_i)`` with sample weights ``a_i``, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from torch import Tensor

from afif_explorer.engine.problem.losses import Loss

Rows = Tensor | slice


@dataclass(frozen=True, eq=False)
class RowLosses:
    """``a_i l_i`` and its derivatives with respect to the outputs ``f`` ``[n, k]``, or ``[n, k, m]``.

    Attributes:
        loss: ``l``. y: ``[n]`` or ``[n, k]``. sample_weight: ``a`` ``[n]``, at least 0; None: all are 1.
    """

    loss: Loss
    y: Tensor
    sample_weight: Tensor | None = None

    def take(self, rows: Rows) -> Self:
        """Those of some rows."""
        a = self.sample_weight
        return replace(self, y=self.y[rows], sample_weight=None if a is None else a[rows])

    def weighted(self, values: Tensor) -> Tensor:
        """``a_i v_i`` for values ``[n, ...]``."""
        return values if self.sample_weight is None else like(self.sample_weight, values) * values

    def value(self, f: Tensor) -> Tensor:
        """``a_i l_i``, ``[n]`` or ``[n, m]``."""
        return self.weighted(self.loss.value(f, self.y))

    def residual(self, f: Tensor) -> Tensor:
        """``a_i dl_i/df``, the shape of ``f``."""
        return self.weighted(self.loss.residual(f, self.y))

    def hessian_product(self, f: Tensor, u: Tensor) -> Tensor:
        """``a_i (d^2 l_i/df^2) u_i`` for ``f`` ``[n, k]`` and ``u`` ``[n, k, m]``; a new tensor."""
        return self.weighted(self.loss.hessian_product(f, self.y, u))

    def hessian_root(self, f: Tensor) -> Tensor:
        """``S_i`` with ``S_i S_i' = a_i d^2 l_i/df^2``, ``[n, k, r]``."""
        root = self.loss.hessian_root(f, self.y)
        return root if self.sample_weight is None else like(self.sample_weight.sqrt(), root) * root


def like(value: Tensor, other: Tensor) -> Tensor:
    """``value`` with as many axes as ``other``, for broadcasting."""
    return value.reshape(*value.shape, *([1] * (other.ndim - value.ndim)))
