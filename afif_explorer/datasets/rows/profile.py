"""``profile``: in which columns a set of rows differs most from all rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer.datasets.dataset import Dataset
from afif_explorer.datasets.rows.conditions import Comparison, Condition, Missing, is_ordered
from afif_explorer.datasets.rows.cuts import cut
from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.wording import quoted

LIKELY = 3.0  # standard errors of random sets of as many rows, from which a difference is no chance


@dataclass(frozen=True)
class Difference:
    """The condition on one column whose share differs most between a set of rows and all rows.

    Attributes:
        column: its name. condition: such as ``hours <= 40``, readable by :func:`rows_where`.
        share: of the rows that satisfy it. overall: of all rows that do.
        deviations: ``share - overall`` in standard errors of random sets of as many rows (drawn without
            replacement); infinite where random sets would all be alike.
    """

    column: str
    condition: Condition
    share: float
    overall: float
    deviations: float

    @property
    def likely_chance(self) -> bool:
        """Whether random rows would often differ as much: at most 3 standard errors."""
        return abs(self.deviations) <= LIKELY


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """Differences of a set of rows from all rows, the largest first: the result of :func:`profile`.

    Attributes:
        differences: one for each column that differs at all. rows: how many rows are in the set. total: how
            many there are.
    """

    differences: tuple[Difference, ...]
    rows: int
    total: int

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    def __getitem__(self, place: int) -> Difference:
        return self.differences[place]

    def __repr__(self) -> str:
        first = f"; {self[0].condition}: {self[0].share:.0%} of them, {self[0].overall:.0%} of all"
        return f"<Profile of {self.rows} of {self.total} rows{first if len(self) else ''}>"

    def _repr_html_(self) -> str:
        """The table of differences."""
        rows = self.to_frame().itertuples(name=None, index=False)
        return html_table(repr(self).strip("<>"), self.to_frame().columns, rows, ())

    def to_frame(self) -> pd.DataFrame:
        """A row per column: the condition, its share of the rows and of all rows, and the deviations."""
        names = ["column", "condition", "share", "overall", "deviations"]
        return pd.DataFrame(
            [(d.column, str(d.condition), d.share, d.overall, d.deviations) for d in self],
            columns=names,
        )


def profile(data: Dataset, rows: Sequence[int] | np.ndarray) -> Profile:
    """The columns in which training rows differ most from all training rows.

    For each column the one condition (a level, a missing cell, or at most or above a number) with the largest
    difference of shares, ``|share of the rows - share of all rows|``: for numbers the Kolmogorov-Smirnov
    distance. Columns come in the order of that difference. With ``m`` of ``n`` rows, a random set has the
    standard error ``sqrt(p (1 - p) / m * (n - m) / (n - 1))`` of a share ``p``; as the condition is the most
    extreme of its column, a difference of less than 3 of these may well be chance.

    Args:
        data: the data set. rows: ids ``[m]``, as in ``data.train.ids``.

    Returns:
        A ``Profile``: differences in shares (no unit), positive where the condition is more frequent.

    Raises:
        InvalidChoice: without rows, or for rows that are not training rows.

    >>> import afif_explorer as ax
    >>> data = ax.load_dataset("hiring")
    >>> first = ax.profile(data, ax.rows_where(data, "test score > 80"))[0]
    >>> str(first.condition).startswith("test score"), round(first.share - first.overall, 1) > 0.5
    (True, True)
    """
    try:
        ids = np.asarray(rows)
    except ValueError:  # lists of different lengths
        ids = np.empty(0)
    if ids.ndim != 1 or ids.size == 0 or ids.dtype.kind not in "iuUT":
        raise InvalidChoice("A profile needs the ids of at least one row, in a list or an array.")
    if (strangers := ids[~np.isin(ids, data.train.ids)]).size:
        raise InvalidChoice(f"The data set has no training row {quoted(strangers[0])}.")
    return profile_of(data.train.frame, np.isin(data.train.ids, ids))


def profile_of(frame: pd.DataFrame, chosen: np.ndarray) -> Profile:
    """The same for the rows of a table where ``chosen`` ``[n]`` is true."""
    return Profiler(frame).of(chosen)


class Profiler:
    """Profiles of several sets of rows of one table, whose columns are read once."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._columns = [_Column(str(name), frame[name]) for name in frame.columns]

    def of(self, chosen: np.ndarray) -> Profile:
        """The profile of the rows where ``chosen`` ``[n]`` is true; at least one is."""
        rows = np.flatnonzero(chosen)
        found = [one for column in self._columns if (one := column.difference(rows))]
        found.sort(key=lambda one: -abs(one.share - one.overall))
        return Profile(tuple(found), len(rows), len(chosen))


