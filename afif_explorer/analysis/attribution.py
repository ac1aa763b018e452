"""``attribute``: what each training row does to a target."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from afif_explorer import wording
from afif_explorer.analysis.comparisons import warn_of_groups
from afif_explorer.analysis.fitting import Fit
from afif_explorer.analysis.prepared import bound, prepared, warn_unfinished
from afif_explorer.analysis.removable import irremovable, warn_undefined
from afif_explorer.engine.influence.leverages import HIGH
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Target, as_targets, bind_together, gradients_of
from afif_explorer.errors import HighLeverage, InvalidChoice

ROUNDED = 1e-8  # one minus a leverage that is 1 but for rounding


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

    Returns ``[n_train]``, or ``[n_train, m]`` for ``m`` targets, which share one block solve. The only row of
    a class has no effect that is defined: NaN, with the warning :class:`Undefined`, which also names groups
    that a disparity leaves out.

    Raises :class:`SolverDiverged`; warns :class:`NotConverged`, and :class:`HighLeverage` where a row holds
    so much of its own fit that its effect falls short by a fifth or more. ``AFIF(rescale=True)`` corrects
    that, as the Newton step does; it is looked for where a factor of the curvature is there.
    Source: Lev and Wilson, arXiv 2407.08169.
    """
    influence = prepared(method, fit)
    found = effects_of(influence, fit, target, order=order)
    warn_unfinished(influence)
    warn_undefined(fit, "The effect")
    warn_of_groups(fit, as_targets(target))
    if not influence.rescale and influence.solves_cheaply:
        _warn_of_leverage(influence)
    return found


def effects_of(
    influence: Influence,
    fit: Fit,
    target: Target | Sequence[Target],
    *,
    order: int | None = None,
) -> np.ndarray:
    """The same with a method that was prepared before."""
    if order not in (None, 1, 2):
        raise InvalidChoice(f"The order of an effect is 1 or 2, not {order!r}.")
    targets = as_targets(target)
    if not targets:
        raise InvalidChoice("There is no target to attribute; give at least one.")
    groups = bind_together(fit, targets, bound)
    effects = influence.effects(gradients_of(groups))
    if order == 2 or (order is None and influence.affords_second_order):
        influence.add_second_orders(groups, effects)
    found = effects.cpu().numpy()
    found[irremovable(fit.objective)] = np.nan
    return found[:, 0] if isinstance(target, Target) else found


def _warn_of_leverage(influence: Influence) -> None:
    high = influence.high_leverages
    if not high.count:
        return
    several, largest = high.count > 1, high.largest
    factor = f"{1 / (1 - largest):.2g}" if 1 - largest > ROUNDED else "any number"
    counts = f"{wording.count(high.count)} of {wording.count(influence.objective.n)}"
    counts = counts if high.exact else f"About {counts}"
    warnings.warn(
        f"{counts} training rows {'have' if several else 'has'} a leverage above {HIGH} (largest "
        f"{largest:.2g}), so {'their effects are' if several else 'its effect is'} too small, by a factor of "
        f"up to {factor}; use {type(influence.method).__name__}(rescale=True), which divides by one minus "
        "the leverage.",
        HighLeverage,
        stacklevel=3,
    )
