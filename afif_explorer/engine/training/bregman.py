"""The proximal Bregman response: the quantity that influence functions of a network approximate.

For row weights ``w`` it is the minimiser over ``t`` of

``(1/n) sum_i D(f_i(t), f_i) + (1/n) sum_i (w_i - 1) l_i(t) + P(t) - <s, t> + (damping/2) ||t - theta||^2``

with ``f_i`` the outputs at the fit ``theta``, ``D`` the divergence of the loss
(:meth:`~afif_explorer.engine.problem.losses.Loss.divergence`), ``P`` the penalty and ``s`` its
(sub)gradient at ``theta``, so that the penalty too enters through its divergence. Its expansion at
``theta``, quadratic in the first term and linear in the second, is minimised by AFIF with the same damping.
Neither convexity nor a converged fit is required: ``w = 1`` gives ``theta``.

``D`` is the loss minus its tangent at ``f_i``, so row ``i`` has the loss ``w_i l_i(f) - <r_i, f>``, up to a
constant, with ``r_i`` the residual at the fit: an ordinary objective, minimised by
:mod:`afif_explorer.engine.training.fit`. For outputs linear in the parameters the tangents sum to the
gradient of the fit, so that a converged fit's response equals its refit.

Source: Bae, Ng, Lo, Ghassemi and Grosse, If Influence Functions are the Answer, Then What is the Question?
(2022), section 4.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.problem.losses import Loss
from afif_explorer.engine.problem.objective import Objective
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
    objective: Objective, theta: Tensor, weights: Tensor, *, damping: float = 0.0
) -> Refits:
    """The responses to every column of ``weights`` ``[n, m]``."""
    if weights.shape[1] == 0:
        return Refits.none(theta)
    found = []
    for number, column in enumerate(weights.T):
        report("Bregman responses", number, weights.shape[1])
        found.append(bregman_response(objective, theta, column, damping=damping))
    return Refits(
        torch.stack([one.theta for one in found], dim=1),
        objective.vector(np.array([one.gradient_norm for one in found])),
        sum(one.seconds for one in found),
    )


class BregmanObjective(Objective):
    """The objective of the response, up to a constant; its row weights stay one."""

    def __init__(
        self, objective: Objective, theta: Tensor, weights: Tensor, damping: float = 0.0
    ) -> None:
        fit = objective.at(theta)
        loss = _Tilted(objective.loss, weights, fit.outputs, fit.residual)
        super().__init__(
            objective.model,
            loss,
            objective.penalty,
            objective.X,
            objective.y,
            penalised=objective.penalised,
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


class _Tilted(Loss):
    """``D(f_i, f0_i) + (w_i - 1) l(f_i, y_i)``, valid only for these rows in this order."""

    def __init__(self, loss: Loss, weights: Tensor, outputs: Tensor, residual: Tensor) -> None:
        self.name, self.canonical_outputs = loss.name, loss.canonical_outputs
        self._loss, self._weights = loss, weights
        self._outputs, self._residual = outputs, residual

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        loss = self._loss.value(f, y)
        apart = self._loss.divergence(f, _like(self._outputs, f), y)
        return apart + _like(self._weights - 1, loss) * loss

    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        kept = _like(self._weights, f) * self._loss.residual(f, y)
        return kept - _like(self._residual, f)

    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        return _like(self._weights, u) * self._loss.variance(f, u)

    def root(self, f: Tensor) -> Tensor:
        return _like(self._weights.sqrt(), f)[:, :, None] * self._loss.root(f)

    def mean(self, f: Tensor) -> Tensor:
        return self._loss.mean(f)

    def check(self, y: Tensor) -> None:
        self._loss.check(y)

    def outputs_for(self, y: Tensor) -> int:
        return self._loss.outputs_for(y)

    def fits(self, k: int, y: Tensor) -> bool:
        return self._loss.fits(k, y)


def _like(value: Tensor, other: Tensor) -> Tensor:
    """``value`` with as many axes as ``other``, for broadcasting."""
    return value.reshape(*value.shape, *([1] * (other.ndim - value.ndim)))
