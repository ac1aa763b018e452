"""``attribute``: the effect of each training row on a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared
from afif_explorer.analysis.limits.comparisons import few_rows, groups_left_out, guesses
from afif_explorer.analysis.limits.reasons import undefined_rows
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.limits.trust import Reason
from afif_explorer.analysis.rows.effects import Effects, facts_of, units_of
from afif_explorer.analysis.rows.judging import judge
from afif_explorer.analysis.rows.refined import Refine, put_refined, refinement_of
from afif_explorer.analysis.rows.told import effect_words
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.row_refinement import RowRefinement
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Target, as_targets, bind_together, gradients_of
from afif_explorer.errors import Guessed, InvalidChoice, Undefined
from afif_explorer.numeric import is_whole
from afif_explorer.wording import quoted


def attribute(
    fit: Fit,
    target: Target | Sequence[Target],
    method: Method = AFIF(),  # noqa: B008 - frozen
    *,
    order: int | None = None,
    refine: Refine = "auto",
) -> Effects:
    """The predicted change of a target if each training row is removed, ``T(theta(w)) - T(theta(1))``.

    ``c' D_i + D_i' (grad^2 T) D_i / 2`` with ``D_i = C^-1 g_i / n`` the predicted change of the parameters
    without row ``i``, ``c = grad T`` the target's gradient, ``C`` the method's curvature and ``g_i`` the
    gradient of the row's loss. Positive: the target rises without the row. Units: those of the target.

    Args:
        fit: a model and its training rows.
        target: a target, or a list of ``m`` targets, which share one block solve.
        method: curvature, solver and leverage correction (by default on where it costs little).
        order: 1 keeps the first term only: the classical influence, additive over rows. 2 keeps both; the
            second term is small but has the same sign for every row where ``T`` is convex, as a loss is.
            None: both where the second is cheap (outputs linear in at most 3000 parameters, those that an
            L1 penalty holds at 0 not counted), else 1.
        refine: "auto": rows for which one step is not enough, found by the gradient that remains after it,
            take further steps towards the refit where that costs little (effects of second order,
            leverage-corrected and undamped; all rows of small data, else the most likely ones). True: look
            at all rows, at any cost. False: one step for every row.

    Returns:
        ``Effects``: an array ``[n_train]`` in the order of the training rows, or ``[n_train, m]`` for a list,
        with ``ids``, ``unit``, ``trust``, ``top(k)`` and ``to_frame()``. NaN where removing the row leaves no
        model, as for the only row of a class, or one that is not determined (leverage 1).

    Raises:
        InvalidChoice: if an argument is not a fit, target or method, ``order`` is not 1 or 2, or
            the model does not allow ``refine=True``.
        SolverDiverged or CurvatureError: where the system has no usable solution.

    Warns :class:`NotConverged`; :class:`Undefined` where effects are NaN or a disparity leaves out groups;
    :class:`Guessed` where a gap is about a favourable class that nobody chose;
    :class:`NotAtMinimum` and :class:`NegativeCurvature` where the fit is no minimum; :class:`HighLeverage`
    where an uncorrected method meets rows of so much leverage that their effect is too small by a fifth or
    more; and :class:`LargeStep` where one step is not enough for some rows that
    were not refined. ``effects.trust`` has the same reasons.

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
    return attributed(prepared(method, fit), fit, target, order=order, refine=refine)


def attributed(
    influence: Influence,
    fit: Fit,
    target: Target | Sequence[Target],
    *,
    order: int | None = None,
    refine: Refine = "auto",
) -> Effects:
    """:func:`attribute` with a prepared method."""
    values, refinement = refined_effects(influence, fit, target, order=order, refine=refine)
    targets = as_targets(target)
    own = undefined_rows(fit, influence, "The effect")
    own += [Reason("good", told, Undefined) for told in groups_left_out(fit, targets)]
    own += [Reason("good", told, Guessed) for told in guesses(fit, targets)]
    own += [Reason("fair", told) for told in few_rows(fit, targets)]
    trust = judge(fit, influence, refinement, own, targets)
    units, single = units_of(targets, facts_of(fit)), isinstance(target, Target)
    return Effects(
        values,
        fit.ids,
        targets[0] if single else tuple(targets),
        units[0] if single else units,
        effect_words(influence, order, refinement),
        trust,
        None if fit.data is None else fit.data.train.frame,
    )


def effects_of(
    influence: Influence,
    fit: Fit,
    target: Target | Sequence[Target],
    *,
    order: int | None = None,
) -> np.ndarray:
    """The values of :func:`attribute` with a prepared method and without warnings."""
    return refined_effects(influence, fit, target, order=order)[0]


def refined_effects(
    influence: Influence,
    fit: Fit,
    target: Target | Sequence[Target],
    *,
    order: int | None = None,
    refine: Refine = "auto",
) -> tuple[np.ndarray, RowRefinement | None]:
    """The same, and which rows were refined."""
    if order is not None and not (is_whole(order) and order in (1, 2)):
        raise InvalidChoice(f"The order of an effect is 1 or 2, not {quoted(order)}.")
    targets = as_targets(target)
    if not targets:
        raise InvalidChoice("The list of targets is empty; pass at least one.")
    refinement = refinement_of(influence, order, refine)
    groups = bind_together(fit, targets, bound)
    effects = influence.effects(gradients_of(groups))
    if order == 2 or (order is None and influence.affords_second_order):
        influence.add_second_orders(groups, effects)
    found = effects.cpu().numpy()
    if refinement is not None:
        put_refined(groups, refinement, influence.point.theta, found)
    found[irremovable(fit.objective)] = np.nan
    return (found[:, 0] if isinstance(target, Target) else found), refinement
