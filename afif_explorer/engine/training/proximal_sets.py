"""The proximal step with many parameters of which few are nonzero, by working sets.

All parameters outside a working set are zero. The step among the others is a dense problem
(:mod:`afif_explorer.engine.training.proximal`); then the gradient of all parameters shows which others
violate optimality, and the worst of them join the set. The set grows from one ``b`` to the next, so that the
steps without single rows, which differ little, mostly find theirs complete.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from afif_explorer.engine.curvature.blocks import block_of, dense, filled
from afif_explorer.engine.jacobians.sparse import SparseRows
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.engine.solvers.auto import FEW
from afif_explorer.engine.training.proximal import ProximalProblem, ProximalSolution
from afif_explorer.engine.training.proximal_products import ProductProximalProblem
from afif_explorer.progress import report

FEWEST = 100  # parameters that join a set, if so many violate optimality
ROUNDS = 100
COPIES = 4  # of the columns, with what is needed to make them


class WorkingSet(NamedTuple):
    """Parameters that may be nonzero.

    Attributes:
        places: ``[s]``, ascending. part: the problem among them; None: too large, or its penalty depends on
            the other parameters. columns: of ``C``, ``[p, s]``; None: they do not fit into memory.
    """

    places: Tensor
    part: ProximalProblem | None
    columns: Tensor | SparseRows | None


class WorkingSetProximalProblem(ProductProximalProblem):
    """``argmin_t <b, t> + ||t - theta||_C^2 / 2 + psi(t)`` for many ``b``, on sets of parameters.

    By products (:class:`ProductProximalProblem`) if a set would exceed 3000 parameters, or if the penalty of
    a set is not one by itself.
    """

    accuracy = ProximalProblem.accuracy
    _latest: WorkingSet | None = None  # replaced as a whole: threads share a problem

    def solve(
        self, b: Tensor, tolerance: Tensor | float | None = None, start: Tensor | None = None
    ) -> ProximalSolution:
        """Minimisers for ``b`` ``[p, m]``, to a KKT residual of ``tolerance``, or to rounding."""
        limits = self.tolerances(b, tolerance)
        t, left = torch.zeros_like(b), torch.arange(b.shape[1], device=b.device)
        start = self._begin(b, start)
        chosen = self._latest or self._set_of(self._theta)
        for _ in range(ROUNDS):
            places, part = chosen.places, chosen.part
            if part is None:
                self._latest = chosen
                return super().solve(b, start=start)
            report("proximal step", b.shape[1] - len(left), b.shape[1])
            some = places[:, None], left
            found = part.solve(b[some], limits[left] / 2, start[some])
            if not found.bounded:
                return ProximalSolution(t, torch.full_like(t[0], torch.inf), limits)
            t[:, left] = 0.0
            t[some] = found.value
            excess = self._excess(chosen, t[:, left], b[:, left])
            left = left[(excess > 0).any(0)]
            if not len(left):
                break
            chosen, start = self._joined(chosen, excess.amax(1)), t
        self._latest = chosen
        return ProximalSolution(t, self.kkt(t, self._slope(chosen, t, b)), limits)

    def _slope(self, chosen: WorkingSet, t: Tensor, b: Tensor) -> Tensor:
        """The gradient of the smooth part at ``t`` ``[p, m]``, which is zero outside the set."""
        if chosen.columns is None:
            return self.gradient(t, b)
        return b + chosen.columns @ (t - self._theta[:, None])[chosen.places]

    def _excess(self, chosen: WorkingSet, t: Tensor, b: Tensor) -> Tensor:
        """By how much parameters outside the set violate optimality, ``[p, m]``: the size of a prox step."""
        ahead = self._prox(t - self._step * self._slope(chosen, t, b), self._step).abs()
        ahead[chosen.places] = 0.0
        return ahead

    def _joined(self, chosen: WorkingSet, excess: Tensor) -> WorkingSet:
        """The set with the parameters of the largest excess ``[p]``, and with all of their groups."""
        most = min(int((excess > 0).sum()), max(FEWEST, len(chosen.places)))
        nonzero = torch.zeros_like(self._theta)
        nonzero[chosen.places] = 1.0
        nonzero[excess.topk(most).indices] = 1.0
        return self._set_of(nonzero)

    def _set_of(self, nonzero: Tensor) -> WorkingSet:
        """The set of the parameters that are not held at a kink where ``nonzero`` ``[p]`` is not 0."""
        places = torch.nonzero(self.free(nonzero[:, None])[:, 0]).flatten()
        inside = self._penalised[places]
        number = torch.cumsum(self._penalised, 0) - 1  # of each penalised parameter among them
        penalty = self._penalty.restricted(number[places[inside]])
        if penalty is None or len(places) > FEW:
            return WorkingSet(places, None, None)
        matrix = dense(block_of(self._curvature, places, places))
        part = ProximalProblem(matrix, self._theta[places], penalty, inside)
        if not fits(COPIES * len(self._theta) * len(places), matrix.dtype):
            return WorkingSet(places, part, None)
        everything = torch.arange(len(self._theta), device=places.device)
        columns = filled(block_of(self._curvature, everything, places))
        return WorkingSet(places, part, columns)
