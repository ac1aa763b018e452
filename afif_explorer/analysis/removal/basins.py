"""Whether a warm refit stayed near the fit, or ended in another minimum of its objective.

If the objective without the rows is quadratic between the fit ``theta`` and its minimum ``theta'``, it falls by
``g' (theta - theta') / 2`` with ``g`` its gradient at ``theta``. A fall that differs from that by a large factor
means that the refit crossed into another basin, or went so far that no step from the fit predicts it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from torch import Tensor

from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.training.convergence import same_value
from afif_explorer.errors import AnotherBasin
from afif_explorer.wording import count

FACTOR = 1.5  # of the expected fall, above which, or below whose inverse, a refit is elsewhere


def warn_of_basins(
    objective: Objective, theta: Tensor, weights: Tensor, refits: Tensor, *, stacklevel: int = 3
) -> None:
    """Warn :class:`AnotherBasin` of refits ``[p, m]`` from ``theta`` at weights ``[n, m]`` that went elsewhere.

    Only for models that are not linear in their parameters, with a smooth penalty.
    """
    if objective.canonical or not objective.smooth:
        return
    pairs = zip(weights.T, refits.T, strict=True)
    falls = [one for w, end in pairs if (one := _unexpected(objective, theta, w, end))]
    if falls:
        warnings.warn(_told(falls, refits.shape[1]), AnotherBasin, stacklevel=stacklevel)


def _unexpected(
    objective: Objective, theta: Tensor, weights: Tensor, end: Tensor
) -> tuple[float, float] | None:
    """How far the objective fell, and how far a quadratic would have; None if the two agree."""
    start = objective.at(theta)
    fall = float(start.value(weights) - objective.at(end).value(weights))
    if same_value(fall, start, weights):
        return None
    expected = float(start.gradient(weights) @ (theta - end)) / 2
    agree = expected > 0 and 1 / FACTOR <= fall / expected <= FACTOR
    return None if agree else (fall, expected)


def _told(falls: Sequence[tuple[float, float]], refits: int) -> str:
    fall, expected = falls[0]
    which = "The refit" if refits == 1 else f"{count(len(falls))} of {count(refits)} refits"
    return (
        f"{which} ended in another minimum than the one next to the fit, or far from it: the objective fell by "
        f"{fall:.2g} where {expected:.2g} was expected. What changed is then not the effect of the removed rows "
        "alone; average over seeds, or compare with bregman_response."
    )
