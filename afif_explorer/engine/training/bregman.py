"""The proximal Bregman response: the quantity that influence functions of a network approximate.

For row weights ``w`` it is the minimiser over ``t`` of

``(1/n) sum_i D(f_i(t), f_i) + (1/n) sum_i (w_i - 1) l_i(t) + P(t) - <s, t> + (damping/2) ||t - theta||^2``

with ``f_i`` the outputs at the fit ``theta``, ``D`` the divergence of the loss
(:meth:`~afif_explorer.engine.problem.losses.Loss.divergence`), ``P`` the penalty and ``s`` its
(sub)gradient at ``theta``, so that the penalty too enters through its divergence. Its expansion at
``theta``, quadratic in the first term and linear in the second, is minimised by AFIF with the same damping.
Neither convexity nor a converged fit is required: ``w = 1`` gives ``theta``.

``D`` is the loss minus its tangent at ``f_i``, so row ``i`` has the loss ``w_i l_i(f) - <r_i, f>``, up to a
constant, with ``r_i`` the residual at the fit (times its sample weight, like ``l_i``): an ordinary objective,
minimised by :mod:`afif_explorer.engine.training.fit`. For outputs linear in the parameters the tangents sum
to the gradient of the fit, so that a converged fit's response equals its refit.

Source: Bae, Ng, Lo, Ghassemi and Grosse, If Influence Functions are the Answer, Then What is the Question?
(2022), section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.row_losses import RowLosses, Rows, like
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.fit import Optimum, minimise
from afif_explorer.engine.training.retrain import Refits
from afif_explorer.progress import report


def bregman_response(
    objective: Objective, theta: Tensor, weights: Tensor, *, damping: float = 0.0
) -> Optimum:
    """The response to weights ``[n]`` at ``theta`` ``[p]``, with its gradient norm."""
    tilted = BregmanObjective(objective, theta, objective.weights(weights), damping)
    return minimise(tilted, start=tilted.theta)


def bregman_response_each(
    objective: Objective, theta: Tensor, sets: Sequence[np.ndarray], *, damping: float = 0.0
) -> Refits:
    """The responses without each of some sets of rows (positions).

    Raises :class:`Interrupted` on Ctrl-C, with the responses done so far.
    """
    found = Refits.empty(theta, len(sets))
    with found.timed():
        for place, rows in enumerate(sets):
            report("Bregman responses", place, len(sets))
            weights = objective.vector(leave_out(objective.n, rows))
            one = bregman_response(objective, theta, weights, damping=damping)
            found.put(place, one.theta, one.gradient_norm)
    return found


class BregmanObjective(Objective):
    """The objective of the response, up to a constant; its row weights stay one."""

    def __init__(
        self, objective: Objective, theta: Tensor, weights: Tensor, damping: float = 0.0
    ) -> None:
        fit = objective.at(theta)
        super().__init__(
            objective.model,
            objective.loss,
            objective.penalty,
            objective.X,
            objective.y,
            penalised=objective.penalised,
        )
        self.row_losses = _TiltedLosses(
            objective.loss,
            objective.y,
            objective.sample_weight,
            kept=weights,
            outputs=fit.outputs,
            slope=fit.plain_residual(),
        )
        self._untilted = objective
        self.theta, self.damping = fit.theta, damping
        self.slope = _penalty_slope(objective, fit.theta, fit.gradient())

    def residual_size(self, outputs: Tensor) -> Tensor:
        return self._untilted.residual_size(outputs)

    def penalty_value(self, theta: Tensor) -> Tensor:
        away = self._away(theta)
        held = 0.5 * self.damping * away.square().sum(0) - self.slope @ away
        return super().penalty_value(theta) + held

    def penalty_gradient(self, theta: Tensor) -> Tensor:
        slope = self.slope[:, None] if theta.ndim == 2 else self.slope
        return super().penalty_gradient(theta) + self.damping * self._away(theta) - slope

    def penalty_diagonal(self) -> Tensor:
        return super().penalty_diagonal() + self.damping

    def _away(self, theta: Tensor) -> Tensor:
        return theta - (self.theta[:, None] if theta.ndim == 2 else self.theta)


def _penalty_slope(objective: Objective, theta: Tensor, gradient: Tensor) -> Tensor:
    """A (sub)gradient of the penalty at ``theta``; at a kink the one that makes the fit stationary."""
    slope = objective.penalty_gradient(theta)
    if objective.smooth:
        return slope
    penalised, kinked = objective.penalised, objective.kinked
    inside = theta[penalised]
    at_kink = torch.where(kinked.active(inside), kinked.kink_gradient(inside), -gradient[penalised])
    slope[penalised] += at_kink
    return slope


@dataclass(frozen=True, eq=False)
class _TiltedLosses(RowLosses):
    """``a_i (D(f_i, f0_i) + (w_i - 1) l(f_i, y_i))`` of each row.

    Attributes:
        kept: ``w`` ``[n]``. outputs: ``f0`` ``[n, k]``. slope: ``dl_i/df`` there.
    """

    _: KW_ONLY
    kept: Tensor
    outputs: Tensor
    slope: Tensor

    def take(self, rows: Rows) -> Self:
        part = super().take(rows)
        own = {name: getattr(self, name)[rows] for name in ("kept", "outputs", "slope")}
        return replace(part, **own)

    def value(self, f: Tensor) -> Tensor:
        loss = self.loss.value(f, self.y)
        apart = self.loss.divergence(f, like(self.outputs, f), self.y)
        return self.weighted(apart + like(self.kept - 1, loss) * loss)

    def residual(self, f: Tensor) -> Tensor:
        kept = like(self.kept, f) * self.loss.residual(f, self.y)
        return self.weighted(kept - like(self.slope, f))

    def hessian_product(self, f: Tensor, u: Tensor) -> Tensor:
        return like(self.kept, u) * super().hessian_product(f, u)

    def hessian_root(self, f: Tensor) -> Tensor:
        root = super().hessian_root(f)
        return like(self.kept.sqrt(), root) * root
