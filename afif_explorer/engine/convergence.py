"""When a gradient counts as zero, and two values as the same, in the precision of the work.

In float64 a minimum is a gradient norm of at most 1e-8, which rounding never reaches for data of ordinary
size. In float32 rounding alone can leave more than that, so there the threshold is what rounding leaves:

``max(1e-8, eps S)`` with ``S = (1/n) sum_i |w_i| ||J_i' (|A'(f_i)| + |r_i|)|| + ||F |theta| ||``

``eps`` is the precision's unit (1.2e-7), ``J_i`` the Jacobian of row ``i``'s outputs ``f_i``, ``r_i`` the
residual, ``F`` the Fisher with the penalty's part. The first sum is the size of the terms whose sum the
gradient is: each is known to ``eps`` of ``A'(f_i)`` and of the target. The second is what ``theta`` itself,
stored to ``eps`` of each entry, does to the gradient. With kinks in the penalty ``||theta||`` is added, for
optimality is a difference of parameters then. The exact minimum, rounded to float32, has a gradient norm
of 0.01 to 1 ``eps S``, from standardised inputs to such with a mean of 100 standard deviations.

Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), sections 1.6 and 4.2.
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature import Fisher
from afif_explorer.engine.objective import Point

CONVERGED_AT = 1e-8  # gradient norm at which a fit in float64 counts as a minimum
SAME_VALUE = 1e-12  # relative change of the objective that is rounding, in float64
ROUNDINGS = 8  # the same in units of the precision, where that is more


def gradient_threshold(point: Point, weights: Tensor) -> float:
    """The gradient norm at and below which ``point`` counts as a minimum of ``L(.; w)``, ``w`` ``[n]``."""
    objective = point.objective
    if objective.dtype == torch.float64:
        return CONVERGED_AT
    size = objective.loss.mean(point.outputs).abs() + point.residual.abs()
    terms = point.linearization.squared_norms(size[:, :, None]).sqrt()
    scale = float(weights.abs() @ terms) / objective.n
    scale += float((Fisher.of(point, weights=weights) @ point.theta.abs()).norm())
    if not objective.smooth:
        scale += float(point.theta.norm())
    return max(CONVERGED_AT, torch.finfo(objective.dtype).eps * scale)


def same_value(change: float, value: float, dtype: torch.dtype) -> bool:
    """Whether the objective's value changed by no more than rounding."""
    return abs(change) <= max(SAME_VALUE, ROUNDINGS * torch.finfo(dtype).eps) * (1 + abs(value))
