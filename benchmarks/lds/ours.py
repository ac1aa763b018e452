"""Our methods' effects of every row on every query's loss."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

import afif_explorer as ax
from afif_explorer.engine.solvers.factor import Factor
from benchmarks.common.problems import Problem, Truth

CURVATURES = {"AFIF": ax.Fisher, "Hessian": ax.Hessian, "empirical Fisher": ax.EmpiricalFisher}


@dataclass(frozen=True, eq=False)
class Scores:
    """What one method says.

    Attributes:
        library, method: who says it. setting: the damping or what stands in its place.
        effects: predicted rise of each query's loss if a row is left out, up to a factor of each query,
            ``[rows, queries]``. seconds: for this setting; what all settings share counts for the first.
    """

    library: str
    method: str
    setting: str
    effects: np.ndarray
    seconds: float


def scores_of(problem: Problem, truth: Truth, dampings: tuple[float, ...]) -> Iterator[Scores]:
    """Every curvature at every damping; where outputs are linear, also leverage-corrected.

    ``c' C^-1 g_i / n``, as :func:`afif_explorer.attribute` has it to first order; the matrix is made once
    for all dampings.
    """
    objective, theta = problem.objective, torch.as_tensor(truth.theta)
    slopes, point = query_gradients(problem, truth), problem.objective.at(truth.theta)
    for name, kind in CURVATURES.items():
        began = time.perf_counter()
        matrix = kind(objective, theta).dense()
        for damping in dampings:
            shifted = matrix + damping * torch.eye(len(matrix), dtype=matrix.dtype)
            try:
                solved = Factor(shifted, kind.name, damping).solve(slopes)
            except ax.CurvatureError:
                continue  # negative curvature that this damping does not lift
            effects = (point.gradient_products(solved) / objective.n).numpy()
            seconds = time.perf_counter() - began
            yield Scores("afif_explorer", name, f"{damping:g}", effects, seconds)
            began = time.perf_counter()
    if objective.canonical:
        for damping in dampings:
            began = time.perf_counter()
            influence = ax.AFIF(damping=damping, leverage_correction=True).prepare(objective, theta)
            effects, seconds = influence.effects(slopes).numpy(), time.perf_counter() - began
            yield Scores(
                "afif_explorer", "AFIF, leverage-corrected", f"{damping:g}", effects, seconds
            )


def query_gradients(problem: Problem, truth: Truth) -> torch.Tensor:
    """The gradient of each query's loss, ``[p, queries]``."""
    objective = problem.objective
    _, _, X, y = problem.data
    labels = y.astype(float) if objective.loss.name == "Bernoulli" else y
    queries = ax.Objective(objective.model, objective.loss, None, X, labels)
    return queries.at(truth.theta).gradients(torch.arange(len(X))).T
