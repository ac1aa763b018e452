"""Which training rows can be removed: at least one row of every class must remain.

Without the only row of a class the model has no finite fit, so its removal is undefined: sets that contain it
are rejected, and in tables of all rows its value is NaN. Of several labels, each has two classes of its own.
Rows whose sample weight is 0 do not count. Where every parameter is penalised the fit is always finite, and
every row can be removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import ElasticNet, Lasso, Ridge
from afif_explorer.engine.problem.row_ids import positions_of
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.errors import DataError


def positions(fit: Fit, rows: Sequence[int] | np.ndarray | pd.Series) -> np.ndarray:
    """The positions of training rows in the order given, from ids or a mask (a series: by its index).

    Raises :class:`InvalidChoice` for rows that do not exist.
    """
    checked_fit(fit)
    if isinstance(rows, pd.Series) and rows.dtype == bool and set(rows.index) == set(fit.ids):
        rows = rows.reindex(fit.ids)
    return positions_of(rows, "train", fit.row_ids)


def removable(fit: Fit, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """The positions of training rows (ids or a mask) in order, checked: together they can be removed.

    Raises :class:`InvalidChoice` for rows that do not exist, :class:`DataError` if none, or none of a class,
    would be left.
    """
    chosen = np.unique(positions(fit, rows))
    if len(chosen) == fit.n:
        raise DataError("All training rows would be removed; keep at least one.")
    _refuse(fit, _lost(fit.objective, chosen))
    return chosen


def removable_each(fit: Fit, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Their positions in the order given, checked: each alone can be removed. Raises as :func:`removable`."""
    chosen = positions(fit, rows)
    if len(chosen) and fit.n == 1:
        raise DataError("All training rows would be removed; keep at least one.")
    alone = chosen[np.isin(chosen, irremovable(fit.objective))]
    if len(alone):
        _refuse(fit, _lost(fit.objective, alone[:1]))
    return chosen


def irremovable(objective: Objective) -> np.ndarray:
    """Positions of the training rows that are the only one of their class, in order."""
    if not _needs_every_class(objective):
        return np.empty(0, dtype=np.int64)
    counted, alone = np.flatnonzero(objective.counted.cpu().numpy()), []
    for column in _classes(objective)[counted].T:
        _, place, counts = np.unique(column, return_index=True, return_counts=True)
        alone.append(counted[place[counts == 1]])
    return np.unique(np.concatenate(alone))


def loses_a_class(objective: Objective, sets: Iterable[np.ndarray]) -> np.ndarray:
    """Of each of some sets of rows (positions), whether a class has no row without it: ``[m]`` bool."""
    counted = objective.counted.cpu().numpy()
    labels = [
        (column, np.bincount(column[counted], minlength=column.max(initial=0) + 1))
        for column in _classes(objective).T
    ]

    def lost(rows: np.ndarray) -> bool:
        rows = rows[counted[rows]]
        return any(
            bool(
                (
                    (np.bincount(column[rows], minlength=len(rows_of)) == rows_of) & (rows_of > 0)
                ).any()
            )
            for column, rows_of in labels
        )

    return np.array([lost(rows) for rows in sets], dtype=bool)


def undefined(fit: Fit, what: str) -> str:
    """A sentence if ``what`` is NaN for the only rows of their class; empty if there are none."""
    ids = fit.ids[irremovable(fit.objective)]
    if not len(ids):
        return ""
    several = len(ids) > 1
    return (
        f"{what} of row{'s' if several else ''} {', '.join(map(str, ids[:5]))}"
        f"{' and others' if len(ids) > 5 else ''} is NaN: {'each' if several else 'it'} is the only training "
        "row of its class, and without it the model has no finite fit."
    )


def _needs_every_class(objective: Objective) -> bool:
    """Whether the fit is infinite without a class: an intercept, say, that no penalty holds back."""
    if not isinstance(objective.loss, Bernoulli | Categorical):
        return False
    penalty = objective.penalty
    grows = isinstance(penalty, Ridge | Lasso | ElasticNet | GroupLasso) and penalty.strength > 0
    return not (grows and bool(objective.penalised.all()))


def _classes(objective: Objective) -> np.ndarray:
    """The class of each training row, for each label: ``[n, labels]``; one class where none is needed."""
    if not _needs_every_class(objective):
        return np.zeros((objective.n, 1), dtype=np.int64)
    return objective.y.cpu().numpy().astype(np.int64).reshape(objective.n, -1)


def _lost(objective: Objective, rows: np.ndarray) -> tuple[int, int] | None:
    """A label and the class of it that no row would have without ``rows``; None if there is none."""
    counted = objective.counted.cpu().numpy()
    stays = counted & (leave_out(objective.n, rows) > 0)
    if not stays.any():
        raise DataError("The rows that would be left have sample weight 0; keep one that counts.")
    classes = _classes(objective)
    for label, column in enumerate(classes.T):
        gone = np.setdiff1d(column[counted], column[stays])
        if len(gone):
            return label, int(gone[0])
    return None


def _refuse(fit: Fit, lost: tuple[int, int] | None) -> None:
    if lost is None:
        return
    label, code = lost
    name = repr(fit.data.classes[code]) if fit.data and fit.data.classes else str(code)
    which = f" of label {label}" if fit.objective.model.k > 1 and fit.objective.y.ndim == 2 else ""
    raise DataError(
        f"After the removal no training row of class {name}{which} would be left, and the model without them "
        "has no finite fit; keep at least one."
    )
