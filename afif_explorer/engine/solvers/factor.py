"""Factorisation of a symmetric positive semi-definite matrix."""

from __future__ import annotations

import math
import time
from functools import cached_property

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.solvers.null_space import info_of, null_space
from afif_explorer.errors import CurvatureError

ROUNDINGS = 10  # in units of the machine precision, per row of a matrix or root of its terms


class Factor:
    """``P C P = L L'`` for a symmetric ``C`` ``[p, p]``, which may be singular.

    If few directions are flat, such as a shift of all outputs of a softmax, they are filled up in ``L`` and
    taken out of every solution; otherwise the eigenvectors of the range take its place.

    ``P`` reverses the order of the parameters, so that the :attr:`whitener` is lower triangular: the first
    layers of a network, whose products cost most, then meet the fewest of its columns. Single precision is
    factored in double, since rounding would hide directions that only a penalty holds.

    Args:
        matrix: ``C``. name, damping: of the curvature, for messages.
        terms: the number of products summed in each entry, if known: rounding grows with its square root.

    Raises :class:`CurvatureError` if ``C`` has negative eigenvalues; the message names a damping.
    """

    seconds = 0.0  # that it took, matrix and factor, where that was measured

    def __init__(self, matrix: Tensor, name: str, damping: float, *, terms: int = 0) -> None:
        self._name, self._damping = name, damping
        self._rounding = rounding(len(matrix), terms, matrix.dtype)
        self._given, matrix = matrix.dtype, matrix.double()
        self._values = matrix.new_zeros(1)  # eigenvalues, if they had to be computed
        self._flat: Tensor | None = None  # a basis of the null space [p, k], or
        self._range: Tensor | None = None  # all eigenvectors that span the range, scaled
        self.rank = len(matrix)
        if not self._factored(matrix.flip(0, 1)) and not self._deflated(matrix):
            self._range = self._semidefinite(matrix)
            self.rank = self._range.shape[1]

    @property
    def singular(self) -> bool:
        """True if only right-hand sides in the range have a solution."""
        return self.rank < len(self._lower)

    def solve(self, rhs: Tensor) -> Tensor:
        """``C^-1 c`` ``[p, m]``; if ``C`` is singular, the minimum-norm solution on its range."""
        return self._rest(self._half(rhs.double())).to(rhs.dtype)

    def half(self, rhs: Tensor) -> Tensor:
        """``L^-1 P c`` for ``[p, m]`` (on the range), whose inner products are those of ``C^-1``."""
        return self._half(rhs.double()).to(rhs.dtype)

    @cached_property
    def whitener(self) -> Tensor:
        """``Z``, of ``p`` rows, with ``Z Z' = C^-1`` (on the range); lower triangular unless singular."""
        if self._range is not None:
            return self._range.to(self._given)
        eye = torch.eye(len(self._lower), dtype=self._lower.dtype, device=self._lower.device)
        inverse = torch.linalg.solve_triangular(self._lower, eye, upper=False).T.flip(0, 1)
        return self._in_range(inverse).to(self._given)

    def advice(self) -> str:
        """What to do about a right-hand side outside the range."""
        return self._advice("is singular")

    def _half(self, rhs: Tensor) -> Tensor:
        if self._range is not None:
            return self._range.T @ rhs
        return torch.linalg.solve_triangular(self._lower, self._in_range(rhs).flip(0), upper=False)

    def _rest(self, half: Tensor) -> Tensor:
        if self._range is not None:
            return self._range @ half
        found = torch.linalg.solve_triangular(self._lower.mT, half, upper=True).flip(0)
        return self._in_range(found)

    def _in_range(self, vectors: Tensor) -> Tensor:
        """Vectors ``[p, m]`` without their parts in the null space, where that was found."""
        return vectors if self._flat is None else vectors - self._flat @ (self._flat.T @ vectors)

    def _factored(self, matrix: Tensor) -> bool:
        """Factor a reversed matrix in place; False if it is not definite, up to rounding."""
        self._lower, info = torch.linalg.cholesky_ex(matrix, out=(matrix, info_of(matrix)))
        pivots = self._lower.diagonal().square()
        return int(info) == 0 and bool(pivots.min() > self._rounding * pivots.max())

    def _deflated(self, matrix: Tensor) -> bool:
        """Factor the matrix with its few flat directions filled up; False if they are not few."""
        found = null_space(matrix, self._rounding)
        if found is None:
            return False
        flat, largest = found
        if not self._factored((matrix + largest * flat @ flat.T).flip(0, 1)):
            return False
        self._flat, self.rank = flat, len(matrix) - flat.shape[1]
        self._values = matrix.new_tensor([0.0, largest])
        return True

    def _semidefinite(self, matrix: Tensor) -> Tensor:
        """``Z`` ``[p, rank]`` with ``Z Z' = C^+``, the inverse on the range."""
        self._values, vectors = torch.linalg.eigh(matrix)
        values = self._values
        zero = self._rounding * float(values[-1].abs())
        if float(values[0]) < -zero:
            raise CurvatureError(self._advice("has negative curvature"))
        kept = values > zero
        return vectors[:, kept] / values[kept].sqrt()

    def _advice(self, trouble: str) -> str:
        lowest, highest = float(self._values[0]), float(self._values[-1])
        enough = enough_damping(self._damping, lowest, highest)
        return (
            f"The {self._name} {trouble} (smallest eigenvalue {lowest:.2g}), so the system has "
            f"no unique solution; set damping to at least {enough}, or use a stronger "
            "penalty."
        )


def rounding(p: int, terms: int, dtype: torch.dtype) -> float:
    """How far rounding may move a zero pivot or eigenvalue of ``[p, p]``, relative to the largest.

    It is factored in double precision; its entries are sums of so many ``terms`` in the precision ``dtype``.
    """
    exact, given = (torch.finfo(one).eps for one in (torch.float64, dtype))
    return ROUNDINGS * max(p * exact, max(1, math.isqrt(terms)) * given)


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
