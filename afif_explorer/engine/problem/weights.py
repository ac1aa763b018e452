"""Row weights ``w``: 1 keeps a row, 0 removes it. (For sample weights see ``row_losses``.)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_seed, is_whole
from afif_explorer.wording import quoted


def ordered_rows(n: int, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Row positions as integers, in the order given; raises :class:`InvalidChoice` if out of range."""
    try:
        array = np.atleast_1d(np.asarray(rows))
    except (TypeError, ValueError):  # lists of different lengths
        array = np.array(["ragged"])
    if array.dtype == bool:
        if array.shape != (n,):
            raise InvalidChoice(f"A mask of rows must have {n} values, one per training row.")
        array = np.flatnonzero(array)
    whole = array.size == 0 or (array.dtype.kind in "iu" and 0 <= array.min() <= array.max() < n)
    if array.ndim != 1 or not whole:
        raise InvalidChoice(
            f"Rows must be whole numbers from 0 to {n - 1}; check the given positions."
        )
    return array.astype(np.int64)


def checked_rows(n: int, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """The same, sorted and without duplicates."""
    return np.unique(ordered_rows(n, rows))


def leave_out(n: int, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Weights ``[n]`` of a fit without ``rows``."""
    weights = np.ones(n)
    weights[checked_rows(n, rows)] = 0.0
    return weights


def leave_out_each(n: int, sets: Sequence[np.ndarray]) -> np.ndarray:
    """One column for each of ``m`` sets of rows (positions), leaving it out: ``[n, m]``."""
    weights = np.ones((n, len(sets)))
    for column, rows in enumerate(sets):
        weights[checked_rows(n, rows), column] = 0.0
    return weights


def folds(n: int, k: int, seed: int = 0) -> list[np.ndarray]:
    """The rows (positions) of each of ``k`` random folds of nearly equal size."""
    if not (is_whole(k) and 2 <= k <= n):
        raise InvalidChoice(
            f"The number of folds must be a whole number from 2 to {n} (the number of rows), not {quoted(k)}."
        )
    fold = np.random.default_rng(checked_seed(seed)).permutation(n) % k
    ordered = np.argsort(fold, kind="stable")
    return np.split(ordered, np.cumsum(np.bincount(fold, minlength=k))[:-1])
