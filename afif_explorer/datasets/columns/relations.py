"""Columns that are another column in other words, or functions of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import gammaln

ROWS_A_LEVEL = 5  # with fewer, values may match by chance
_CORRELATED = 1 - 1e-9
_BY_CHANCE = np.log(1e-6)
_FEWEST_VALUES = 10  # of two numbers that rise together
_NEAR_AUC = 0.92
_NEAR_CORRELATION = 0.95
_NEAR_REDUCTION = 0.85  # of wrong guesses
_MOST_ROWS = 20_000  # for what holds only nearly
_FIRST = 2_000  # rows that are looked at first


@dataclass(frozen=True)
class Values:
    """A column as numbers (NaN: missing), or as codes of levels."""

    values: np.ndarray  # [n] float64
    is_number: bool

    @classmethod
    def of(cls, series: pd.Series) -> Values:
        """Of any column without nested values."""
        if series.dtype.kind in "mM" or isinstance(series.dtype, pd.DatetimeTZDtype):
            numbers = series.astype("int64").to_numpy(dtype=np.float64)
            return cls(np.where(series.isna(), np.nan, numbers), True)
        if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_complex_dtype(series):
            return cls(series.to_numpy(dtype=np.float64, na_value=np.nan), True)
        codes = pd.factorize(series.astype(str).where(series.notna()))[0]
        return cls(np.where(codes < 0, np.nan, codes), False)

    @cached_property
    def codes(self) -> np.ndarray:
        """The index of each value in order of appearance; a missing one counts as a value."""
        codes = pd.factorize(self.values, use_na_sentinel=False)[0]
        return codes.astype(np.int32)  # many columns are kept beside their table


@dataclass(frozen=True)
class Relation:
    """``exact``, or only nearly so; ``words``: the end of a sentence about a column, with ``{other}``."""

    code: str  # "coding" | "function" | "threshold" | "order" | "bins" | "gaps" | "near"
    words: str

    @property
    def exact(self) -> bool:
        """Whether it holds for all rows."""
        return self.code != "near"


def relation(ours: Values, other: Values) -> Relation | None:
    """What a column says about another one, if that is all or nearly all of it."""
    if recodes(ours, other):
        return Relation("coding", "is {other} in another coding")
    return (
        exact(ours, other)
        or gaps(ours, other)
        or nearly(ours, other)
        or nearly_by_gaps(ours, other)
    )


def gaps(ours: Values, other: Values) -> Relation | None:
    """Whether the empty cells of this column tell a column of two values."""
    if _told_by_gaps(ours, other) < 1:
        return None
    return Relation("gaps", "tells {other} by which of its cells are empty")


def nearly_by_gaps(ours: Values, other: Values) -> Relation | None:
    """The same for nearly all rows."""
    right = _told_by_gaps(ours, other)
    usual = np.bincount(other.codes).max() / len(other.codes)
    if usual == 1 or (right - usual) / (1 - usual) < _NEAR_REDUCTION:
        return None
    return _near(f"by which of its cells are empty, rightly in {min(right, 0.999):.1%} of rows")


def _told_by_gaps(ours: Values, other: Values) -> float:
    """The share of rows in which empty cells tell which of two values the other has; 0 if by chance."""
    empty, b = np.isnan(ours.values), other.codes
    n = len(b)
    if not 0 < empty.sum() < n or int(b.max()) != 1 or np.isnan(other.values).any():
        return 0.0
    if _all_orders(n, int(empty.sum())) < -_BY_CHANCE:
        return 0.0
    table = np.bincount(2 * empty + b, minlength=4).reshape(2, 2)
    return float(table.max(axis=1).sum() / n)


def exact(ours: Values, other: Values) -> Relation | None:
    """Whether another column is a function of this one, by levels, by a threshold, or in its order."""
    a, b = ours.codes, other.codes
    n, many, few = len(a), int(a.max()) + 1, int(b.max()) + 1
    if many < 2 or few < 2:
        return None
    if few < many and many * ROWS_A_LEVEL <= n and _is_function(a, b, many):
        shares = np.bincount(b) / n
        pure = (shares[None, :] ** np.bincount(a)[:, None]).sum(axis=1)
        if np.log(pure).sum() < _BY_CHANCE:
            return Relation("function", "determines {other}: each of its values has only one")
    if not ours.is_number:
        return None
    if few == 2 and not np.isnan(ours.values).any() and not np.isnan(other.values).any():
        return _threshold(ours.values, b)
    if other.is_number and many >= _FEWEST_VALUES and few >= _FEWEST_VALUES:
        return _order(ours.values, other.values)
    return None


def coarser(ours: Values, other: Values) -> Relation | None:
    """Whether each value of this column stands for an interval of another one, a number."""
    if not other.is_number or np.isnan(other.values).any():
        return None
    a, b = ours.codes, other.codes
    n, levels, many = len(a), int(a.max()) + 1, int(b.max()) + 1
    if levels < 2 or levels * ROWS_A_LEVEL > n or many < max(_FEWEST_VALUES, 2 * levels):
        return None
    order = np.argsort(other.values, kind="stable")
    steps = np.flatnonzero(np.diff(a[order]))
    if len(steps) != levels - 1 or (np.diff(other.values[order])[steps] == 0).any():
        return None
    counts = np.bincount(a)
    arrangements = gammaln(n + 1) - gammaln(counts + 1).sum()
    if gammaln(levels + 1) - arrangements > _BY_CHANCE:
        return None
    return Relation("bins", "tells an interval of {other}: each of its values stands for one")


def _threshold(values: np.ndarray, b: np.ndarray) -> Relation | None:
    first, second = values[b == 0], values[b == 1]
    n, k = len(values), len(first)
    if np.log(2) - _all_orders(n, k) > _BY_CHANCE:
        return None
    if first.max() < second.min() or second.max() < first.min():
        edge = min(max(first.min(), second.min()), max(first.max(), second.max()))
        return Relation("threshold", f"determines {{other}}: it changes only at {edge:.6g}")
    return None


def _all_orders(n: int, k: int) -> float:
    """The logarithm of the number of ways in which ``k`` of ``n`` rows can be chosen."""
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _order(ours: np.ndarray, theirs: np.ndarray) -> Relation | None:
    known = np.isfinite(ours) & np.isfinite(theirs)
    if known.sum() < max(_FEWEST_VALUES, known.size / 2):
        return None
    ours, theirs = ours[known], theirs[known]
    for rows in (slice(_FIRST), slice(None)):  # the first rows are enough to fail
        a, b = _ranks(ours[rows]), _ranks(theirs[rows])
        constant = (a == a[0]).all() or (b == b[0]).all()
        if constant or abs(np.corrcoef(a, b)[0, 1]) <= _CORRELATED:
            return None
    return Relation("order", "is {other} on another scale: both have the same order")


def nearly(ours: Values, other: Values) -> Relation | None:
    """Whether this column alone nearly predicts another one."""
    step = -(-len(ours.values) // _MOST_ROWS)
    x, y = ours.values[::step], other.values[::step]
    known = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[known], y[known]
    if len(x) < 4 * ROWS_A_LEVEL or (x == x[0]).all() or (y == y[0]).all():
        return None
    b = np.unique(y, return_inverse=True)[1]
    if ours.is_number and other.is_number and b.max() > 1:
        r = abs(np.corrcoef(x, y)[0, 1])
        return _near(f"correlation {r:.2f}") if r >= _NEAR_CORRELATION else None
    if ours.is_number and b.max() == 1:
        auc = _auc(x, b)
        if auc >= _NEAR_AUC:
            return _near(f"area under the ROC curve {auc:.2f}")
    a = np.unique(x, return_inverse=True)[1]
    few = int(b.max()) + 1
    if (other.is_number and few > 2) or (int(a.max()) + 1) * ROWS_A_LEVEL > len(a):
        return None
    table = np.bincount(a * few + b, minlength=(int(a.max()) + 1) * few).reshape(-1, few)
    right, usual = table.max(axis=1).sum() / len(a), table.sum(axis=0).max() / len(a)
    if usual < 1 and (right - usual) / (1 - usual) >= _NEAR_REDUCTION:
        return _near(f"it is told rightly in {min(right, 0.999):.1%} of rows")
    return None


def _near(how: str) -> Relation:
    return Relation("near", f"nearly tells {{other}} ({how})")


def _auc(x: np.ndarray, b: np.ndarray) -> float:
    ranks = _ranks(x)
    ones = int(b.sum())
    area = (ranks[b == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(b) - ones))
    return float(max(area, 1 - area))


def recodes(ours: Values, other: Values) -> bool:
    """Whether there is a one-to-one map between the values, which for many numbers is linear."""
    a, b = ours.codes, other.codes
    levels = int(a.max()) + 1
    if levels < 2 or int(b.max()) + 1 != levels:
        return False
    if levels * ROWS_A_LEVEL <= len(a):
        return _is_function(a, b, levels)
    return ours.is_number and other.is_number and _linear(ours.values, other.values)


def _linear(ours: np.ndarray, theirs: np.ndarray) -> bool:
    known = np.isfinite(ours) & np.isfinite(theirs)
    if known.sum() < max(ROWS_A_LEVEL, known.size / 2):
        return False
    a, b = ours[known], theirs[known]
    if (a == a[0]).all() or (b == b[0]).all():
        return False
    return bool(abs(np.corrcoef(a, b)[0, 1]) > _CORRELATED)


def _is_function(a: np.ndarray, b: np.ndarray, many: int) -> bool:
    """Whether each of the ``many`` codes in ``a`` comes with one code in ``b`` only."""
    first, other = a[:_FIRST], b[:_FIRST]
    if len(np.unique(_pairs(first, other))) > len(np.unique(first)):
        return False  # the first rows are enough to fail
    return len(np.unique(_pairs(a, b))) == many


def _pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A number for each pair of codes."""
    return a.astype(np.int64) * (int(b.max()) + 1) + b


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 1; equal values share their mean rank."""
    return np.asarray(pd.Series(values).rank())
