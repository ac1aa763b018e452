"""Which training rows can be removed: at least one row of every class must remain.

Without the only row of a class the model has no finite fit, so its removal is undefined: sets that contain it
are rejected, and in tables of all rows its value is NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import checked_rows, ordered_rows
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.errors import DataError, Undefined


def removable(fit: Fit, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Row positions in order, checked: together they can be removed.

    Raises :class:`InvalidChoice` for rows that do not exist, :class:`DataError` if none, or none of a class,
    would be left.
    """
    checked_fit(fit)
    chosen = checked_rows(fit.n, rows)
    if len(chosen) == fit.n:
        raise DataError("All training rows would be removed; keep at least one.")
    classes = _classes(fit.objective)
    _refuse(fit, np.setdiff1d(classes, np.delete(classes, chosen)))
    return chosen


def removable_each(fit: Fit, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Row positions in the order given, checked: each alone can be removed. Raises as :func:`removable`."""
    checked_fit(fit)
    chosen = ordered_rows(fit.n, rows)
    if len(chosen) and fit.n == 1:
        raise DataError("All training rows would be removed; keep at least one.")
    alone = chosen[np.isin(chosen, irremovable(fit.objective))]
    if len(alone):
        _refuse(fit, _classes(fit.objective)[alone[:1]])
    return chosen


def irremovable(objective: Objective) -> np.ndarray:
    """Positions of the training rows that are the only one of their class, in order."""
    if not isinstance(objective.loss, Bernoulli | Categorical):
        return np.empty(0, dtype=np.int64)
    _, place, counts = np.unique(_classes(objective), return_index=True, return_counts=True)
    return np.sort(place[counts == 1])


def loses_a_class(objective: Objective, weights: np.ndarray) -> np.ndarray:
    """Of each column of weights ``[n, m]``, whether a class loses all its rows: ``[m]`` bool."""
    classes = _classes(objective)
    return np.array([len(np.setdiff1d(classes, classes[kept])) > 0 for kept in weights.T > 0])


def warn_undefined(fit: Fit, what: str) -> None:
    """Warn :class:`Undefined` that ``what`` is NaN for the only rows of their class, if there are any."""
    positions = irremovable(fit.objective)
    if not len(positions):
        return
    ids = positions if fit.data is None else fit.data.train.ids[positions]
    several = len(ids) > 1
    warnings.warn(
        f"{what} of row{'s' if several else ''} {', '.join(map(str, ids[:5]))}"
        f"{' and others' if len(ids) > 5 else ''} is NaN: {'each' if several else 'it'} is the only training "
        "row of its class, and without it the model has no finite fit.",
        Undefined,
        stacklevel=3,
    )


def _classes(objective: Objective) -> np.ndarray:
    """The class of each training row ``[n]``; the same for all in models without classes."""
    if not isinstance(objective.loss, Bernoulli | Categorical):
        return np.zeros(objective.n, dtype=np.int64)
    return objective.y.cpu().numpy().astype(np.int64)


def _refuse(fit: Fit, lost: np.ndarray) -> None:
    if len(lost):
        code = int(lost[0])
        name = repr(fit.data.classes[code]) if fit.data and fit.data.classes else str(code)
        raise DataError(
            f"After the removal no training row of class {name} would be left, and the model without them "
            "has no finite fit; keep at least one."
        )
