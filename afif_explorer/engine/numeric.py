"""What counts as a number where a choice is checked."""

from __future__ import annotations

import math
from numbers import Integral, Real


def is_number(value: object) -> bool:
    """Whether it is a finite real number."""
    return isinstance(value, Real) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Whether it is a whole number by type; 2.0 is none."""
    return isinstance(value, Integral)
