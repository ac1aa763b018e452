"""Values that may stand for "missing": -999 among ages, 9999-12-31 among dates, "-" among labels."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns.survey_codes import large_codes, small_codes
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.markers import says_nothing

_NEGATIVE = (
    -77.0, -88.0, -97.0, -98.0, -99.0, -999.0, -9999.0, -99999.0, -32768.0, -(2.0**31),
    -99.9, -99.99, -999.9, -999.99, -9999.9,
)  # fmt: skip
_LARGE = (  # nines, the largest numbers of integer types, and the usual fill values of floating-point numbers
    *(10.0**digits - 1 for digits in range(2, 10)), 99.9, 999.9, 9999.9,
    2.0**15 - 1, 2.0**16 - 1, 2.0**31 - 1, 1e20, 1e30, 1e36, 9.969209968386869e36,
)  # fmt: skip
_APART = 0.6  # other values are at most this share of a large one
_FEW_VALUES = 5
_LEAST_AMOUNT = 10.0
_LARGEST_WHOLE = 1e15
_ABSURD = 1e6  # times as large as any other value, more than once
_GAP, _STEPS = 3.0, 10  # zero is so many steps of the smallest amounts away from them
_SIGN = re.compile(r"[+±]+|-+|\*+")
_FAR_DATES = np.array(
    ["9999-12-31", "9999-01-01", "2999-12-31", "2100-01-01", "2099-12-31", "1900-01-01", "1899-12-30",
     "1899-12-31", "1970-01-01", "0001-01-01", "1111-11-11", "1800-01-01", "1601-01-01", "1753-01-01"],
    dtype="datetime64[D]",
)  # fmt: skip
_YEARS_APART = 5 * 365.25
_CODE = re.compile(r"-?([789])\1{0,3}|-1|9{1,3}[78]|0")
_MOST_CODED = 0.7  # of the cells


def stand_ins(series: pd.Series) -> list[object]:
    """The values of a column that may stand for a missing one."""
    if pd.api.types.is_datetime64_any_dtype(series):
        return list(_of_dates(series))
    if pd.api.types.is_bool_dtype(series) or pd.api.types.is_complex_dtype(series):
        return []
    if pd.api.types.is_numeric_dtype(series):
        return list(_of_numbers(series.dropna().to_numpy(dtype=np.float64)))
    if isinstance(series.dtype, pd.StringDtype):
        return list(_of_texts(series))
    return []


def _of_texts(series: pd.Series) -> list[object]:
    """The levels that say nothing, and numbers among words: 9, 99, -1."""
    codes, levels = text.coded(series)
    found = [level for level in levels if says_nothing(level.strip())]
    signs = [level.strip() for level in levels if _SIGN.fullmatch(level.strip())]
    if len(signs) > 1 and len(
        {sign[0] for sign in signs} - {"-"}
    ):  # + and -, or one to three stars
        found = [level for level in found if level.strip() not in signs]
    odd = [level for level in levels if _CODE.fullmatch(level.strip())]
    others = [level for level in levels if level not in odd and level not in found]
    words = len(others) > 1 and all(any(map(str.isalpha, level)) for level in others)
    few = np.isin(codes, [levels.index(level) for level in odd]).sum() <= _MOST_CODED * len(codes)
    return [*found, *(odd if words and few else ())]


def _of_numbers(values: np.ndarray) -> list[object]:
    found = [float(value) for value in _NEGATIVE if _is_odd(values, value)]
    others = values[~np.isin(values, found)] if found else values
    if smaller := small_codes(others):
        found += smaller
        others = others[~np.isin(others, smaller)]
    for value in sorted(_LARGE, reverse=True):
        hit = others == value
        rest = others[others < value]
        largest = hit.any() and len(rest) and (others <= value).all()
        if largest and rest.max() <= _APART * value and len(np.unique(rest)) >= _FEW_VALUES:
            found.append(value)
            others = rest
    if larger := large_codes(others):
        found += larger
        others = others[~np.isin(others, larger)]
    others = others[np.isfinite(others)]
    absurd = others[others == others.max(initial=0.0)]
    rest = others[others < others.max(initial=0.0)]
    if len(absurd) > 1 and len(rest) and absurd[0] > _ABSURD * max(1.0, np.abs(rest).max()):
        found.append(float(absurd[0]))
        others = rest
    if _is_zero_odd(others):
        found.append(0.0)
    return [int(v) if v.is_integer() and abs(v) < _LARGEST_WHOLE else v for v in found]


def _is_zero_odd(values: np.ndarray) -> bool:
    """Whether some values are 0, and the others are amounts far from it."""
    rest = values[values != 0]
    levels = np.unique(rest)
    if not 1 < len(values) - len(rest) <= len(rest) or len(levels) <= 2 * _FEW_VALUES:
        return False
    if levels[0] >= max(_LEAST_AMOUNT, 0.25 * float(np.median(rest))):
        return True
    steps = np.diff(levels[: _STEPS + 1])
    return bool(levels[0] >= _FEW_VALUES and levels[0] >= _GAP * steps.max())


def _is_odd(values: np.ndarray, value: float) -> bool:
    """Whether a negative value is among others that are never negative, or far from it."""
    if not (values == value).any():
        return False
    others = values[(values != value) & ~np.isin(values, _NEGATIVE)]
    if len(np.unique(others)) < 2:
        return False
    far = value <= -97 and others.min() >= _APART * value
    return bool(others[others < -9].size == 0 or far)


def _of_dates(series: pd.Series) -> list[object]:
    if series.dt.tz is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    seconds = series.dropna().astype("datetime64[s]").to_numpy()
    days = np.unique(seconds.astype("datetime64[D]"))
    found: list[object] = []
    for day in days[np.isin(days, _FAR_DATES)]:
        others = days[days != day]
        if len(others) and np.abs((others - day).astype(np.int64)).min() > _YEARS_APART:
            found.append(str(day))
    return found
