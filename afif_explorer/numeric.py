"""What counts as a number, a whole number, a count or a seed where a choice is checked."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from afif_explorer.errors import InvalidChoice


def is_number(value: object) -> bool:
    """Whether it is a finite real number; True and False are none."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Whether it is a whole number by type; 2.0 and True are none."""
    return not isinstance(value, bool) and isinstance(value, Integral)


def checked_count(what: str, value: Any) -> int:
    """The count itself; raises :class:`InvalidChoice` that names ``what`` unless it is 1 or more."""
    if not (is_whole(value) and value >= 1):
        raise InvalidChoice(f"{what} must be a whole number of at least 1, not {value!r}.")
    return int(value)


def checked_seed(value: Any) -> int:
    """The seed itself; raises :class:`InvalidChoice` for what no generator of chance can begin with."""
    if not (is_whole(value) and 0 <= value < 2**63):
        raise InvalidChoice(f"A seed must be a whole number of at least 0, not {value!r}.")
    return int(value)
