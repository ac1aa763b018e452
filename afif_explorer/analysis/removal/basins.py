"""Whether a warm refit stayed near the fit, or ended in another minimum of its objective.

If the objective without the rows is quadratic between the fit ``theta`` and its minimum ``theta + d``, it
falls by ``-g' d / 2 = d' H d / 2`` with ``g`` and ``H`` its gradient and Hessian at ``theta``. Three numbers
that differ by a large factor mean that the refit crossed into another basin, or went so far that no step
from the fit predicts it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.convergence import same_value
from afif_explorer.errors import AnotherBasin
from afif_explorer.wording import count

FACTOR = 2.0  # between the smallest and the largest of the three, above which a refit is elsewhere


def warn_of_basins(
    objective: Objective,
    theta: Tensor,
    sets: Sequence[np.ndarray],
    refits: Tensor,
    *,
    stacklevel: int = 3,
) -> None:
    """Warn :class:`AnotherBasin` of refits ``[p, m]`` from ``theta`` without each of ``m`` sets of rows.

    Only for models that are not linear in their parameters, with a smooth penalty.
    """
    if objective.canonical or not objective.smooth:
        return
    weights = (objective.vector(leave_out(objective.n, rows)) for rows in sets)
    pairs = zip(weights, refits.T, strict=True)
    falls = [one for w, end in pairs if (one := _unexpected(objective, theta, w, end))]
    if falls:
        warnings.warn(_told(falls, refits.shape[1]), AnotherBasin, stacklevel=stacklevel)


def _unexpected(
    objective: Objective, theta: Tensor, weights: Tensor, end: Tensor
) -> tuple[float, float] | None:
    """How far the objective fell, and how far a quadratic would have; None if the two agree."""
    start = objective.at(theta)
    fall = float(start.value(weights) - objective.at(end).value(weights))
    step = end - theta
    expected = -float(start.gradient(weights) @ step) / 2
    curved = float(step @ (Hessian.of(start, weights=weights) @ step)) / 2
    sizes = (fall, expected, curved)
    if same_value(max(map(abs, sizes)), start, weights):
        return None
    agree = min(sizes) > 0 and max(sizes) <= FACTOR * min(sizes)
    return None if agree else (fall, expected)


def _told(falls: Sequence[tuple[float, float]], refits: int) -> str:
    fall, expected = falls[0]
    which = "The refit" if refits == 1 else f"{count(len(falls))} of {count(refits)} refits"
    return (
        f"{which} ended in another minimum than the one next to the fit, or far from it: the objective fell "
        f"by {fall:.2g}, and from the fit {expected:.2g} was expected. What changed is then not the effect "
        "of the removed rows alone; average over seeds, or compare with bregman_response."
    )
