"""LiSSA run step by step, compared with the exact solution and with the result computed from eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.rows.accuracy import SMALLEST, relative_difference
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import spectrum_of
from afif_explorer.engine.solvers.base import Solution, Status
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.progress import report

CARRIED_OUT = 1000  # maximum number of full-batch steps in the check of the computed result


@dataclass(frozen=True, eq=False)
class LissaRun:
    """A run of LiSSA for one right-hand side.

    Attributes:
        solution: the result. steps, errors: ``[s]`` its relative error at some depths; empty if it
            diverged.
        gap: relative difference of the full-batch recursion's result, computed from the eigenvalues, from
            this run; None where that recursion diverges.
        recursion_gap: the same for an actual run of the full-batch recursion, or its first thousand steps.
    """

    solution: Solution
    steps: np.ndarray
    errors: np.ndarray
    gap: float | None = None
    recursion_gap: float | None = None


def run_lissa(curvature: Curvature, rhs: Tensor, settings: LiSSA) -> LissaRun:
    """Run LiSSA for ``c`` ``[p]``; ``settings`` contain scale, depth and checkpoints."""
    solution = settings.prepare(curvature).solve(rhs)
    scale, depth = solution.stats["scale"], solution.stats["depth"]
    if solution.status is Status.DIVERGED:
        return LissaRun(solution, np.empty(0, int), np.empty(0))
    exact = factor_of(curvature).solve(rhs[:, None])[:, 0].cpu()
    steps, path = solution.stats["path"]
    away = torch.linalg.vector_norm(path.reshape(len(steps), -1) - exact, dim=1)
    return LissaRun(
        solution,
        np.asarray(steps),
        (away / exact.norm().clamp(min=SMALLEST)).numpy(),
        _gap(curvature, rhs, scale, depth, solution.value),
        _recursion_gap(curvature, rhs, scale, depth),
    )


def _gap(
    curvature: Curvature, rhs: Tensor, scale: float, depth: int, found: Tensor
) -> float | None:
    spectrum, damping = spectrum_of(curvature), curvature.damping
    if spectrum.diverges(scale, damping):
        return None
    computed = spectrum.lissa(rhs, scale=scale, depth=depth, damping=damping)
    return relative_difference(found, computed)


def _recursion_gap(curvature: Curvature, rhs: Tensor, scale: float, depth: int) -> float | None:
    matrix = curvature.dense()
    steps, u = min(depth, CARRIED_OUT), rhs
    for step in range(steps):
        report("recursion with all rows", step, steps)
        u = rhs + u - matrix @ u / scale
    return _gap(curvature, rhs, scale, steps, u / scale)
