"""Formatting of quantities in the parts of a view."""

from __future__ import annotations

import math

from afif_explorer.figures.drawing.text import number, numbers
from afif_explorer.wording import count


def duration(seconds: float) -> str:
    """A duration in a readable unit: ``3.1 ms``."""
    if seconds < 1e-3:
        return f"{number(seconds * 1e6)} µs"
    return f"{number(seconds * 1e3)} ms" if seconds < 1 else f"{number(seconds)} s"


def statistic(label: str, value: float | None, digits: int = 3) -> tuple[str, str]:
    """A label with its formatted number: ``("slope", "0.98")``."""
    return label, number(value, digits)


def span(low: float, high: float) -> str:
    """The ends of an interval behind a number: `` [0.17, 0.21]``; empty if they are not defined."""
    if math.isnan(low) or math.isnan(high):
        return ""
    return f" [{', '.join(numbers((low, high), 3))}]"


def plural(how_many: int, what: str) -> str:
    """``1 row``, ``1 200 rows``."""
    return f"{count(how_many)} {what}" if how_many == 1 else f"{count(how_many)} {what}s"
