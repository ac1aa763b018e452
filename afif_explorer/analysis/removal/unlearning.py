"""``unlearn``: the model without some rows, by one step instead of retraining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared, warn_unfinished
from afif_explorer.analysis.limits.comparisons import warn_of_groups
from afif_explorer.analysis.limits.removable import removable
from afif_explorer.analysis.removal.reach import Reach, RefitEstimate
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.targets.base import Target, as_targets


@dataclass(frozen=True, eq=False)
class Unlearned:
    """Predicted parameters and targets without some rows: the result of :func:`unlearn`.

    Attributes:
        theta: ``[p]``. effects: the predicted change of each target, ``T(theta) - T(before)``.
        reach: how far to trust the parameters. target_reach: how far to trust each target's change.
        rows: positions of the removed rows, in order.
    """

    theta: np.ndarray
    effects: dict[Target, float]
    reach: Reach
    target_reach: dict[Target, Reach]
    rows: np.ndarray


def unlearn(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    targets: Target | Sequence[Target] = (),
) -> Unlearned:
    """Parameters and targets without ``rows``, predicted in one step.

    ``theta(w) = theta + (1/n) C_w^-1 sum_rows g_i``, ``[p]``, with ``C_w`` the method's curvature less the
    rows' own Gauss-Newton part ``(1/n) sum_rows J_i' A'' J_i`` (leverage correction, by default on where it
    costs little; else ``C`` itself), so that one row has the effect that :func:`attribute` tells. For a
    non-smooth penalty it is the proximal step in that norm. Each target is evaluated there: its effect is
    ``T(theta(w)) - T(theta(1))``, in its units, positive if it rises without the rows.

    Args:
        fit: the model with all rows.
        rows: positions ``[m]`` or a mask ``[n_train]``.
        method: curvature, solver and corrections.
        targets: one target or several, measured before and after.

    Returns:
        An ``Unlearned``: ``theta`` ``[p]``, ``effects`` by target, and how far to trust them (``reach``,
        ``target_reach``).

    Raises:
        InvalidChoice: for rows that do not exist.
        DataError: if no rows, or none of a class, would be left.
        CurvatureError, SolverDiverged: where the step does not exist.

    Warns :class:`NotConverged`, also where the default correction does not exist (a network's Hessian that is
    not positive definite without the rows) and the plain step is taken; and :class:`Undefined` where a
    disparity leaves out groups.

    Sources: Lev and Wilson, arXiv 2407.08169; Suriyakumar and Wilson (2022).

    >>> import afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test")
    >>> found = ax.unlearn(fit, [0, 1, 2], targets=target)
    >>> found.theta.shape
    (13,)
    >>> found.reach.level
    'good'
    """
    influence = prepared(method, fit)
    found = unlearn_with(influence, fit, rows, targets)
    warn_unfinished(influence)
    warn_of_groups(fit, found.effects)
    return found


def unlearn_with(
    influence: Influence,
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    targets: Target | Sequence[Target] = (),
) -> Unlearned:
    """:func:`unlearn` with a prepared method and without warnings."""
    chosen, watched = removable(fit, rows), as_targets(targets)
    theta = parameters_without(influence, [chosen])[:, 0]
    beyond = RefitEstimate(influence, chosen, theta)
    effects, trusted = {}, {}
    for target in watched:
        value = bound(target, fit).value
        effects[target] = value(theta) - value(fit.parameters)
        trusted[target] = beyond.reach_on(value)
    return Unlearned(theta.cpu().numpy(), effects, beyond.reach, trusted, chosen)


def parameters_without(influence: Influence, sets: Sequence[np.ndarray]) -> Tensor:
    """``theta(w)`` without each of some sets of rows (positions), ``[p, m]``, all solved together."""
    objective = influence.objective
    weights = np.stack([leave_out(objective.n, rows) for rows in sets], axis=1)
    return influence.parameters(objective.vector(weights))
