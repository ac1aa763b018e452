"""``attribute``: what each training row does to a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from afif_explorer.analysis.comparisons import warn_of_groups
from afif_explorer.analysis.fitting import Fit
from afif_explorer.engine.influence import Influence
from afif_explorer.engine.methods import AFIF, Method, prepared
from afif_explorer.engine.targets import Target, as_targets
from afif_explorer.errors import ChoiceError


def attribute(
    fit: Fit,
    target: Target | Sequence[Target],
    method: Method = AFIF(),  # noqa: B008 - frozen
    *,
    order: int | None = None,
) -> np.ndarray:
    """The predicted change of the target if each training row is removed, ``T(theta(w)) - T(theta(1))``.

    ``c' D_i + D_i' (grad^2 T) D_i / 2`` with ``D_i = C^-1 g_i / n`` the row's predicted step, ``c`` the
    target's gradient, ``C`` the method's curvature and ``g_i`` the row's loss gradient. Positive: leaving
    the row out raises the target. Units: those of the target.

    ``order=1`` leaves the second term out: the classical influence, additive over rows. It is small but
    one-sided for losses. None: both terms where the second costs little (outputs linear in no more
    than 3000 parameters, no kinks in the penalty), else the first.

    Returns ``[n_train]``, or ``[n_train, m]`` for ``m`` targets, which share one block solve.
    Raises :class:`SolverDiverged`; warns :class:`NotConverged`, and :class:`PartlyDefined` of groups that a
    disparity leaves out. Source: Lev and Wilson, arXiv 2407.08169.
    """
    effects = effects_of(prepared(method, fit), fit, target, order=order)
    warn_of_groups(fit, as_targets(target))
    return effects


def effects_of(
    influence: Influence,
    fit: Fit,
    target: Target | Sequence[Target],
    *,
    order: int | None = None,
) -> np.ndarray:
    """The same with a method that was prepared before."""
    if order not in (None, 1, 2):
        raise ChoiceError(f"The order of an effect is 1 or 2, not {order!r}.")
    targets = as_targets(target)
    if not targets:
        raise ChoiceError("There is no target to attribute; give at least one.")
    bound = [one.bind(fit) for one in targets]
    effects = influence.effects(torch.stack([one.gradient() for one in bound], dim=1))
    if order == 2 or (order is None and influence.affords_second_order):
        effects = effects + torch.stack([influence.second_order(one.bend) for one in bound], dim=1)
    found = effects.cpu().numpy()
    return found[:, 0] if isinstance(target, Target) else found
