"""What limits effects: the fit is no minimum, high leverage, one step is not enough for some rows, ..."""

from __future__ import annotations

import numpy as np
import torch

from afif_explorer import wording
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.naming import row_words
from afif_explorer.analysis.limits.removable import irremovable, undefined
from afif_explorer.analysis.limits.trust import Reason
from afif_explorer.engine.curvature.minimum import DENSE
from afif_explorer.engine.influence.leverages import HIGH
from afif_explorer.engine.influence.row_refinement import RowRefinement
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.errors import (
    HighLeverage,
    LargeStep,
    NegativeCurvature,
    NotAtMinimum,
    NotConverged,
    Undefined,
)

LEFT = 0.1  # of one row's mean gradient: a remaining gradient that no longer matters for effects
CHANGED = (
    2.0  # factor by which the row's own curvature changes along its step where one step falls short
)
ROUNDED = 1e-8  # one minus a leverage that is 1 but for rounding
STOCHASTIC = 0.05  # relative error of a stochastic solver's effects
HALF = 0.5  # leverage above which an uncorrected effect is less than half of the true one
NONLINEAR = "The outputs are not linear in the parameters, so a refit may differ."
REFITS = "whether effects follow quick refits (ax.check(fit, target, refits=20) compares them)"


def reasons_of(fit: Fit, influence: Influence, marked: np.ndarray) -> list[Reason]:
    """What limits the results of a prepared method, as far as telling costs little beside them.

    ``marked``: positions of the rows that need more than one step.
    """
    found = [
        *of_the_fit(fit, influence),
        high_leverage(influence),
        _reason("fair", large_steps(fit, marked), LargeStep),
        stochastic(influence),
    ]
    if not fit.objective.canonical:
        found.append(Reason("fair", NONLINEAR))
    return [one for one in found if one is not None]


def of_the_fit(fit: Fit, influence: Influence) -> list[Reason]:
    """What limits all results about a fit: it is no minimum, or nearly none."""
    found = [
        _reason("poor", not_at_minimum(fit), NotAtMinimum),
        _reason("poor", negative_curvature(fit, influence), NegativeCurvature),
    ]
    limits = [one for one in found if one is not None]
    return limits or ([] if fit.converged else [Reason("good", _nearly(fit))])


def unknown_of(fit: Fit, influence: Influence) -> list[str]:
    """What :func:`reasons_of` leaves out because of its cost."""
    found = [] if fit.objective.canonical else [REFITS]
    if not (fit.objective.canonical or _shows_curvature(fit, influence)):
        found.append("whether the Hessian has negative eigenvalues")
    if not (influence.leverage_corrected or influence.solves_cheaply):
        found.append("rows of high leverage")
    return found


def _reason(level: str, text: str, category: type[Warning]) -> Reason | None:
    return Reason(level, text, category) if text else None


def unfinished(influence: Influence) -> list[Reason]:
    """Why the results since the last call are only approximate, if they are."""
    told = influence.unfinished()
    return [Reason("fair", told, NotConverged)] if told else []


def stochastic(influence: Influence) -> Reason | None:
    """The error of effects by a stochastic solver; None for the others."""
    solution = influence.solution
    error = None if solution is None else solution.stats.get("effect_error")
    if error is None:
        return None
    level = "good" if error <= STOCHASTIC else "fair"
    return Reason(
        level,
        f"The solver draws random rows: effects by another seed differ by up to {100 * error:.2g} % of their "
        "size.",
    )


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
    shown = not fit.objective.canonical and _shows_curvature(fit, influence)
    lowest = fit.negative_curvature if shown else None
    if not lowest:
        return ""
    return (
        f"The fit is a saddle, not a minimum: the smallest eigenvalue of its Hessian is {lowest:.2g}, so a "
        "refit may end elsewhere; train longer, from another seed or with a stronger penalty."
    )


def _shows_curvature(fit: Fit, influence: Influence) -> bool:
    """Whether the Hessian's smallest eigenvalue costs little beside the solve."""
    return fit.objective.p <= DENSE or influence.solves_cheaply


def _nearly(fit: Fit) -> str:
    return (
        f"Training stopped at a gradient norm of {fit.gradient_norm:.2g}, {fit.gradient_in_rows:.2g} times "
        "what one row contributes on average, which is too little to matter."
    )


def high_leverage(influence: Influence) -> Reason | None:
    """Rows of high leverage that are not corrected, where finding them costs little."""
    if influence.leverage_corrected or not influence.solves_cheaply:
        return None
    high = influence.high_leverages
    if not high.count:
        return None
    several, largest = high.count > 1, high.largest
    factor = f"{1 / (1 - largest):.2g}" if 1 - largest > ROUNDED else "any number"
    counts = f"{wording.count(high.count)} of {wording.count(influence.objective.n)}"
    counts = counts if high.exact else f"About {counts}"
    return Reason(
        "poor" if largest > HALF else "fair",
        f"{counts} training rows {'have' if several else 'has'} a leverage above {HIGH} (largest "
        f"{largest:.2g}), so {'their effects are' if several else 'its effect is'} too small, by a factor of "
        f"up to {factor}; use leverage_correction=True, which divides by one minus the leverage.",
        HighLeverage,
    )


def marked_rows(influence: Influence, refinement: RowRefinement | None) -> np.ndarray:
    """Positions of the rows for which one step is not enough and further ones were not taken.

    Of the rows that the refinement looked at, those for which it did not converge; of the others, those whose
    own curvature changes by a large factor along their step. None: no refinement.
    """
    if not influence.leverage_corrected:
        return np.empty(0, dtype=np.int64)
    large = influence.curvature_changes() > CHANGED
    if refinement is not None:
        large &= ~refinement.checked
        large[refinement.unsettled] = True
    return np.flatnonzero(large.cpu().numpy())


def large_steps(fit: Fit, marked: np.ndarray) -> str:
    """A sentence about the rows for which one corrected step falls short; empty if there are none."""
    if not len(marked):
        return ""
    return (
        f"Without {wording.count(len(marked))} of {wording.count(fit.n)} training rows the curvature changes "
        f"too much for one step ({row_words(fit, marked)}); refine their effects with refine=True where it "
        "is offered, or check them with retrain_each."
    )


def undefined_rows(fit: Fit, influence: Influence, what: str) -> list[Reason]:
    """Why ``what`` is NaN for some rows, if it is."""
    texts = (undefined(fit, what), undetermined(fit, influence, what))
    return [Reason("good", text, Undefined) for text in texts if text]


def undetermined(fit: Fit, influence: Influence, what: str) -> str:
    """A sentence if ``what`` is NaN for rows of leverage 1 or more; else empty."""
    lost = torch.isnan(influence.residual).any(1).cpu().numpy()
    lost[irremovable(fit.objective)] = False
    rows = np.flatnonzero(lost)
    if not len(rows):
        return ""
    return (
        f"{what} of {wording.count(len(rows))} training row{'s' if len(rows) > 1 else ''} "
        f"({row_words(fit, rows)}) is NaN: the leverage is 1 or more, so the other rows do not determine "
        "all parameters; add damping, or use a stronger penalty."
    )
