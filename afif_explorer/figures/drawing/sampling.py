"""Which rows are drawn when there are too many: extremes, selected rows, and a random sample."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from afif_explorer.wording import count

MOST_MARKED = 1000  # of the selected rows; browsers take seconds to draw more
EXTREME_SHARE = 0.2  # of the limit that goes to the largest magnitudes


def chosen(ids: np.ndarray, selected: Sequence[int]) -> np.ndarray:
    """Positions of the selected row ids; unknown ids are ignored."""
    if len(selected) == 0:
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(np.isin(ids, np.asarray(selected)))


def marks(selected: np.ndarray, most: int = MOST_MARKED) -> np.ndarray:
    """The entries of ``selected`` that get their own mark: all, or a fixed random sample of ``most``."""
    if selected.size <= most:
        return selected
    return selected[np.sort(_shuffled(selected.size)[:most])]


def drawn_rows(
    magnitudes: Sequence[np.ndarray],
    corners: Sequence[np.ndarray],
    always: np.ndarray,
    limit: int,
) -> np.ndarray:
    """Positions of the rows to draw, ascending; all of them if there are at most ``limit``.

    Always included: the largest entries of each array of ``magnitudes`` (a fifth of ``limit``
    together), the smallest and largest entry of each array of ``corners`` (so that the axes don't
    shrink) and ``always``. The rest follows one fixed shuffle, so the same rows stay on screen when
    another target is chosen. More than ``limit`` rows are returned only if ``always`` is that long.
    """
    n = len(magnitudes[0])
    if n <= limit:
        return np.arange(n)
    each = max(int(EXTREME_SHARE * limit / len(magnitudes)), 1)
    keep = np.zeros(n, dtype=bool)
    for values in magnitudes:
        keep[np.argpartition(-np.abs(values), each)[:each]] = True
    for values in corners:
        keep[[values.argmin(), values.argmax()]] = True
    keep[always] = True
    shuffled = _shuffled(n)
    rest = shuffled[~keep[shuffled]]
    keep[rest[: max(limit - int(keep.sum()), 0)]] = True
    return np.flatnonzero(keep)


@lru_cache(maxsize=4)
def _shuffled(n: int) -> np.ndarray:
    """A fixed shuffle of ``n`` rows."""
    return np.random.default_rng(0).permutation(n)


def largest(values: np.ndarray, top: int) -> np.ndarray:
    """Positions of the ``top`` largest values above zero, the largest first; ties by position."""
    top = min(top, int((values > 0).sum()))
    if top == 0:
        return np.empty(0, dtype=np.intp)
    bound = np.partition(values, values.size - top)[values.size - top]
    candidates = np.flatnonzero(values >= bound)
    return candidates[np.argsort(-values[candidates], kind="stable")][:top]


def sample_note(drawn: int, total: int) -> str:
    """The note for a figure that draws only a sample; empty if all rows are drawn."""
    if drawn == total:
        return ""
    return f"Showing {count(drawn)} of {count(total)} rows; all extreme values are included."


def dropped_note(dropped: int) -> str:
    """The note for rows without a finite value; empty if there are none."""
    if dropped == 0:
        return ""
    rows = "1 row has" if dropped == 1 else f"{count(dropped)} rows have"
    return f"{rows} no finite value and cannot be drawn."
