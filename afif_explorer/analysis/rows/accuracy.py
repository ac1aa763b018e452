"""Relative errors of approximate solutions."""

from __future__ import annotations

from torch import Tensor

from afif_explorer.engine.solvers.base import worst_ratio

SMALLEST = 1e-300


def solution_error(found: Tensor, exact: Tensor) -> float:
    """``||x - x*|| / ||x*||``, the largest of the columns ``[p, m]``; 0 where both are 0."""
    return worst_ratio(found - exact, exact)


def relative_difference(found: Tensor, exact: Tensor) -> float:
    """``||a - b|| / ||b||`` over all values."""
    return float((found - exact).norm() / exact.norm().clamp(min=SMALLEST))
