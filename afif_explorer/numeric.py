"""Validation of numbers, counts and seeds."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from afif_explorer.errors import InvalidChoice


def is_number(value: object) -> bool:
    """Whether it is a finite real number; booleans are not."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Whether it is an integer by type; 2.0 and True are not."""
    return not isinstance(value, bool) and isinstance(value, Integral)


def checked_count(what: str, value: Any) -> int:
    """The count; raises :class:`InvalidChoice` naming ``what`` unless it is an integer of at least 1."""
    if not (is_whole(value) and value >= 1):
        raise InvalidChoice(f"{what} must be a whole number of at least 1, not {value!r}.")
    return int(value)


def checked_seed(value: Any) -> int:
    """The seed; raises :class:`InvalidChoice` if it is not a valid seed."""
    if not (is_whole(value) and 0 <= value < 2**63):
        raise InvalidChoice(
            f"Not a valid seed: {value!r}. A seed must be a whole number of at least 0."
        )
    return int(value)
