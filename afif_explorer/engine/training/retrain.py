"""Refits without the removed rows, the reference for all estimates.

``refit`` fits once, from the old parameters (warm) or from the initial parameters (cold). ``refit_each``
leaves out many sets of rows, for a model that is linear in its parameters in parallel: all parameter vectors
take Newton steps with the full data's Hessian, so that one pass over the rows serves every refit; each
gradient reaches the same threshold as that of a separate fit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import leave_out_each
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.base import Cholesky
from afif_explorer.engine.training.convergence import gradient_scale
from afif_explorer.engine.training.fit import Optimum, minimise
from afif_explorer.errors import CurvatureError, Interrupted
from afif_explorer.progress import report

SHARED_STEPS = 60  # steps with the shared Hessian before the remaining refits are done one by one
AT_ONCE = (
    2_000_000  # rows x outputs x refits: 16 MB in float64, which the allocator keeps and reuses
)


@dataclass(eq=False)
class Refits:
    """Refits without each of ``m`` sets of rows, filled as they finish; NaN before that.

    Attributes:
        theta: ``[p, m]``. gradient_norm: ``[m]``. seconds: wall time so far.
    """

    theta: Tensor
    gradient_norm: Tensor
    seconds: float = 0.0

    @classmethod
    def empty(cls, theta: Tensor, m: int) -> Refits:
        """Before the first refit, for a model with parameters ``theta`` ``[p]``."""
        return cls(theta.new_full((len(theta), m), torch.nan), theta.new_full((m,), torch.nan))

    @property
    def finished(self) -> Tensor:
        """Which refits are done, ``[m]`` bool."""
        return ~self.gradient_norm.isnan()

    def put(self, place: int | slice, theta: Tensor, norm: float | Tensor) -> None:
        """Enter one refit, or a block of them."""
        self.theta[:, place], self.gradient_norm[place] = theta, norm

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time the block; on Ctrl-C in it, raise :class:`Interrupted` with the refits done so far."""
        began = time.perf_counter()
        try:
            yield
        except KeyboardInterrupt as stop:
            self.seconds = time.perf_counter() - began
            done, m = int(self.finished.sum()), len(self.gradient_norm)
            raise Interrupted(f"Interrupted after {done} of {m} refits.", self) from stop
        self.seconds = time.perf_counter() - began


def refit(
    objective: Objective, theta: Tensor, weights: Tensor, *, warm: bool = True, seed: int = 0
) -> Optimum:
    """Minimise ``L(.; w)`` again, from ``theta`` (warm) or from the initial parameters (cold)."""
    return minimise(objective, weights=weights, start=theta if warm else None, seed=seed)


def refit_each(objective: Objective, theta: Tensor, sets: Sequence[np.ndarray]) -> Refits:
    """Warm refits without each of some sets of rows (positions).

    Raises :class:`Interrupted` on Ctrl-C, with the refits done so far.
    """
    m = len(sets)
    found = Refits.empty(theta, m)
    if m == 0:
        return found
    step = block_rows(objective.n * objective.model.k, theta, near=AT_ONCE)
    scale = gradient_scale(objective.at(theta), objective.weights(None))
    with found.timed():
        for start in range(0, m, step):
            report("retraining", start, m)
            part = objective.vector(leave_out_each(objective.n, sets[start : start + step]))
            thetas, norms = _together(objective, theta, part, scale.goal)
            settled = norms <= scale.threshold
            for column in range(part.shape[1]):
                if settled[column]:
                    found.put(start + column, thetas[:, column], norms[column])
                    continue
                report("retraining", start + column, m)
                alone = refit(objective, thetas[:, column], part[:, column])
                found.put(start + column, alone.theta, alone.gradient_norm)
    return found


def _together(
    objective: Objective, theta: Tensor, weights: Tensor, goal: float
) -> tuple[Tensor, Tensor]:
    """Parameters ``[p, m]`` and gradient norms ``[m]`` after shared Newton steps, down to norm ``goal``.

    No steps are taken for models that are not linear, or with a non-smooth penalty.
    """
    block = theta[:, None].repeat(1, weights.shape[1])
    if not (objective.canonical and objective.smooth):
        return block, block.new_full((block.shape[1],), torch.inf)
    shares = weights / objective.n
    try:
        solver = Cholesky().prepare(Hessian(objective, theta))
        best, norm = block, block.new_full((block.shape[1],), torch.inf)
        for step in range(SHARED_STEPS):
            report("retraining", step, None)
            gradient = gradients_each(objective, block, shares)
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


def gradients_each(objective: Objective, block: Tensor, shares: Tensor) -> Tensor:
    """Gradients of ``L(.; w_j)`` at ``theta_j``, ``[p, m]``; ``shares``: ``w / n``. Linear outputs only."""
    linearization = objective.at(block[:, 0]).linearization
    outputs = linearization.outputs[:, :, None] + linearization.jvp(block - block[:, :1])
    residual = objective.row_losses.residual(outputs)
    pulled = linearization.vjp(residual * shares[:, None, :])
    return pulled + objective.penalty_gradient(block)
