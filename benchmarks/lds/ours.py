"""Our methods' effects of every row on every query's loss."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

import afif_explorer as ax
from afif_explorer.engine.solvers.factor import Factor
from benchmarks.common.problems import Problem, Refits

CURVATURES = {"AFIF": ax.Fisher, "Hessian": ax.Hessian, "empirical Fisher": ax.EmpiricalFisher}


@dataclass(frozen=True, eq=False)
class Scores:
    """The effects of one method with one setting.

    Attributes:
        library, method: their names. setting: the damping, or the parameter used in its place.
        effects: predicted increase of each query's loss if a row is left out, up to a factor per query,
            ``[rows, queries]``. seconds: for this setting; work shared by all settings counts for the first.
    """

    library: str
    method: str
    setting: str
    effects: np.ndarray
    seconds: float


def scores_of(problem: Problem, refits: Refits, dampings: tuple[float, ...]) -> Iterator[Scores]:
    """Every curvature with every damping; for linear outputs also with leverage correction.

    ``c' C^-1 g_i / n``, like :func:`afif_explorer.attribute` to first order; the matrix is formed once for
    all dampings.
    """
    objective, theta = problem.objective, torch.as_tensor(refits.theta)
    gradients, point = query_gradients(problem, refits), problem.objective.at(refits.theta)
    for name, kind in CURVATURES.items():
        began = time.perf_counter()
        matrix = kind(objective, theta).dense()
        for damping in dampings:
            shifted = matrix + damping * torch.eye(len(matrix), dtype=matrix.dtype)
            try:
                solved = Factor(shifted, kind.name, damping).solve(gradients)
            except ax.CurvatureError:
                continue  # this damping is too small for the negative curvature
            effects = (point.gradient_products(solved) / objective.n).numpy()
            seconds = time.perf_counter() - began
            yield Scores("afif_explorer", name, f"{damping:g}", effects, seconds)
            began = time.perf_counter()
    if objective.canonical:
        for damping in dampings:
            began = time.perf_counter()
            influence = ax.AFIF(damping=damping, rescale=True).prepare(objective, theta)
            effects, seconds = influence.effects(gradients).numpy(), time.perf_counter() - began
            yield Scores(
                "afif_explorer", "AFIF, leverage correction", f"{damping:g}", effects, seconds
            )


def query_gradients(problem: Problem, refits: Refits) -> torch.Tensor:
    """The gradient of each query's loss, ``[p, queries]``."""
    objective = problem.objective
    _, _, X, y = problem.data
    labels = y.astype(float) if objective.loss.name == "Bernoulli" else y
    queries = ax.Objective(objective.model, objective.loss, None, X, labels)
    return queries.at(refits.theta).gradients(torch.arange(len(X))).T
