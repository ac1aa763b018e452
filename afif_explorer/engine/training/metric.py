"""The curvature ``C`` of a proximal step: as a matrix, or as an operator with a solver."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import bounds, lanczos
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.solvers.base import Prepared, Solution, Solver, Status
from afif_explorer.engine.solvers.factor import Factor
from afif_explorer.errors import CurvatureError, SolverDiverged

LANCZOS_STEPS = 30  # for the largest eigenvalue
MARGIN = 1.01  # above the largest Ritz value, which is never above the eigenvalue


class Metric(Protocol):
    """``C`` ``[p, p]``, symmetric, and solves among some of its parameters."""

    largest: float  # its largest eigenvalue, or slightly above

    def product(self, vectors: Tensor) -> Tensor:
        """``C V``, ``[p, m]``."""

    def eigenvalue_range(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue."""

    def newton(self, places: Tensor, slope: Tensor, t: Tensor | None) -> Tensor | None:
        """``(C + K)^-1 s`` among the parameters at ``places``, ``[s, m]``; None if that is not positive.

        ``K`` is the curvature of the penalty's non-smooth part at ``t`` ``[p]``; 0 if that is None.
        """


def kinked_matrix(
    matrix: Tensor, t: Tensor, penalty: NonsmoothPenalty, penalised: Tensor
) -> Tensor:
    """A curvature ``[p, p]`` plus that of the penalty's non-smooth part at ``t`` ``[p]``."""
    extra = penalty.kink_hessian(t[penalised])
    if extra is None:
        return matrix
    place = torch.nonzero(penalised).flatten()
    matrix = matrix.clone()
    matrix[place[:, None], place] += extra
    return matrix


class DenseMetric:
    """A matrix ``[p, p]``, factored for each set of parameters."""

    def __init__(self, matrix: Tensor, penalty: NonsmoothPenalty, penalised: Tensor) -> None:
        self._matrix, self._penalty, self._penalised = matrix, penalty, penalised
        self.largest = float(torch.linalg.eigvalsh(matrix).abs().max())

    def product(self, vectors: Tensor) -> Tensor:
        return self._matrix @ vectors

    def eigenvalue_range(self) -> tuple[float, float]:
        values = torch.linalg.eigvalsh(self._matrix)
        return float(values[0]), float(values[-1])

    def newton(self, places: Tensor, slope: Tensor, t: Tensor | None) -> Tensor | None:
        matrix = self._matrix
        if t is not None:
            matrix = kinked_matrix(matrix, t, self._penalty, self._penalised)
        try:
            factor = Factor(matrix[places[:, None], places], "curvature", 0.0)
        except CurvatureError:  # by rounding
            return None
        return factor.solve(slope)


class ProductMetric:
    """A curvature that is only multiplied with vectors, and a solver for its blocks.

    Attributes:
        solution: the worst of the solves so far; None before the first.
    """

    def __init__(
        self, curvature: Curvature, solver: Solver, penalty: NonsmoothPenalty, penalised: Tensor
    ) -> None:
        self._curvature, self._solver = curvature, solver
        self._penalty, self._penalised = penalty, penalised
        self.solution: Solution | None = None
        self._last: tuple[Tensor, Prepared] | None = None
        generator = torch.Generator().manual_seed(0)
        start = torch.randn(curvature.p, generator=generator, dtype=torch.float64)
        _, matrix = lanczos(curvature, curvature.point.objective.vector(start), LANCZOS_STEPS)
        self.largest = MARGIN * float(torch.linalg.eigvalsh(matrix)[-1])

    def product(self, vectors: Tensor) -> Tensor:
        return self._curvature @ vectors

    def eigenvalue_range(self) -> tuple[float, float]:
        found = bounds(self._curvature)
        return found.smallest, found.largest

    def newton(self, places: Tensor, slope: Tensor, t: Tensor | None) -> Tensor | None:
        if not len(places):
            return slope
        solution = self._prepared(places, t).solve(slope)
        if solution.status is Status.DIVERGED:
            raise SolverDiverged(solution.advice)
        if self.solution is None or solution.status is not Status.CONVERGED:
            self.solution = solution
        return solution.value

    def _prepared(self, places: Tensor, t: Tensor | None) -> Prepared:
        if t is None:
            if self._last is None or not torch.equal(self._last[0], places):
                made = self._solver.prepare(self._curvature.restricted(places))
                self._last = (places, made)
            return self._last[1]
        extra = KinkProduct(self._penalty, self._penalised, t, places)
        return self._solver.prepare(self._curvature.restricted(places, extra))


class KinkProduct:
    """Products with the curvature of a penalty's non-smooth part at ``t`` among some parameters."""

    def __init__(
        self, penalty: NonsmoothPenalty, penalised: Tensor, t: Tensor, places: Tensor
    ) -> None:
        self._penalty, self._penalised, self._t, self._places = penalty, penalised, t, places

    def __call__(self, vectors: Tensor) -> Tensor:
        wide = vectors.new_zeros(len(self._t), vectors.shape[1])
        wide[self._places] = vectors
        bent = torch.zeros_like(wide)
        bent[self._penalised] = self._penalty.kink_product(
            self._t[self._penalised], wide[self._penalised]
        )
        return bent[self._places]
