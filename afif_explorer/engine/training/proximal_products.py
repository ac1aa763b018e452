"""The proximal step by products with the curvature, and a solver for the Newton steps.

As in :mod:`afif_explorer.engine.training.proximal`, but the curvature is never a matrix: each Newton step on
the parameters that are not held at a kink is a solve by the given solver, however accurate that is. With a
piecewise linear penalty a step is done once its zeros and signs agree with its gradient: one proximal
gradient step changes none of them. With a curved one, whose Newton steps are repeated, its residual must have
vanished as well.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.solvers.base import Solution, Solver, Status
from afif_explorer.engine.training.metric import ProductMetric
from afif_explorer.engine.training.proximal import ProximalProblem, ProximalSolution
from afif_explorer.progress import report

ROUNDS = 100  # of accelerated steps that look for the zeros, each followed by a solve
LEFT = 1e-8  # of the first residual, for a curved penalty, whose Newton steps are repeated
UNSETTLED = (
    "The zeros of a proximal step did not settle: use a more accurate solver, or add damping."
)


class ProductProximalProblem(ProximalProblem):
    """``argmin_t <b, t> + ||t - theta||_C^2 / 2 + psi(t)`` for many ``b``, without a matrix.

    :meth:`solve` raises :class:`SolverDiverged` where the solver diverges.
    """

    accuracy = 1e-7

    def __init__(
        self,
        curvature: Curvature,
        solver: Solver,
        theta: Tensor,
        penalty: NonsmoothPenalty,
        penalised: Tensor,
    ) -> None:
        self._curvature = curvature
        self._products = ProductMetric(curvature, solver, penalty, penalised)
        super().__init__(self._products, theta, penalty, penalised)

    def solve(
        self, b: Tensor, tolerance: Tensor | float | None = None, start: Tensor | None = None
    ) -> ProximalSolution:
        """Minimisers for ``b`` ``[p, m]`` as accurate as the solver."""
        start = self._begin(b, start)
        t = self._polished(start, b)
        left = torch.nonzero(self._changes(start, t, b)).flatten()
        for _ in range(ROUNDS):
            if not len(left):
                break
            report("proximal step", b.shape[1] - len(left), b.shape[1])
            moved = self._accelerated(t[:, left], b[:, left])
            if not self._is_bounded(moved, b):
                return ProximalSolution(t, torch.full_like(t[0], torch.inf), torch.zeros_like(t[0]))
            t[:, left] = self._polished(moved, b[:, left])
            left = left[self._changes(moved, t[:, left], b[:, left])]
        residual = self.residual(t, b)
        reached = residual.clone()
        reached[left] = 0.0
        return ProximalSolution(t, residual, reached)

    def told(self, found: ProximalSolution) -> Solution:
        """The status of a solution: that of its zeros, and of the worst solve."""
        worst = self._products.solution
        stats: dict[str, Any] = {"residual": 0.0, "steps": 0, "products": 0}
        stats |= {} if worst is None else worst.stats
        if not found.solved:
            return Solution(found.value, Status.MAX_STEPS, UNSETTLED, stats)
        if worst is None:
            return Solution(found.value, Status.CONVERGED, "", stats)
        return Solution(found.value, worst.status, worst.advice, stats)

    def _changes(self, start: Tensor, t: Tensor, b: Tensor) -> Tensor:
        """Whether zeros or signs are not those that a solve assumed or its gradient implies, ``[m]``."""
        ahead = self._prox(t - self._step * self.gradient(t, b), self._step)
        changes = (self.free(ahead) != self.free(t)).any(0)
        if not self.piecewise_linear:
            first = self.residual(self._theta[:, None].expand_as(b), b)
            return changes | (self.residual(t, b) > LEFT * first)
        seen = self._penalised
        return changes | ((start * t)[seen] < 0).any(0) | ((start != 0) != (t != 0))[seen].any(0)
