"""``attribute``: the effect of each training row on a target."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from afif_explorer import wording
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared, warn_unfinished
from afif_explorer.analysis.limits.comparisons import warn_of_groups
from afif_explorer.analysis.limits.removable import irremovable, warn_undefined
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
    """The predicted change of a target if each training row is removed, ``T(theta(w)) - T(theta(1))``.

    ``c' D_i + D_i' (grad^2 T) D_i / 2`` with ``D_i = C^-1 g_i / n`` the predicted change of the parameters
    without row ``i``, ``c = grad T`` the target's gradient, ``C`` the method's curvature and ``g_i`` the
    gradient of the row's loss. Positive: the target rises without the row. Units: those of the target.

    Args:
        fit: a model and its training rows.
        target: a target, or a list of ``m`` targets, which share one block solve.
        method: curvature, solver and corrections.
        order: 1 keeps the first term only: the classical influence, additive over rows. 2 keeps both; the
            second term is small but has the same sign for every row where ``T`` is convex, as a loss is.
            None: both where the second is cheap (outputs linear in at most 3000 parameters, smooth
            penalty), else 1.

    Returns:
        ``[n_train]`` in the order of the training rows, or ``[n_train, m]`` for a list. NaN where removing
        the row leaves no model, as for the only row of a class.

    Raises:
        InvalidChoice: if an argument is not a fit, target or method, or ``order`` is not 1 or 2.
        SolverDiverged or CurvatureError: where the system has no usable solution.

    Warns :class:`NotConverged`; :class:`Undefined` where effects are NaN or a disparity leaves out groups;
    and :class:`HighLeverage` where rows have so much leverage that their effect is too small by a fifth or
    more, which ``AFIF(rescale=True)`` or :class:`NewtonStep` corrects. Leverages are computed only where
    that is cheap.

    Source: Lev and Wilson, The Approximate Fisher Influence Function, arXiv 2407.08169.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> effects = ax.attribute(fit, ax.MeanLoss("test"))
    >>> effects.shape
    (1400,)
    >>> several = ax.attribute(fit, [ax.MeanLoss("test"), ax.DemographicParityDifference("group")])
    >>> several.shape
    (1400, 2)
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
    """:func:`attribute` with a prepared method and without warnings."""
    if order not in (None, 1, 2):
        raise InvalidChoice(f"The order of an effect is 1 or 2, not {order!r}.")
    targets = as_targets(target)
    if not targets:
        raise InvalidChoice("The list of targets is empty; pass at least one.")
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
