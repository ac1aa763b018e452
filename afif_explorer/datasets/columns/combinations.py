"""Columns of numbers of which another one is a weighted sum, a product or a ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading import text

_MOST_ROWS = 2_000
_MOST_COLUMNS = 60
_ROWS_A_COLUMN, _FEWEST_ROWS = 3, 20
_EXACT = 1e-8  # of the variance is not explained
_ROUNDED = 0.6  # times the last place that is written
_STEPS = 20  # such places in a standard deviation, at least
_PLACES = 6  # behind the decimal mark


@dataclass(frozen=True)
class Combination:
    """The places of the columns, and what another one is of them: "a weighted sum", "a product or ratio"."""

    places: tuple[int, ...]
    what: str

    def told(self, target: str, names: Sequence[str]) -> str:
        """The beginning of a sentence; ``names``: of all columns."""
        *first, last = (names[place] for place in self.places)
        return (
            f"The target '{target}' is {self.what} of {text.listing(first, most=len(first))} and '{last}', "
            "so a model can read the outcome from them"
        )


def combination(columns: Sequence[np.ndarray], other: np.ndarray) -> Combination | None:
    """The fewest columns of which another one is a sum or a product, up to rounding; None for none."""
    known = np.flatnonzero(np.isfinite(other))
    rows = known[:: -(-len(known) // _MOST_ROWS) or 1]
    y = other[rows]
    if len(y) < _FEWEST_ROWS or np.ptp(y) == 0:
        return None
    able = {place: column[rows] for place, column in enumerate(columns)}
    able = {place: x for place, x in able.items() if np.isfinite(x).all() and np.ptp(x) > 0}
    if places := _parts(able, y, y):
        return Combination(places, "a weighted sum")
    positive = {place: np.log(x) for place, x in able.items() if (x > 0).all()}
    if (y > 0).all() and (places := _parts(positive, np.log(y), y)):
        return Combination(places, "a product or ratio")
    return None


def _parts(able: dict[int, np.ndarray], y: np.ndarray, written: np.ndarray) -> tuple[int, ...]:
    """The places of columns whose weighted sum is ``y``; none if there is only one, or no such sum.

    ``written``: ``y``, or the numbers of which it is the logarithm.
    """
    places = [*able]
    if len(places) > _MOST_COLUMNS or len(y) < _ROWS_A_COLUMN * (len(places) + 1):
        places = sorted(places, key=lambda place: -abs(np.corrcoef(able[place], y)[0, 1]))
        places = places[: min(_MOST_COLUMNS, len(y) // _ROWS_A_COLUMN - 1)]
    tolerance = _ROUNDED * _last_place(written)
    tolerance = tolerance if written.std() >= _STEPS * tolerance else 0.0
    slope = 1.0 if written is y else written

    def weights(of: list[int]) -> np.ndarray | None:
        """Those of standardised columns, if the sum is right."""
        if not of:
            return None
        design = np.column_stack([np.ones(len(y)), *(_standard(able[place]) for place in of)])
        found = np.linalg.lstsq(design, y, rcond=None)[0]
        rest = y - design @ found
        right = rest @ rest <= _EXACT * ((y - y.mean()) @ (y - y.mean()))
        right = right or bool((np.abs(rest * slope) <= tolerance).all())
        return np.abs(found[1:]) if right else None

    found = weights(places)
    while found is not None:
        for place in [places[at] for at in np.argsort(found)]:
            fewer = [one for one in places if one != place]
            if (less := weights(fewer)) is not None:
                places, found = fewer, less
                break
        else:
            return tuple(sorted(places)) if len(places) > 1 else ()
    return ()


def _standard(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()


def _last_place(values: np.ndarray) -> float:
    """The unit of the last decimal place that is written: 0.1 for 1.5 and 2."""
    for places in range(_PLACES):
        if np.allclose(values, values.round(places), rtol=1e-12, atol=0):
            return float(10.0**-places)
    return 0.0
