"""Factorisation of a symmetric positive semi-definite matrix."""

from __future__ import annotations

import math
import time
from functools import cached_property

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.errors import CurvatureError

ROUNDINGS = 10  # in units of the machine precision, per row of a matrix or root of its terms


class Factor:
    """``P C P = L L'``, or the eigenvectors of its range if ``C`` ``[p, p]`` is singular.

    ``P`` reverses the order of the parameters, so that the :attr:`whitener` is lower triangular: the first
    layers of a network, whose products cost most, then meet the fewest of its columns.

    Args:
        matrix: ``C``. name, damping: of the curvature, for messages.
        terms: the number of products summed in each entry, if known: rounding grows with its square root.

    Raises :class:`CurvatureError` if ``C`` has negative eigenvalues; the message names a damping.
    """

    seconds = 0.0  # that it took, matrix and factor, where that was measured

    def __init__(self, matrix: Tensor, name: str, damping: float, *, terms: int = 0) -> None:
        self._name, self._damping = name, damping
        units = ROUNDINGS * max(len(matrix), math.isqrt(terms))
        # How far rounding may move a zero pivot or eigenvalue, relative to the largest.
        self._rounding = units * torch.finfo(matrix.dtype).eps
        reversed_copy = matrix.flip(0, 1)
        info = torch.empty((), dtype=torch.int32, device=matrix.device)
        self._lower, info = torch.linalg.cholesky_ex(reversed_copy, out=(reversed_copy, info))
        self._values = matrix.new_zeros(1)  # eigenvalues, if they had to be computed
        self._range: Tensor | None = None
        self.rank = len(matrix)
        if int(info) != 0 or self._rounded_away():
            self._range = self._semidefinite(matrix)
            self.rank = self._range.shape[1]

    @property
    def singular(self) -> bool:
        """True if only right-hand sides in the range have a solution."""
        return self._range is not None

    def solve(self, rhs: Tensor) -> Tensor:
        """``C^-1 c`` ``[p, m]``; if ``C`` is singular, the minimum-norm solution on its range."""
        if self._range is None:
            half = self.half(rhs)
            return torch.linalg.solve_triangular(self._lower.mT, half, upper=True).flip(0)
        return self._range @ (self._range.T @ rhs)

    def half(self, rhs: Tensor) -> Tensor:
        """``L^-1 P c`` for ``[p, m]`` (on the range), whose inner products are those of ``C^-1``."""
        if self._range is not None:
            return self._range.T @ rhs
        return torch.linalg.solve_triangular(self._lower, rhs.flip(0), upper=False)

    @cached_property
    def whitener(self) -> Tensor:
        """``Z`` ``[p, rank]`` with ``Z Z' = C^-1`` (on the range); lower triangular unless singular."""
        if self._range is not None:
            return self._range
        eye = torch.eye(self.rank, dtype=self._lower.dtype, device=self._lower.device)
        return torch.linalg.solve_triangular(self._lower, eye, upper=False).T.flip(0, 1)

    def advice(self) -> str:
        """What to do about a right-hand side outside the range."""
        return self._advice("is singular")

    def _rounded_away(self) -> bool:
        """True if a pivot is at the level of rounding errors."""
        pivots = self._lower.diagonal().square()
        return bool(pivots.min() <= self._rounding * pivots.max())

    def _semidefinite(self, matrix: Tensor) -> Tensor:
        """``Z`` ``[p, rank]`` with ``Z Z' = C^+``, the inverse on the range."""
        self._values, vectors = torch.linalg.eigh(matrix)
        values = self._values
        rounding = self._rounding * float(values[-1].abs())
        if float(values[0]) < -rounding:
            raise CurvatureError(self._advice("has negative curvature"))
        kept = values > rounding
        return vectors[:, kept] / values[kept].sqrt()

    def _advice(self, trouble: str) -> str:
        lowest, highest = float(self._values[0]), float(self._values[-1])
        enough = enough_damping(self._damping, lowest, highest)
        return (
            f"The {self._name} {trouble} (smallest eigenvalue {lowest:.2g}), so the system has "
            f"no unique solution; set damping to at least {enough}, or use a stronger "
            "penalty."
        )


def factor_of(curvature: Curvature) -> Factor:
    """The factor of a curvature's dense matrix, made once."""
    if "factor" not in curvature.kept:
        began = time.perf_counter()
        factor = Factor(curvature.dense(), curvature.name, curvature.damping)
        factor.seconds = time.perf_counter() - began
        curvature.kept["factor"] = factor
    found: Factor = curvature.kept["factor"]
    return found


def enough_damping(damping: float, lowest: float, highest: float) -> str:
    """A damping, to two digits, that makes a curvature definite whose eigenvalues include ``damping``."""
    return rounded_up(damping + max(0.0, -lowest) + max(1e-6 * abs(highest), 1e-12))


def rounded_up(value: float) -> str:
    """A positive number rounded up to two digits, for advice that must work as printed."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / unit) * unit:.2g}"
