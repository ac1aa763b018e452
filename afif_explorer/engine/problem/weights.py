"""Row weights ``w``: 1 keeps a row, 0 removes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_seed, is_whole


def ordered_rows(n: int, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """Row positions as integers, in the order given; raises :class:`InvalidChoice` if out of range."""
    array = np.atleast_1d(np.asarray(rows))
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


def leave_one_out(n: int, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
    """One column for each of ``rows`` (all, if None), leaving out that row alone: ``[n, m]``."""
    chosen = np.arange(n) if rows is None else ordered_rows(n, rows)
    weights = np.ones((n, len(chosen)))
    weights[chosen, np.arange(len(chosen))] = 0.0
    return weights


def folds(n: int, k: int, seed: int = 0) -> np.ndarray:
    """One column for each of ``k`` random folds of nearly equal size, leaving it out: ``[n, k]``."""
    if not (is_whole(k) and 2 <= k <= n):
        raise InvalidChoice(
            f"The number of folds must be a whole number from 2 to {n} (the number of rows), not {k!r}."
        )
    fold = np.random.default_rng(checked_seed(seed)).permutation(n) % k
    return (fold[:, None] != np.arange(k)).astype(float)
