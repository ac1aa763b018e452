"""How far effects by the Fisher and by the Hessian are apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared
from afif_explorer.analysis.limits.trust import Reason
from afif_explorer.engine.influence.methods import AFIF, InfinitesimalJackknife
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.targets.base import Target, bind_together, gradients_of
from afif_explorer.errors import CurvatureError, SolverDiverged

AFFORDABLE = (
    100_000_000  # rows x outputs x parameters up to which further curvatures are affordable
)
APART = 0.1  # relative difference of effects above which it matters which curvature is used
FAR = 0.5  # and above which they tell different stories


def is_affordable(objective: Objective) -> bool:
    """Whether passes over all rows and parameters cost little."""
    return objective.n * objective.model.k * objective.p <= AFFORDABLE


def curvature_difference(fit: Fit, targets: Sequence[Target]) -> float:
    """``||e_F - e_H|| / ||e_H||`` of first-order effects on the targets by Fisher and Hessian.

    Raises :class:`CurvatureError` or :class:`SolverDiverged` where one of them has no solution.
    """
    if fit.objective.canonical:
        return 0.0
    gradients = gradients_of(bind_together(fit, targets, bound))
    one, two = (
        prepared(method, fit).effects(gradients).cpu().numpy()
        for method in (AFIF(), InfinitesimalJackknife())
    )
    known = ~np.isnan(one) & ~np.isnan(two)
    size = float(np.linalg.norm(two[known])) or 1.0
    return float(np.linalg.norm(one[known] - two[known])) / size


def curvatures_apart(fit: Fit, targets: Sequence[Target]) -> tuple[list[Reason], list[str]]:
    """A reason if effects by Fisher and Hessian differ, and what could not be looked at."""
    if fit.objective.canonical:
        return [], []
    unknown = ["whether Fisher and Hessian agree"]
    if not is_affordable(fit.objective):
        return [], unknown
    try:
        apart = curvature_difference(fit, targets)
    except (CurvatureError, SolverDiverged):
        return [], unknown
    if apart <= APART:
        return [], []
    told = (
        f"Effects by Fisher and Hessian differ by {100 * apart:.2g} % of their size: AFIF follows the "
        "Bregman response, the Hessian a warm refit."
    )
    return [Reason("poor" if apart > FAR else "fair", told)], []
