"""Judges the results of a method: warns once of everything that limits them, and collects it as ``Trust``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits.reasons import (
    marked_rows,
    reasons_of,
    unfinished,
    unknown_of,
)
from afif_explorer.analysis.limits.trust import Reason, Trust, warn_of
from afif_explorer.analysis.rows.curvatures import curvatures_apart
from afif_explorer.engine.influence.row_refinement import RowRefinement
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Target


def judge(
    fit: Fit,
    influence: Influence,
    refinement: RowRefinement | None,
    own: Sequence[Reason],
    targets: Sequence[Target],
) -> Callable[[], Trust]:
    """Warn the caller's caller of what limits its results, and return how to compute their :class:`Trust`.

    Args:
        own: reasons of the caller. refinement: of the rows, as in
            :func:`~afif_explorer.analysis.rows.attribution.refined_effects`.
        targets: on which effects by Fisher and Hessian are compared when trust is asked for.
    """
    marked = marked_rows(influence, refinement)
    refined = np.empty(0, np.int64) if refinement is None else refinement.rows.cpu().numpy()
    reasons = [*unfinished(influence), *own, *reasons_of(fit, influence, marked)]
    warn_of(reasons, stacklevel=4)

    def trust() -> Trust:
        further, unknown = curvatures_apart(fit, targets)
        unknown += unknown_of(fit, influence)
        return Trust.of([*reasons, *further], unknown, fit.ids[marked], fit.ids[refined])

    return trust
