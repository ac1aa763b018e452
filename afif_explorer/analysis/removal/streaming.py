"""``Unlearner``: a sequence of requests to remove rows, all predicted from one fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared, warn_unfinished
from afif_explorer.analysis.limits.removable import positions
from afif_explorer.analysis.removal.refits import Retrained, retrain
from afif_explorer.analysis.removal.unlearning import Unlearned, unlearn_with
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.base import Target, as_targets
from afif_explorer.errors import InvalidChoice

_ADVICE = {
    "good": "No need to retrain yet.",
    "fair": "Retrain when convenient: predicted changes are becoming inaccurate.",
    "poor": "Retrain now: too much has been removed for one step from the original fit.",
}


class Unlearner:
    """Unlearn rows in a sequence of requests.

    The curvature is always that of the full fit, factorised once, so that every result equals
    that of :func:`unlearn` for all rows removed so far, whatever their order and grouping:

    ``theta_t = theta + (1/n) C_t^-1 sum_(rows so far) g_i``, ``[p]``, ``C_t`` leverage-corrected as there.

    Args:
        fit: the model with all rows.
        method: of prediction.
        targets: measured after each request; an effect is positive if the target rises without the rows.

    Raises:
        InvalidChoice: if an argument is not a fit, method or target.

    Source: Suriyakumar and Wilson, Algorithms that Approximate Data Removal (2022).

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> unlearner = ax.Unlearner(fit)
    >>> ids = fit.data.train.ids
    >>> first, second = unlearner.remove(ids[[4, 7]]), unlearner.remove(ids[[1]])
    >>> bool((unlearner.removed == ids[[1, 4, 7]]).all())
    True
    >>> bool(np.allclose(second.theta, ax.unlearn(fit, ids[[1, 4, 7]]).theta))
    True
    >>> unlearner.retrain_due
    False
    """

    def __init__(
        self,
        fit: Fit,
        method: Method = AFIF(),  # noqa: B008 - a frozen value
        targets: Target | Sequence[Target] = (),
    ) -> None:
        self.fit, self.targets = fit, tuple(as_targets(targets))
        self._influence = prepared(method, fit)
        self.latest: Unlearned = unlearn_with(self._influence, fit, [], self.targets)

    @property
    def removed(self) -> np.ndarray:
        """Ids of all rows removed so far, in order, ``[m]``."""
        return self.latest.rows

    def remove(self, rows: Sequence[int] | np.ndarray) -> Unlearned:
        """Remove ``rows`` (ids or a mask) as well; the result is that of all rows removed so far.

        Raises :class:`InvalidChoice` for rows that don't exist or are already removed, :class:`DataError` if
        no rows (of a class) would be left; the previous removals then remain.
        """
        fresh = self.fit.ids[positions(self.fit, rows)]
        twice = np.intersect1d(fresh, self.removed)
        if len(twice):
            raise InvalidChoice(
                f"Row {twice[0]} has already been removed; pass each row only once."
            )
        together = np.concatenate([self.removed, fresh])
        self.latest = unlearn_with(self._influence, self.fit, together, self.targets)
        warn_unfinished(self._influence)
        return self.latest

    @property
    def retrain_due(self) -> bool:
        """True once too much is removed for one step from the original fit."""
        return self.latest.reach.level == "poor"

    @property
    def advice(self) -> str:
        """Whether to retrain, in one sentence."""
        return _ADVICE[self.latest.reach.level]

    def retrain(self, *, warm: bool = True) -> Retrained:
        """The reference: a refit without all rows removed so far."""
        return retrain(self.fit, self.removed, warm=warm)
