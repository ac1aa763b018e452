"""Reach: how far a prediction about removed rows can be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.influence.refinement import Refined, norm_of, towards_refit
from afif_explorer.engine.influence.smooth import Influence

GOOD, FAIR = 0.05, 0.25  # expected relative errors up to which a prediction is good, or fair
MOST_STATED = 10.0  # expected relative error that is still stated as a number
SMALLEST = 1e-300
_TOO_MUCH = "Too much is removed for a one-step prediction; retrain to check."
_UNSURE = "Further steps towards the refit do not converge; retrain to check."
_CANCEL = (
    "The effects of the rows on the target nearly cancel, so the error of one step is large relative to "
    "the net change; retrain to check."
)


@dataclass(frozen=True, repr=False)
class Reach:
    """How far to trust a prediction about a set of removed rows.

    Of the parameters (:attr:`Unlearned.reach`) or of one target (:attr:`Unlearned.target_reach`). They
    differ if the rows' effects on the target cancel: its net change is then much smaller than the single
    effects, and the error of one step can be as large as the net change.

    Attributes:
        expected_error: of the predicted change, relative to the estimated change of a refit. With ``x``
            the predicted change of the parameters and ``s`` the sum of further steps (see
            :class:`RefitEstimate`): ``||s|| / ||x + s||`` in the norm of the curvature, or for a target
            ``|T(theta + x + s) - T(theta + x)| / |T(theta + x + s) - T(theta)|``. Infinite if the further
            steps do not converge, which can happen for a network.
        captured: the predicted change divided by the estimated change of a refit: ``||x|| / ||x + s||``,
            or for a target the same with signs. Below 1 the prediction is too small, above 1 too large,
            below 0 it has the wrong sign. NaN if it cannot be estimated.
        leverage: sum of the removed rows' leverages. share: of the training rows that are removed.
        level: "good", "fair" or "poor". text: one sentence that says so.
    """

    expected_error: float
    captured: float
    leverage: float
    share: float
    level: Literal["good", "fair", "poor"]
    text: str

    def __repr__(self) -> str:
        return f"<Reach: {self.level}, expected error {self.expected_error:.2g}>"


class RefitEstimate:
    """An estimate of the refit without some rows, from the prediction ``theta + x``.

    ``s`` is the sum of further steps towards the refit
    (:mod:`afif_explorer.engine.influence.refinement`): Newton steps with the Hessian at each point, without
    the rows, from the remaining gradient at ``theta + x`` (minus that of the fit), until the last one is a
    twentieth of their sum; with a non-smooth penalty proximal steps, in which parameters can become zero or
    nonzero. They account for the removed rows' curvature, its change along the way, damping, and the
    difference between Fisher and Hessian. If they do not converge, the refit may be far away, and the level
    is "poor".

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
        share = len(self._rows) / self._influence.objective.n
        if not self._refined.settled:
            error, captured = math.inf, math.nan
        return judge(error, captured, self._leverage, share, whose, poor)

    @cached_property
    def _leverage(self) -> float:
        if len(self._rows) == 0:
            return 0.0
        index = torch.as_tensor(self._rows, device=self._influence.objective.device)
        return float(self._influence.leverage_of(index).sum())

    def _norm(self, step: Tensor) -> float:
        return norm_of(self._influence, step)

    @cached_property
    def _missed(self) -> Tensor:
        """``s`` ``[p]``; 0 if nothing moved."""
        return self._refined.step

    @cached_property
    def _refined(self) -> Refined:
        return towards_refit(self._influence, self._rows, self._moved)


def judge(
    error: float, captured: float, leverage: float, share: float, whose: str, poor: str
) -> Reach:
    """The reach of ``whose`` change; ``poor``: the advice if the error is large.

    An infinite ``error`` means that it cannot be estimated.
    """
    size = "small" if captured < 1 else "large"
    told = f"the expected error is {_percent(error)} % of the {whose} change."
    level: Literal["good", "fair", "poor"]
    if math.isinf(error):
        level, advice = "poor", _UNSURE
        told = f"the error of the {whose} change cannot be estimated."
    elif error <= GOOD:
        level, advice = "good", "A refit should agree with this prediction."
    elif error <= FAIR:
        level, advice = "fair", f"The direction is reliable; the size is probably too {size}."
    else:
        level, advice = "poor", poor
    text = f"Removing {100 * share:.2g} % of the rows (summed leverage {leverage:.2g}): {told} {advice}"
    return Reach(error, captured, leverage, share, level, text)


def _percent(error: float) -> str:
    if error > MOST_STATED:
        return f"more than {100 * MOST_STATED:.0f}"
    return f"about {100 * error:.2g}" if error < 1 else f"about {100 * error:.0f}"


def _over(part: float, whole: float, without: float) -> float:
    """``part / whole``; ``without`` if both are 0, and very large if only the whole is."""
    if part == whole == 0:
        return without
    return part / math.copysign(max(abs(whole), SMALLEST), whole)
