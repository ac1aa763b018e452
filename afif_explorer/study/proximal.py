"""Answers with a penalty that has kinks: joint proximal steps, for which no solver is chosen.

What the steps reached is the residual of their optimality (Karush-Kuhn-Tucker) conditions.
"""

from __future__ import annotations

import copy
import time

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.runtime.operations import OperationCounter
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary

PROXIMAL = "Proximal step"


def row_effects(ready: Influence, gradient: Tensor) -> tuple[Tensor, SolverSummary, float]:
    """``c' D_i`` of every row ``[n]``, how the steps ended, and the FLOPs of their products.

    ``D_i`` is the proximal step without row ``i``, ``c`` ``[p]`` the target's gradient.
    """
    began = time.perf_counter()
    own = copy.copy(ready)  # what the steps reached is kept there; others may be at work with it
    with OperationCounter() as counter:
        values = own.effects(gradient[:, None])[:, 0]
    flops = float(counter.total)
    return values, _summary([own], time.perf_counter() - began), flops


def set_steps(
    ready: Influence, order: np.ndarray, counts: list[int]
) -> tuple[Tensor, SolverSummary]:
    """Changes of the parameters ``[p, m]`` when the first ``counts[j]`` rows of ``order`` go."""
    began = time.perf_counter()
    objective, moved, used = ready.objective, [], []
    for done, count in enumerate(counts):
        report("Proximal steps", done, len(counts))
        own = copy.copy(ready)
        weights = objective.vector(leave_out(objective.n, order[:count]))
        moved.append(own.parameters(weights) - ready.point.theta)
        used.append(own)
    return torch.stack(moved, dim=1), _summary(used, time.perf_counter() - began)


def _summary(used: list[Influence], seconds: float) -> SolverSummary:
    """The worst of all steps."""
    ended = [one.solution for one in used if one.solution is not None]
    worst = max(ended, key=lambda solution: solution.stats["residual"])
    return SolverSummary(
        name=PROXIMAL,
        status=worst.status.value,
        advice=worst.advice,
        residual=worst.stats["residual"],
        error=None,
        seconds=seconds,
    )
