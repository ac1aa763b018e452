"""Codes of questionnaires for "refused" or "not asked": 7, 8, 9; 66, 77, 88, 96, 97, 98, 99; -1 to -9."""

from __future__ import annotations

import numpy as np

_ENDINGS = (7, 8, 9)
_MOST_DIGITS = 5
_FAR = 0.6  # other values are at most this share of a code ...
_WIDE = 0.15  # ... or so much of their range below it, if the code is more common than its neighbours ...
_NARROW = 0.05  # ... or so much, if it is far more common
_COMMON, _FAR_MORE_COMMON, _FEWEST = 2.0, 5.0, 3
_NEIGHBOURS = 5
_RARE = 0.15
_MOST_CODES = 6
_USUAL = {-1.0, -7.0, -8.0, -9.0}


def large_codes(values: np.ndarray) -> list[float]:
    """The largest values that may be such codes, by the gap below them and by how common they are."""
    values = values[np.isfinite(values)]
    if not len(values) or values.max() >= 10**_MOST_DIGITS or not _is_code(values.max()):
        return []
    levels, counts = np.unique(values, return_counts=True)
    found: list[float] = []
    for digits in range(_MOST_DIGITS, 0, -1):
        codes = _codes(digits)
        hit = np.isin(levels, codes)
        hit[: 1 + np.flatnonzero(~hit).max(initial=-1)] = False  # only those above all other values
        others = ~hit
        if not hit.any() or others.sum() < 2 or levels[0] < 0:
            continue
        if _are_codes(levels[others], counts[others], levels[hit], counts[hit], digits):
            found += levels[hit].tolist()
            levels, counts = levels[others], counts[others]
    return found


def small_codes(values: np.ndarray) -> list[float]:
    """The negative whole numbers down to -9 that may be such codes, among values that are never negative."""
    negative = values[values < 0]
    if not len(negative) or negative.min() < -9 or (negative != np.round(negative)).any():
        return []
    levels, counts = np.unique(negative, return_counts=True)
    others, times = np.unique(values[values >= 0], return_counts=True)
    if len(others) < 2 or len(levels) > _MOST_CODES:
        return []
    if levels.tolist() == [-1.0]:
        rare = counts[0] <= _RARE * len(values)
        return [-1.0] if len(others) > 2 or rare else []
    if set(levels.tolist()) <= _USUAL or (others != np.round(others)).any():
        return levels.tolist()
    below = np.diff([*levels, others[0]]).max()
    apart = below > np.diff(others).max()
    common = counts.max() >= _FEWEST and counts.max() >= _FEWEST * times[:_NEIGHBOURS].mean()
    return levels.tolist() if apart or common else []


def _codes(digits: int) -> list[float]:
    """``7, 8, 9`` of one digit; ``66, 77, 88, 96, 97, 98, 99`` of two, and so on."""
    endings = _ENDINGS if digits == 1 else (6, *_ENDINGS)
    repeated = [int(str(digit) * digits) for digit in endings]
    largest = 10**digits - 10
    return sorted({*map(float, repeated), *(float(largest + ending) for ending in endings)})


def _is_code(value: float) -> bool:
    return bool(value.is_integer() and value > 0 and value in _codes(len(str(int(value)))))


def _are_codes(
    levels: np.ndarray, counts: np.ndarray, codes: np.ndarray, times: np.ndarray, digits: int
) -> bool:
    """Whether the largest values, ``codes``, are apart from the other ``levels``."""
    gap, span = codes[0] - levels[-1], levels[-1] - levels[0]
    if gap <= np.diff(levels).max():
        return False
    if digits == 1:
        return _are_single_digits(levels, counts, codes, times, float(gap))
    if levels[-1] <= _FAR * codes[0]:
        nines = codes[-1] >= 10**digits - 2
        return bool(nines or len(codes) > 1 or times[0] > 1)
    usual = counts[-_NEIGHBOURS:].mean()
    many = times.max() >= _FEWEST
    return bool(
        many
        and (
            (gap >= _WIDE * span and times.max() >= _COMMON * usual)
            or (gap >= _NARROW * span and times.max() >= _FAR_MORE_COMMON * usual)
        )
    )


def _are_single_digits(
    levels: np.ndarray, counts: np.ndarray, codes: np.ndarray, times: np.ndarray, gap: float
) -> bool:
    """Whether 7, 8 and 9 are codes beside the steps of a scale, and not the end of a count."""
    if (levels != np.round(levels)).any():
        return False
    counted = levels[0] == 0 and len(levels) > 2  # 0, 1, 2, ... of something
    if codes[-1] == 9:
        seven = levels.tolist() == [*range(1, 8)] and times.sum() >= max(2, counts[-1])
        apart = gap >= 3 or (len(codes) > 1 and gap >= 2) or (gap == 2 and seven)
        return bool(apart and (not counted or times.sum() >= max(2, counts[-1])))
    return bool(gap >= 3 and not counted and levels[-1] <= 4 and times.sum() >= 2)
