"""Short texts of the thresholds between the values of a column."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

import pandas as pd

SHORT = 6  # significant digits; values with more are not written out if a shorter number does


def cut(value: Any, following: Any = None) -> str:
    """A threshold that separates ``value`` from the next larger value of its column, in few digits.

    The shortest decimal ``t`` with ``value <= t < following``, so that ``<= t`` selects the same rows as
    ``<= value``; the value itself if it is short, or the largest. Dates are written in full.

    >>> cut(-0.5328911489027177, -0.5321), cut(45, 61), cut(0.1234567891)
    ('-0.5328', '45', '0.1234567891')
    """
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else str(value)
    low = float(value)
    written = _text(low)
    if following is None or len(Decimal(written).normalize().as_tuple().digits) <= SHORT:
        return written
    return _shortest(low, float(following))


def _shortest(low: float, high: float) -> str:
    exact = Decimal(low)
    leading = Decimal(max(abs(low), abs(high))).adjusted()
    for digits in range(1, 17):
        step = Decimal(1).scaleb(leading - digits + 1)
        found = float((exact / step).to_integral_value(ROUND_CEILING) * step)
        if low <= found < high:
            return _text(found)
    return _text(low)


def _text(number: float) -> str:
    return repr(number).removesuffix(".0")
