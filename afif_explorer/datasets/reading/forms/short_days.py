"""Days written as six digits without a century: 991231, 311299. They are told, not read."""

from __future__ import annotations

import numpy as np

_MANY = 20  # distinct numbers
_LARGEST = 999_999
_MOSTLY = 0.5


def told(name: str, numbers: np.ndarray) -> str:
    """What the numbers of a column are, if all of them name days; otherwise "".

    Args:
        name: of the column.
        numbers: its distinct values, float64 [n].
    """
    if len(numbers) < _MANY or numbers.min() < 0 or numbers.max() > _LARGEST:
        return ""
    order = _order(numbers.astype(np.int64))
    if not order:
        return ""
    return (
        f"'{name}' looks like days written as {order} ({int(numbers[0]):06d}), which have no even steps as "
        "numbers; write them with the century in the file, such as 1999-12-31."
    )


def _order(numbers: np.ndarray) -> str:
    first, middle, last = numbers // 10_000, numbers // 100 % 100, numbers % 100
    if middle.min() < 1 or middle.max() != 12 or (first >= 10).mean() < _MOSTLY:
        return ""
    for order, days in (("YYMMDD", last), ("DDMMYY", first)):
        if days.min() >= 1 and 28 <= days.max() <= 31:
            return order
    return ""
