"""Whether a warm refit stayed near the fit, or ended in another minimum of its objective.

Let ``L`` be the smooth part of the objective without the rows, ``g`` and ``H`` its gradient and Hessian at
the fit ``theta``, and ``g'`` its gradient where the refit ended, ``theta + d``. If ``L`` is quadratic in
between, then ``L(theta) - L(theta + d) + g' d = (g' - g) d / 2 = d' H d / 2``; with a smooth penalty ``g'``
is 0, and the first is how far the objective fell. Three numbers that differ by a large factor mean that the
refit crossed into another basin, or went so far that no step from the fit predicts it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.convergence import same_value
from afif_explorer.errors import AnotherBasin
from afif_explorer.wording import count

FACTOR = 2.0  # between the smallest and the largest of the three, above which a refit is elsewhere
MOST_NAMED = 5
Fall = tuple[float, float]  # how far the objective fell, and how far it was expected to


@dataclass(frozen=True)
class Basins:
    """Where ``m`` refits ended.

    Attributes:
        falls: of each refit that ended in another minimum than the one next to the fit; None of the others.
    """

    falls: tuple[Fall | None, ...] = ()

    def __add__(self, more: Basins) -> Basins:
        return Basins(self.falls + more.falls)

    @property
    def another(self) -> np.ndarray:
        """Whether each refit ended in another minimum, ``[m]`` bool."""
        return np.array([fall is not None for fall in self.falls], dtype=bool)

    def told(self, names: Iterable[object] = (), what: str = "") -> str:
        """A sentence about refits in another minimum, with their ``names`` ``[m]``; empty without any."""
        there = [fall for fall in self.falls if fall is not None]
        if not there:
            return ""
        fall, expected = there[0]
        refits = len(self.falls)
        which = "The refit" if refits == 1 else f"{count(len(there))} of {count(refits)} refits"
        named = [str(name) for name, one in zip(names, self.falls, strict=False) if one is not None]
        if named:
            more = " and others" if len(named) > MOST_NAMED else ""
            which += f" ({what} {', '.join(named[:MOST_NAMED])}{more})"
        return (
            f"{which} ended in another minimum than the one next to the fit, or far from it: the objective "
            f"fell by {fall:.2g}, and from the fit {expected:.2g} was expected. What changed is then not the "
            "effect of the removed rows alone; average over seeds, or compare with bregman_response."
        )

    def warn(self, names: Iterable[object] = (), what: str = "", *, stacklevel: int = 2) -> None:
        """Warn :class:`AnotherBasin` of them."""
        if told := self.told(names, what):
            warnings.warn(told, AnotherBasin, stacklevel=stacklevel + 1)


def elsewhere(another: np.ndarray) -> str:
    """A sentence about those of some refits ``[m]`` bool that ended in another minimum; empty for none."""
    if not another.any():
        return ""
    which = (
        "The refit"
        if another.size == 1
        else f"{count(another.sum())} of {count(another.size)} refits"
    )
    return (
        f"{which} ended in another minimum than the one next to the fit, or far from it: what changed there "
        "is not the effect of the removed rows alone."
    )


def basins_of(
    objective: Objective, theta: Tensor, sets: Sequence[np.ndarray], refits: Tensor
) -> Basins:
    """Where refits ``[p, m]`` from ``theta`` without each of ``m`` sets of rows (positions) ended.

    Models that are linear in their parameters have one minimum. A refit that is missing, NaN, is not judged.
    """
    if objective.canonical or not len(sets):
        return Basins((None,) * len(sets))
    start = objective.at(theta)
    weights = (objective.vector(leave_out(objective.n, rows)) for rows in sets)
    pairs = zip(weights, refits.T, strict=True)
    return Basins(tuple(_unexpected(start, w, end) for w, end in pairs))


def _unexpected(start: Point, weights: Tensor, theta: Tensor) -> Fall | None:
    """How far the objective fell, and how far a quadratic would have; None if they agree."""
    if theta.isnan().any():
        return None
    objective, step = start.objective, theta - start.theta
    end = objective.at(theta)
    left, arrived = start.gradient(weights), end.gradient(weights)
    penalty = (
        float((objective.penalty_diagonal() * step**2).sum()) / 2
    )  # its smooth part is quadratic
    towards = arrived - objective.penalty_gradient(theta)
    losses = (start.losses() - end.losses()) @ weights / objective.n
    fall = float(losses + towards @ step) + penalty
    expected = float((arrived - left) @ step) / 2
    curved = float(step @ (Hessian.of(start, weights=weights) @ step)) / 2
    sizes = (fall, expected, curved)
    if same_value(max(map(abs, sizes)), start, weights):
        return None
    agree = min(sizes) > 0 and max(sizes) <= FACTOR * min(sizes)
    return None if agree else (fall, max((expected, curved), key=lambda one: abs(one - fall)))
