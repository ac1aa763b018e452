"""Convergence criteria for gradients and objective values, relative to the problem and its precision.

A point has converged if its gradient is small relative to the terms it sums, which determine influence:

``||gradient|| <= max(1e-8 R, eps S)``,  ``R = (1/n) sum_i |w_i| ||J_i' r_i||``.

``J_i`` is the Jacobian of row ``i``'s outputs ``f_i`` and ``r_i`` the residual, so that inputs, targets and
parameters may have any unit. The second part is the rounding error, in float32 usually the larger:

``S = (1/n) sum_i |w_i| ||J_i' (|A'(f_i)| + |r_i|)|| + ||F |theta| ||``

``eps`` is the precision's unit (2.2e-16, or 1.2e-7) and ``F`` the Fisher with the penalty's part. The first
sum is the magnitude of the gradient's terms: each is accurate to ``eps`` of ``A'(f_i)`` and of the target.
The second is the effect of rounding ``theta`` to ``eps`` of each entry. With a non-smooth penalty
``||theta||`` is added, because optimality is then a difference of parameters. The exact minimum, rounded to
float32, has a gradient norm of 0.01 to 1 ``eps S``, from standardised inputs to inputs with a mean of 100
standard deviations. For several outputs ``||J_i' r_i||`` is approximated in proportion to
``||J_i' (|A'| + |r_i|)||``, so that one pass over the rows suffices for both.

Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), sections 1.6 and 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.problem.objective import Point

CONVERGED_AT = 1e-8  # relative to the terms, at which a gradient has converged
GOAL_AT = 1e-11  # relative to the same, at which iterations stop
SAME_VALUE = 1e-12  # relative change of the objective due to rounding, in float64
ROUNDINGS = 8  # the same in units of the machine precision, if larger


@dataclass(frozen=True)
class GradientScale:
    """The reference scale for the gradient of ``L(.; w)`` at a point.

    Attributes:
        terms: ``R``, the magnitude of the gradient's terms. rounding: ``eps S``.
    """

    terms: float
    rounding: float

    @property
    def threshold(self) -> float:
        """The gradient norm at and below which the point has converged."""
        return max(CONVERGED_AT * self.terms, self.rounding)

    @property
    def goal(self) -> float:
        """The gradient norm at which iterations stop."""
        return max(GOAL_AT * self.terms, self.rounding / ROUNDINGS)


def gradient_terms(point: Point, weights: Tensor) -> float:
    """``R``, the magnitude of the terms of the gradient of ``L(.; w)``, ``w`` ``[n]``, at ``point``."""
    return _terms(point, weights)[0]


def gradient_scale(point: Point, weights: Tensor) -> GradientScale:
    """The reference scale for the gradient of ``L(.; w)``, ``w`` ``[n]``, at ``point``."""
    terms, rounding = _terms(point, weights)
    rounding += float((Fisher.of(point, weights=weights) @ point.theta.abs()).norm())
    if not point.objective.smooth:
        rounding += float(point.theta.norm())
    return GradientScale(terms, torch.finfo(point.theta.dtype).eps * rounding)


def _terms(point: Point, weights: Tensor) -> tuple[float, float]:
    """``R``, and the first part of ``S``."""
    objective, outputs = point.objective, point.outputs
    pulls = objective.residual_size(outputs)
    size = objective.row_losses.weighted(objective.loss.mean(outputs).abs()) + pulls
    norms = point.linearization.squared_norms(size[:, :, None]).sqrt()
    share = weights.abs() / objective.n
    part = pulls.norm(dim=1) / size.norm(dim=1).clamp(min=torch.finfo(size.dtype).tiny)
    return float(share @ (part * norms)), float(share @ norms)


def gradient_threshold(point: Point, weights: Tensor) -> float:
    """The gradient norm at and below which ``point`` has converged for ``L(.; w)``, ``w`` ``[n]``."""
    return gradient_scale(point, weights).threshold


def same_value(change: float, point: Point, weights: Tensor) -> bool:
    """Whether the objective's value changed from ``point`` by no more than rounding.

    The value sums losses ``l_i``, each accurate to the precision of itself and of ``r_i f_i``.
    """
    objective = point.objective
    moved = (objective.residual_size(point.outputs) * point.outputs.abs()).sum(1)
    losses = weights.abs() @ (point.losses().abs() + moved) / objective.n
    size = float(losses) + abs(float(objective.penalty_value(point.theta)))
    return abs(change) <= max(SAME_VALUE, ROUNDINGS * torch.finfo(losses.dtype).eps) * size
