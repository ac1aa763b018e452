"""The proximal step with many parameters of which few are nonzero, by working sets.

All parameters outside a working set are zero. The step among the others is a dense problem
(:mod:`afif_explorer.engine.training.proximal`); then the gradient of all parameters shows which others
violate optimality, and the worst of them join the set. The set grows from one ``b`` to the next, so that the
steps without single rows, which differ little, mostly find theirs complete.
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.blocks import block_of, dense, filled
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.jacobians.sparse import SparseRows
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.engine.solvers.auto import FEW
from afif_explorer.engine.solvers.base import Solver
from afif_explorer.engine.training.proximal import ProximalProblem, ProximalSolution
from afif_explorer.engine.training.proximal_products import ProductProximalProblem
from afif_explorer.progress import report

FEWEST = 100  # parameters that join a set, if so many violate optimality
ROUNDS = 100
COPIES = 4  # of the columns, with what is needed to make them


class WorkingSetProximalProblem(ProductProximalProblem):
    """``argmin_t <b, t> + ||t - theta||_C^2 / 2 + psi(t)`` for many ``b``, on sets of parameters.

    By products (:class:`ProductProximalProblem`) if a set would exceed 3000 parameters, or if the penalty of
    a set is not one by itself.
    """

    accuracy = ProximalProblem.accuracy

    def __init__(
        self,
        curvature: Curvature,
        solver: Solver,
        theta: Tensor,
        penalty: NonsmoothPenalty,
        penalised: Tensor,
    ) -> None:
        super().__init__(curvature, solver, theta, penalty, penalised)
        self._curvature = curvature
        self._places = torch.nonzero(self.free(theta[:, None])[:, 0]).flatten()
        self._part, self._columns = self._restricted()

    def solve(self, b: Tensor, tolerance: float | None = None) -> ProximalSolution:
        """Minimisers for ``b`` ``[p, m]``, to a KKT residual of ``tolerance``, or to rounding."""
        tolerance = self.tolerance(b, tolerance)
        t, left = torch.zeros_like(b), torch.arange(b.shape[1], device=b.device)
        for _ in range(ROUNDS):
            if self._part is None:
                return super().solve(b)
            report("proximal step", b.shape[1] - len(left), b.shape[1])
            found = self._part.solve(b[self._places[:, None], left], tolerance / 2)
            if not found.bounded:
                return ProximalSolution(t, torch.full_like(t[0], torch.inf), tolerance)
            t[:, left] = 0.0
            t[self._places[:, None], left] = found.value
            excess = self._excess(t[:, left], b[:, left])
            left = left[(excess > 0).any(0)]
            if not len(left):
                break
            self._join(excess.amax(1))
        return ProximalSolution(t, self.residual(t, b), tolerance)

    def _excess(self, t: Tensor, b: Tensor) -> Tensor:
        """By how much parameters outside the set violate optimality, ``[p, m]``: the size of a prox step."""
        ahead = self._prox(t - self._step * self.gradient(t, b), self._step).abs()
        ahead[self._places] = 0.0
        return ahead

    def _join(self, excess: Tensor) -> None:
        """The parameters of the largest excess ``[p]`` join the set, with all of their groups."""
        most = min(int((excess > 0).sum()), max(FEWEST, len(self._places)))
        joined = torch.zeros_like(self._theta)
        joined[self._places] = 1.0
        joined[excess.topk(most).indices] = 1.0
        self._places = torch.nonzero(self.free(joined[:, None])[:, 0]).flatten()
        self._part, self._columns = self._restricted()

    def gradient(self, t: Tensor, b: Tensor) -> Tensor:
        if self._columns is None:
            return super().gradient(t, b)
        return b + self._columns @ (t - self._theta[:, None])[self._places]

    def _restricted(self) -> tuple[ProximalProblem | None, Tensor | SparseRows | None]:
        """The problem of the set and the columns ``[p, s]`` of ``C``; None: too large.

        No problem either if its penalty depends on the other parameters.
        """
        places = self._places
        inside = self._penalised[places]
        number = torch.cumsum(self._penalised, 0) - 1  # of each penalised parameter among them
        penalty = self._penalty.restricted(number[places[inside]])
        if penalty is None or len(places) > FEW:
            return None, None
        matrix = dense(block_of(self._curvature, places, places))
        part = ProximalProblem(matrix, self._theta[places], penalty, inside)
        if not fits(COPIES * len(self._theta) * len(places), matrix.dtype):
            return part, None
        everything = torch.arange(len(self._theta), device=places.device)
        return part, filled(block_of(self._curvature, everything, places))