Option = tuple[Condition, float, float]  # a condition, its share of the rows and of all rows


class _Numbers:
    """How often each distinct number occurs; those of a set are looked up among them."""

    def __init__(self, column: pd.Series) -> None:
        self._numbers = column.to_numpy()
        known = self._numbers[~np.isnan(self._numbers)]
        self.values, counts = np.unique(known, return_counts=True)
        self.overall = np.concatenate([[len(self._numbers) - len(known)], counts])

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """How often no number occurs, and each of :attr:`values`, among ``rows`` ``[m]``."""
        numbers = self._numbers[rows]
        known = numbers[~np.isnan(numbers)]
        places = np.searchsorted(self.values, known) + 1
        counts = np.bincount(places, minlength=len(self.values) + 1)
        counts[0] = len(numbers) - len(known)
        return counts


class _Levels:
    """The same of any other values, of which each row holds the place among the distinct ones."""

    def __init__(self, column: pd.Series, ordered: bool) -> None:
        codes, self.values = pd.factorize(column, sort=ordered)
        self._codes = codes + 1  # 0: missing
        self.overall = self.counts(np.arange(len(codes)))

    def counts(self, rows: np.ndarray) -> np.ndarray:
        return np.bincount(self._codes[rows], minlength=len(self.values) + 1)


class _Column:
    """How frequent the distinct values of a column are, among all rows and in sets of them."""

    def __init__(self, name: str, column: pd.Series) -> None:
        self.name, self._ordered = name, is_ordered(column)
        plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
        self._found = _Numbers(column) if plain else _Levels(column, self._ordered)
        self._values, self._n = self._found.values, len(column)
        self._overall = self._found.overall / self._n

    def difference(self, rows: np.ndarray) -> Difference | None:
        """The largest difference between ``rows`` ``[m]`` and all; None if there is none."""
        m, n = len(rows), self._n
        shares = self._found.counts(rows) / m
        options: list[Option] = [(Missing(self.name), float(shares[0]), float(self._overall[0]))]
        if len(self._values):
            options.append((self._split if self._ordered else self._level)(shares))
        condition, share, overall = max(options, key=lambda one: abs(one[1] - one[2]))
        if share == overall:
            return None
        error = math.sqrt(overall * (1 - overall) / m * (n - m) / max(n - 1, 1))
        deviations = (share - overall) / error if error else math.inf
        return Difference(self.name, condition, share, overall, deviations)

    def _level(self, shares: np.ndarray) -> Option:
        place = int(np.abs(shares - self._overall)[1:].argmax())
        condition = Comparison(self.name, "=", str(self._values[place]))
        return condition, float(shares[place + 1]), float(self._overall[place + 1])

    def _split(self, shares: np.ndarray) -> Option:
        """At most, or above, the value where the two distributions are furthest apart."""
        here, everywhere = shares[1:].cumsum(), self._overall[1:].cumsum()
        place = int(np.abs(here - everywhere)[:-1].argmax()) if len(here) > 1 else 0
        following = self._values[place + 1] if place + 1 < len(self._values) else None
        written, low, lower = cut(self._values[place], following), here[place], everywhere[place]
        if low >= lower:
            return Comparison(self.name, "<=", written), float(low), float(lower)
        above = float(here[-1] - low), float(everywhere[-1] - lower)
        return Comparison(self.name, ">", written), *above
