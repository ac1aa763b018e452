"""A column as an input: a number, a 0/1 indicator, a category, or left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.columns.recipe import Recipe
from afif_explorer.datasets.reading import text

MOST_LEVELS = 100
FEW_LEVELS = 10
OTHER = "other levels"
LARGEST = 1e100
_FIRST_DAY, _LAST_DAY = -106_751, 106_751  # since 1970: the range of 64-bit nanoseconds


@dataclass(frozen=True)
class Column:
    """``values`` are numbers (NaN: missing), or the index of each row's level in ``levels``."""

    name: str
    kind: str  # "numeric" | "indicator" | "category"
    values: np.ndarray  # [N] float64
    levels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    days: str = ""  # "dates" | "durations" if the numbers are days
    texts: Mapping[str, int] = field(default_factory=dict)  # the level of each original text
    missing: int | None = None  # the level of empty cells
    recipe: Recipe = field(default_factory=Recipe)  # how the cells were read

    def constant(self, rows: np.ndarray) -> bool:
        """Whether the column has at most one value on these rows (ignoring missing values)."""
        values = self.values[rows]
        values = values[~np.isnan(values)]
        return len(values) == 0 or bool((values == values[0]).all())

    def key(self) -> tuple[bytes, tuple[str, ...]]:
        """Equal for two columns with the same content."""
        return blake2b((self.values + 0.0).data, digest_size=16).digest(), self.levels


@dataclass(frozen=True)
class LeftOut:
    """A column that cannot be used as an input, and why (the end of a sentence)."""

    name: str
    why: str


def read_column(series: pd.Series, name: str, *, join: bool = False) -> Column | LeftOut:
    """Infer the type of a raw column, by the rules documented in ``Dataset.from_frame``.

    ``join``: of a category with too many levels, the most common ones are kept, and the others joined.
    """
    if not isinstance(series.dtype, pd.CategoricalDtype):
        series = series.infer_objects()
    types = pd.api.types
    if series.isna().all():
        return LeftOut(name, "has no values")
    if types.is_bool_dtype(series) and not series.isna().any():
        return Column(name, "indicator", series.to_numpy(dtype=np.float64))
    if types.is_complex_dtype(series):
        return LeftOut(name, "holds complex numbers")
    if types.is_datetime64_any_dtype(series) or types.is_timedelta64_dtype(series):
        return _days(series, name)
    if types.is_numeric_dtype(series) and not types.is_bool_dtype(series):
        return _number(series, name)
    if _nested(series):
        return LeftOut(name, "holds nested values")
    return _category(series, name, join)


def _number(series: pd.Series, name: str) -> Column | LeftOut:
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    count = 0
    if (np.abs(values) > LARGEST).any():
        values = values.copy()  # only these: the others share the memory of the table
        count = without_infinite(values)
    notes: tuple[str, ...] = ()
    if count:
        notes = (
            f"{wording.count(count)} infinite {'value' if count == 1 else 'values'} of '{name}' "
            "treated as missing.",
        )
    if np.isnan(values).all():
        return LeftOut(name, "has no finite values")
    known = values[~np.isnan(values)]
    indicator = bool(np.isin(known, (0.0, 1.0)).all())
    return Column(name, "indicator" if indicator else "numeric", values, notes=notes)


def without_infinite(values: np.ndarray) -> int:
    """Replace infinite values by NaN in place; returns how many there were."""
    infinite = np.abs(values) > LARGEST
    values[infinite] = np.nan
    return int(infinite.sum())


def in_days(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Dates as days since 1970, or durations as days, in any unit; and the values without time zone."""
    if pd.api.types.is_datetime64_any_dtype(series) and series.dt.tz is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    values = series.to_numpy()
    one = np.array(1, dtype=values.dtype.str.replace("M", "m"))  # in the column's unit
    days = values.astype(np.int64) / (np.timedelta64(1, "D") / one)  # without overflow
    days[np.isnat(values)] = np.nan
    return days, values


def _days(series: pd.Series, name: str) -> Column:
    dates = pd.api.types.is_datetime64_any_dtype(series)
    days, values = in_days(series)
    notes = [f"{'Dates' if dates else 'Durations'} of '{name}' were converted to days."]
    if dates and len(far := values[(days < _FIRST_DAY) | (days > _LAST_DAY)]):
        shown = sorted({str(value).split("T")[0] for value in np.unique(far)[[0, -1]]})
        many = "date" if len(far) == 1 else "dates"
        notes.append(
            f"'{name}' has {wording.count(len(far))} {many} before 1678 or after 2261 "
            f"({text.listing(shown)}), converted to days like the others; if such a date stands for "
            "something else, such as an open end, leave the cell empty."
        )
    what = "dates" if dates else "durations"
    return Column(name, "numeric", days, notes=tuple(notes), days=what)


def _category(series: pd.Series, name: str, join: bool) -> Column | LeftOut:
    shown, originals = text.levels_of(series)
    n_missing = int(shown.isna().sum())
    codes, found = pd.factorize(shown, sort=True)
    notes: tuple[str, ...] = ()
    if len(found) > max(FEW_LEVELS, len(shown) / 2) or (not join and len(found) > MOST_LEVELS):
        return LeftOut(name, f"has {wording.count(len(found))} distinct texts")
    if len(found) > MOST_LEVELS:
        shown, originals, notes = _joined(shown, originals, codes, found, name)
        codes, found = pd.factorize(shown, sort=True)
    levels = [str(level) for level in found]
    if n_missing:
        levels = text.distinct([*levels, text.MISSING])
        codes = np.where(codes < 0, len(found), codes)
    if n_missing:
        cells = "cell" if n_missing == 1 else "cells"
        notes += (
            f"{wording.count(n_missing)} empty {cells} of '{name}' became the level '{levels[-1]}'.",
        )
    place = {level: code for code, level in enumerate(found)}
    return Column(
        name,
        "category",
        codes.astype(np.float64),
        tuple(levels),
        notes,
        texts={original: place[level] for original, level in originals.items()},
        missing=len(found) if n_missing else None,
    )


def _joined(
    shown: pd.Series, originals: dict[str, str], codes: np.ndarray, found: pd.Index, name: str
) -> tuple[pd.Series, dict[str, str], tuple[str, ...]]:
    """The column with its rare levels joined, the level of every original text, and a note."""
    counts = np.bincount(codes[codes >= 0], minlength=len(found))
    common = {found[code] for code in np.argsort(-counts, kind="stable")[: MOST_LEVELS - 1]}
    (other,) = set(text.distinct([*sorted(common), OTHER])) - common
    level = {one: one if one in common else other for one in found}
    cells = sum(int(n) for one, n in zip(found, counts, strict=True) if one not in common)
    note = (
        f"The {wording.count(len(found) - len(common))} rarest levels of '{name}' were joined as '{other}' "
        f"({wording.count(cells)} cells); the {len(common)} most common ones are kept."
    )
    return (
        shown.map(level).astype("str"),
        {raw: level[one] for raw, one in originals.items()},
        (note,),
    )


def _nested(series: pd.Series) -> bool:
    if series.dtype != object:
        return False
    return any(isinstance(value, list | tuple | dict | set | np.ndarray) for value in series)
