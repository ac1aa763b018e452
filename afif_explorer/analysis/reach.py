"""How far a prediction about removed rows can be trusted, in words and numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature import Fisher, Hessian
from afif_explorer.engine.influence import Influence
from afif_explorer.engine.proximal import ProximalProblem
from afif_explorer.engine.weights import leave_out

GOOD, FAIR = 0.05, 0.25  # expected relative errors up to which a prediction is good, or fair
MOST_TOLD = 10.0  # expected relative error that is still told as a number
SMALLEST = 1e-300
_TOO_MUCH = "Too much is removed for one step; retrain to know."
_CANCEL = (
    "What the rows do to the target nearly cancels, so that little of it is left beside what one step "
    "misses; retrain to know."
)


@dataclass(frozen=True)
class Reach:
    """How far to trust a prediction about a set of removed rows.

    Of the parameters (:attr:`Unlearned.reach`) or of one target (:attr:`Unlearned.target_reach`). They
    differ where the rows' effects on the target cancel: it then changes by much less than its parts, and
    what one step misses of the parts can be as large as all of the change.

    Attributes:
        expected_error: of the predicted change, relative to that of a refit as far as it can be told. With
            ``x`` the predicted change of the parameters and ``s`` what a second step would add (see
            :class:`Beyond`): ``||s|| / ||x + s||`` in the norm of the curvature, or for a target
            ``|T(theta + x + s) - T(theta + x)| / |T(theta + x + s) - T(theta)|``.
        captured: the predicted change over that of a refit as far as it can be told: ``||x|| / ||x + s||``,
            or for a target the same with signs. Below 1 the prediction is too small, above 1 too large,
            below 0 it has the wrong sign.
        leverage: sum of the removed rows' leverages. share: of the training rows that are removed.
        level: "good", "fair" or "poor". text: one sentence that says so.
    """

    expected_error: float
    captured: float
    leverage: float
    share: float
    level: str
    text: str


class Beyond:
    """What lies beyond one step from the fit, ``theta + x``, without some rows.

    A second step ``s`` goes along ``-C^-1 g``, with ``g`` the gradient that is left at ``theta + x`` without
    the rows (less that of the fit), as far as the Hessian there says. With kinks in the penalty it is the
    proximal step from there, in the norm of the Fisher there without the rows (shortened if the Hessian
    bends more): parameters can become zero in it, or cease to be. It sees the removed rows' own curvature,
    its change on the way, damping, and where Fisher and Hessian differ.

    Args:
        influence: the method at the fit. rows: removed positions. moved: ``theta + x`` ``[p]``.
    """

    def __init__(self, influence: Influence, rows: np.ndarray, moved: Tensor) -> None:
        self._influence, self._rows, self._moved = influence, rows, moved

    @cached_property
    def reach(self) -> Reach:
        """How far to trust the parameters."""
        near, missed = self._moved - self._influence.point.theta, self._missed
        size, missing, whole = self._norm(near), self._norm(missed), self._norm(near + missed)
        error, captured = _over(missing, whole, 0.0), _over(size, whole, 1.0)
        return self._judged(error, captured, "parameters'", _TOO_MUCH)

    def reach_on(self, value: Callable[[Tensor], float]) -> Reach:
        """How far to trust the change of a target with this ``value`` at any parameters."""
        before = value(self._influence.point.theta)
        near, far = value(self._moved) - before, value(self._moved + self._missed) - before
        advice = _TOO_MUCH if self.reach.level == "poor" else _CANCEL
        return self._judged(
            _over(abs(far - near), abs(far), 0.0), _over(near, far, 1.0), "target's", advice
        )

    def _judged(self, error: float, captured: float, whose: str, poor: str) -> Reach:
        n = self._influence.objective.n
        return judge(error, captured, self._leverage, len(self._rows) / n, whose, poor)

    @cached_property
    def _leverage(self) -> float:
        if len(self._rows) == 0:
            return 0.0
        index = torch.as_tensor(self._rows, device=self._influence.objective.device)
        return float(self._influence.leverage()[index].sum())

    def _norm(self, step: Tensor) -> float:
        """``||step||`` in the norm of the curvature."""
        return float((step @ (self._influence.curvature @ step)).clamp(min=0).sqrt())

    @cached_property
    def _missed(self) -> Tensor:
        """``s`` ``[p]``; 0 if nothing moved."""
        objective, fitted = self._influence.objective, self._influence.point
        if bool((self._moved == fitted.theta).all()):
            return torch.zeros_like(self._moved)
        weights = objective.vector(leave_out(objective.n, self._rows))
        if not objective.smooth:
            return self._proximal_step(weights)
        there = objective.at(self._moved)
        pull = fitted.gradient() - there.gradient(weights)
        step = self._influence.solve(pull)
        bend = float(step @ (Hessian.of(there, weights=weights) @ step))
        return step * (float(step @ pull) / bend) if bend > 0 else step

    def _proximal_step(self, weights: Tensor) -> Tensor:
        objective, there = self._influence.objective, self._influence.objective.at(self._moved)
        damping = 0.0 if objective.canonical else self._influence.curvature.damping
        matrix = Fisher.of(there, damping=damping, weights=weights).dense()
        problem = ProximalProblem(matrix, there.theta, objective.kinked, objective.penalised)
        left = there.gradient(weights)[:, None]
        aim = problem.solve(left).value
        step = aim[:, 0] - there.theta
        if objective.canonical:
            return step
        # The true Hessian may bend more along the step than the Fisher that it was made with.
        change = float(problem.value(aim, left) - problem.value(there.theta[:, None], left))
        slope = change - 0.5 * float(step @ (matrix @ step))
        bend = float(step @ (Hessian.of(there, weights=weights) @ step))
        return step * min(1.0, -slope / bend) if bend > 0 else step


def judge(
    error: float, captured: float, leverage: float, share: float, whose: str, poor: str
) -> Reach:
    """Numbers turned into a verdict on ``whose`` change; ``poor``: what to say if the error is large."""
    size = "small" if captured < 1 else "large"
    if error <= GOOD:
        level, advice = "good", "Expect the refit to differ little from this prediction."
    elif error <= FAIR:
        level, advice = "fair", f"Its direction holds; its size is likely to be too {size}."
    else:
        level, advice = "poor", poor
    text = (
        f"Removing {100 * share:.2g} % of the rows (summed leverage {leverage:.2g}): "
        f"{_percent(error)} % of the {whose} change is beyond one step. {advice}"
    )
    return Reach(error, captured, leverage, share, level, text)


def _percent(error: float) -> str:
    if error > MOST_TOLD:
        return f"more than {100 * MOST_TOLD:.0f}"
    return f"about {100 * error:.2g}" if error < 1 else f"about {100 * error:.0f}"


def _over(part: float, whole: float, without: float) -> float:
    """``part / whole``; ``without`` if both are 0, and very large if only the whole is."""
    if part == whole == 0:
        return without
    return part / math.copysign(max(abs(whole), SMALLEST), whole)
