"""Refits without the removed rows, the reference for all estimates.

``refit`` fits once, from the old parameters (warm) or from the initial parameters (cold). ``refit_each``
fits many weightings of a model that is linear in its parameters in parallel: all parameter vectors take
Newton steps with the full data's Hessian, so that one pass over the rows serves every refit; each gradient
reaches the same threshold as that of a separate fit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.solvers.base import Cholesky
from afif_explorer.engine.training.convergence import gradient_scale
from afif_explorer.engine.training.fit import Optimum, minimise
from afif_explorer.errors import CurvatureError
from afif_explorer.progress import report

SHARED_STEPS = 60  # steps with the shared Hessian before the remaining refits are done one by one
COLUMNS_AT_ONCE = 4_000_000  # rows x outputs x refits held at the same time (32 MB in float64)


@dataclass(frozen=True, eq=False)
class Refits:
    """Parallel refits: ``theta`` ``[p, m]`` and their gradient norms ``[m]``."""

    theta: Tensor
    gradient_norm: Tensor
    seconds: float

    @classmethod
    def none(cls, theta: Tensor) -> Refits:
        """Zero refits, for a model with parameters ``theta`` ``[p]``."""
        return cls(theta.new_zeros(len(theta), 0), theta.new_zeros(0), 0.0)


def refit(
    objective: Objective, theta: Tensor, weights: Tensor, *, warm: bool = True, seed: int = 0
) -> Optimum:
    """Minimise ``L(.; w)`` again, from ``theta`` (warm) or from the initial parameters (cold)."""
    return minimise(objective, weights=weights, start=theta if warm else None, seed=seed)


def refit_each(objective: Objective, theta: Tensor, weights: Tensor) -> Refits:
    """Warm refits for every column of ``weights`` ``[n, m]``."""
    began = time.perf_counter()
    m = weights.shape[1]
    if m == 0:
        return Refits.none(theta)
    step = max(1, COLUMNS_AT_ONCE // (objective.n * objective.model.k))
    scale = gradient_scale(objective.at(theta), objective.weights(None))
    thetas, norms = [], []
    for start in range(0, m, step):
        report("retraining", start, m)
        part = weights[:, start : start + step]
        found, norm = _together(objective, theta, part, scale.goal)
        for column in torch.nonzero(norm > scale.threshold).flatten().tolist():
            report("retraining", start + column, m)
            alone = refit(objective, found[:, column], part[:, column])
            found[:, column], norm[column] = alone.theta, alone.gradient_norm
        thetas.append(found)
        norms.append(norm)
    return Refits(torch.cat(thetas, 1), torch.cat(norms), time.perf_counter() - began)


def _together(
    objective: Objective, theta: Tensor, weights: Tensor, goal: float
) -> tuple[Tensor, Tensor]:
    """Parameters ``[p, m]`` and gradient norms ``[m]`` after shared Newton steps, down to norm ``goal``.

    No steps are taken for models that are not linear, or with a non-smooth penalty.
    """
    block = theta[:, None].repeat(1, weights.shape[1])
    if not (objective.canonical and objective.smooth):
        return block, block.new_full((block.shape[1],), torch.inf)
    try:
        solver = Cholesky().prepare(Hessian(objective, theta))
        best, norm = block, block.new_full((block.shape[1],), torch.inf)
        for step in range(SHARED_STEPS):
            report("retraining", step, None)
            gradient = _gradients(objective, block, weights)
            size = gradient.norm(dim=0)
            better = size < norm
            best = torch.where(better, block, best)
            norm = torch.where(better, size, norm)
            if step and (bool((norm <= goal).all()) or not bool(better.any())):
                break
            block = block - solver.solve(gradient).value
    except CurvatureError:
        return block, block.new_full((block.shape[1],), torch.inf)
    return best, norm


def _gradients(objective: Objective, block: Tensor, weights: Tensor) -> Tensor:
    """Gradients of ``L(.; w_j)`` at ``theta_j``, column by column, ``[p, m]``; linear outputs only."""
    linearization = objective.at(block[:, 0]).linearization
    outputs = linearization.outputs[:, :, None] + linearization.jvp(block - block[:, :1])
    residual = objective.loss.residual(outputs, objective.y)
    pulled = linearization.vjp(residual * weights[:, None, :] / objective.n)
    return pulled + objective.penalty_gradient(block)
