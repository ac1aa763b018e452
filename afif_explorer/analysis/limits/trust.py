"""Whether effects can be trusted: the fit is a minimum, and one step is enough for each row."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from afif_explorer import wording
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.engine.curvature.minimum import DENSE
from afif_explorer.engine.influence.leverages import HIGH
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.errors import (
    HighLeverage,
    LargeStep,
    NegativeCurvature,
    NotAtMinimum,
    Undefined,
)

LEFT = 0.1  # of one row's mean gradient: a remaining gradient that no longer matters for effects
CHANGED = (
    2.0  # factor by which the row's own curvature changes along its step where one step falls short
)
ROUNDED = 1e-8  # one minus a leverage that is 1 but for rounding
_SHOWN = 5


def warn_of_trust(fit: Fit, influence: Influence, *, stacklevel: int = 3) -> None:
    """Warn of what limits the effects of a prepared method, for the caller's caller."""
    for category, told in (
        (NotAtMinimum, not_at_minimum(fit)),
        (NegativeCurvature, negative_curvature(fit, influence)),
        (HighLeverage, high_leverage(influence)),
        (LargeStep, large_steps(fit, influence)),
    ):
        if told:
            warnings.warn(told, category, stacklevel=stacklevel)


def not_at_minimum(fit: Fit) -> str:
    """A sentence if the remaining gradient, or a minimum that does not exist, spoils effects; else empty."""
    if fit.converged:
        return ""
    if fit.gradient_norm <= fit.gradient_threshold:
        return f"Effects assume a minimum. {fit.advice}"
    if fit.gradient_in_rows <= LEFT:
        return ""
    return (
        f"The fit is not at a minimum, which effects assume: its gradient norm is {fit.gradient_norm:.2g}, "
        f"{fit.gradient_in_rows:.2g} times what one row contributes on average, so a refit moves for other "
        "reasons than the removed row; train longer."
    )


def negative_curvature(fit: Fit, influence: Influence) -> str:
    """A sentence if the Hessian has a negative eigenvalue; where telling costs little beside the solve."""
    objective = fit.objective
    affordable = objective.p <= DENSE or influence.solves_cheaply
    lowest = fit.negative_curvature if affordable and not objective.canonical else None
    if not lowest:
        return ""
    return (
        f"The fit is a saddle, not a minimum: the smallest eigenvalue of its Hessian is {lowest:.2g}, so a "
        "refit may end elsewhere; train longer, from another seed or with a stronger penalty."
    )


def high_leverage(influence: Influence) -> str:
    """A sentence if rows of high leverage are not corrected, where finding them costs little; else empty."""
    if influence.leverage_corrected or not influence.solves_cheaply:
        return ""
    high = influence.high_leverages
    if not high.count:
        return ""
    several, largest = high.count > 1, high.largest
    factor = f"{1 / (1 - largest):.2g}" if 1 - largest > ROUNDED else "any number"
    counts = f"{wording.count(high.count)} of {wording.count(influence.objective.n)}"
    counts = counts if high.exact else f"About {counts}"
    return (
        f"{counts} training rows {'have' if several else 'has'} a leverage above {HIGH} (largest "
        f"{largest:.2g}), so {'their effects are' if several else 'its effect is'} too small, by a factor of "
        f"up to {factor}; use leverage_correction=True, which divides by one minus the leverage."
    )


def large_steps(fit: Fit, influence: Influence) -> str:
    """A sentence about the rows for which one corrected step falls short; empty if there are none."""
    if not influence.leverage_corrected:
        return ""
    rows = np.flatnonzero(influence.curvature_changes().cpu().numpy() > CHANGED)
    if not len(rows):
        return ""
    return (
        f"Without {wording.count(len(rows))} of {wording.count(fit.n)} training rows the curvature changes "
        f"by more than a factor of {CHANGED:g} ({_named(fit, rows)}), so one step "
        "is not enough for them; check them with retrain_each."
    )


def warn_undetermined(fit: Fit, influence: Influence, what: str) -> None:
    """Warn :class:`Undefined` that ``what`` is NaN for rows of leverage 1 or more, if there are any."""
    lost = torch.isnan(influence.residual).any(1).cpu().numpy()
    lost[irremovable(fit.objective)] = False
    rows = np.flatnonzero(lost)
    if len(rows):
        warnings.warn(
            f"{what} of {wording.count(len(rows))} training row{'s' if len(rows) > 1 else ''} "
            f"({_named(fit, rows)}) is NaN: the leverage is 1 or more, so the other rows do not determine "
            "all parameters; add damping, or use a stronger penalty.",
            Undefined,
            stacklevel=3,
        )


def _named(fit: Fit, rows: np.ndarray) -> str:
    """The ids of some rows (positions without a data set), the first few of them."""
    ids = rows if fit.data is None else fit.data.train.ids[rows]
    more = " and others" if len(ids) > _SHOWN else ""
    return f"row {', '.join(map(str, ids[:_SHOWN]))}{more}"
