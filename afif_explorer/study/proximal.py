"""Answers with a penalty that has kinks: joint proximal steps, for which no solver is chosen.

What the steps reached is the residual of their optimality (Karush-Kuhn-Tucker) conditions.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.runtime.operations import OperationCounter
from afif_explorer.engine.solvers.base import Solution
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary

PROXIMAL = "Proximal step"


def row_effects(ready: Influence, gradient: Tensor) -> tuple[Tensor, SolverSummary, float]:
    """``c' D_i`` of every row ``[n]``, how the steps ended, and the FLOPs of their products.

    ``D_i`` is the proximal step without row ``i``, ``c`` ``[p]`` the target's gradient.
    """
    began = time.perf_counter()
    with OperationCounter() as counter:
        values = ready.effects(gradient[:, None])[:, 0]
    flops = float(counter.total)
    return values, _summary([ready.solution], time.perf_counter() - began), flops


def set_steps(
    ready: Influence, order: np.ndarray, counts: list[int]
) -> tuple[Tensor, SolverSummary]:
    """Changes of the parameters ``[p, m]`` when the first ``counts[j]`` rows of ``order`` go."""
    began = time.perf_counter()
    objective, moved, ended = ready.objective, [], []
    for done, count in enumerate(counts):
        report("Proximal steps", done, len(counts))
        weights = objective.vector(leave_out(objective.n, order[:count]))
        moved.append(ready.parameters(weights) - ready.point.theta)
        ended.append(ready.solution)
    return torch.stack(moved, dim=1), _summary(ended, time.perf_counter() - began)


def _summary(ended: list[Solution | None], seconds: float) -> SolverSummary:
    """The worst of all steps."""
    known = [one for one in ended if one is not None]
    worst = max(known, key=lambda solution: solution.stats["residual"])
    return SolverSummary(
        name=PROXIMAL,
        status=worst.status.value,
        advice=worst.advice,
        residual=worst.stats["residual"],
        error=None,
        seconds=seconds,
    )
