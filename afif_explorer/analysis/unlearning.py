"""``unlearn``: the model without some rows, by one step instead of training again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from afif_explorer.analysis.fitting import Fit
from afif_explorer.analysis.reach import Reach, judge
from afif_explorer.engine.curvature import Hessian
from afif_explorer.engine.influence import Influence
from afif_explorer.engine.losses import Bernoulli, Categorical
from afif_explorer.engine.methods import AFIF, Method
from afif_explorer.engine.targets import Target
from afif_explorer.engine.weights import checked_rows, leave_out
from afif_explorer.errors import DataError


@dataclass(frozen=True, eq=False)
class Unlearned:
    """Predicted parameters without the rows.

    Attributes:
        theta: ``[p]``. effects: for each target its predicted change, ``T(theta) - T(before)``.
        reach: how far to trust it. rows: positions of the removed rows, in order.
    """

    theta: np.ndarray
    effects: dict[Target, float]
    reach: Reach
    rows: np.ndarray


def unlearn(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    targets: Sequence[Target] = (),
) -> Unlearned:
    """Parameters and targets without ``rows``, predicted in one step.

    ``theta(w) = theta + (1/n) C^-1 sum_rows g_i``, ``[p]``, with ``C`` the method's curvature (with kinks
    in the penalty the proximal step in its norm). Each target is evaluated there: its effect is
    ``T(theta(w)) - T(theta(1))``, in its units, positive if it rises without the rows.

    Args:
        rows: positions ``[m]`` or a mask ``[n_train]``. targets: what to measure before and after.

    Raises :class:`ChoiceError` for rows that do not exist, :class:`DataError` if none, or none of a class,
    would be left, :class:`CurvatureError` and :class:`SolverDiverged` where the step does not exist; warns
    :class:`NotConverged`. Sources: Lev and Wilson, arXiv 2407.08169; Suriyakumar and Wilson (2022).
    """
    return unlearn_with(method.prepare(fit.objective, fit.parameters), fit, rows, targets)


def unlearn_with(
    influence: Influence, fit: Fit, rows: Sequence[int] | np.ndarray, targets: Sequence[Target] = ()
) -> Unlearned:
    """The same with a method that was prepared before."""
    chosen = removable(fit, rows)
    theta = influence.parameters(fit.objective.vector(leave_out(fit.n, chosen)))
    before = fit.parameters
    effects = {}
    for target in targets:
        bound = target.bind(fit)
        effects[target] = bound.value(theta) - bound.value(before)
    reach = reach_of(influence, chosen, theta - before)
    return Unlearned(theta.cpu().numpy(), effects, reach, chosen)


def removable(fit: Fit, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Row positions, checked; some rows must stay, of every class one."""
    chosen = checked_rows(fit.n, rows)
    if len(chosen) == fit.n:
        raise DataError("All training rows would be removed; keep at least one.")
    if isinstance(fit.objective.loss, Bernoulli | Categorical):
        y = fit.objective.y.cpu().numpy().astype(np.int64)
        gone = np.setdiff1d(y, np.delete(y, chosen))
        if len(gone):
            raise DataError(
                f"After the removal no training row of class {_class_name(fit, int(gone[0]))} would be "
                "left, and the model without them has no finite fit; keep at least one."
            )
    return chosen


def _class_name(fit: Fit, code: int) -> str:
    return repr(fit.data.classes[code]) if fit.data and fit.data.classes else str(code)


def reach_of(influence: Influence, rows: np.ndarray, change: torch.Tensor) -> Reach:
    """The verdict on a predicted ``change`` ``[p]`` after removing ``rows``."""
    n = influence.objective.n
    if len(rows) == 0 or float(change.norm()) == 0:
        return judge(0.0, 0.0, len(rows) / n)
    missed = _second_step(influence, influence.objective.vector(leave_out(n, rows)), change)
    error, size = (_norm(influence, step) for step in (missed, change + missed))
    index = torch.as_tensor(rows, device=influence.objective.device)
    return judge(error / max(size, 1e-300), float(influence.leverage()[index].sum()), len(rows) / n)


def _norm(influence: Influence, step: torch.Tensor) -> float:
    """``||step||`` in the norm of the curvature."""
    return float((step @ (influence.curvature @ step)).clamp(min=0).sqrt())


def _second_step(influence: Influence, weights: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """What a second step would add, ``[p]``: along ``-C^-1 g``, as far as the Hessian there says."""
    objective, point = influence.objective, influence.point
    there = objective.at(point.theta + change)
    left = there.gradient(weights)
    if not objective.smooth:
        # The step has left the slope of kinks behind; what counts is where the quadratic model erred.
        return influence.solve(point.gradient(weights) + influence.curvature @ change - left)
    pull = point.gradient() - left
    step = influence.solve(pull)
    bend = float(step @ (Hessian.of(there, weights=weights) @ step))
    return step * (float(step @ pull) / bend) if bend > 0 else step
