"""Validation of numbers, counts, seeds, flags, names and options."""

from __future__ import annotations

import difflib
import math
from collections.abc import Container, Iterable
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np

from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.wording import quoted


def is_number(value: object) -> bool:
    """Whether it is a finite real number; booleans are not."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the largest float
        return False


def is_whole(value: object) -> bool:
    """Whether it is an integer by type, of at most 64 bits; 2.0 and True are not."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return False
    return -(2**63) <= int(value) < 2**63


def checked_count(what: str, value: Any) -> int:
    """The count; raises :class:`InvalidChoice` naming ``what`` unless it is an integer of at least 1."""
    if not (is_whole(value) and value >= 1):
        raise InvalidChoice(f"{what} must be a whole number of at least 1, not {quoted(value)}.")
    return int(value)


def checked_seed(value: Any) -> int:
    """The seed; raises :class:`InvalidChoice` if it is not a valid seed."""
    if not (is_whole(value) and 0 <= value < 2**63):
        raise InvalidChoice(
            f"Not a valid seed: {quoted(value)}. A seed must be a whole number of at least 0."
        )
    return int(value)


def checked_sample_weight(given: np.ndarray, n: int, rows: str) -> np.ndarray:
    """Sample weights ``[n]`` as float64; ``rows`` names the rows that they belong to.

    Raises :class:`DataError` unless there is one for each, all are finite and at least 0, and one is more.
    """
    if given.shape != (n,):
        raise DataError(
            f"sample_weight must have one number for each of the {n} {rows}; its shape is {given.shape}."
        )
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if len(wrong):
        raise DataError(
            f"Sample weights must be finite and at least 0, but {len(wrong)} of the {n} {rows} have another "
            f"one (the first, {given[wrong[0]]:g}, at position {wrong[0]}); correct them or drop these rows."
        )
    if n and not given.any():
        raise DataError(
            f"The sample weights of all {n} {rows} are 0; at least one must be positive."
        )
    return given.astype(np.float64)


def is_name(value: object, names: Container[str]) -> TypeGuard[str]:
    """Whether it is one of the names; also for values that cannot be compared or looked up."""
    return isinstance(value, str) and value in names


def checked_flag(what: str, value: Any) -> bool:
    """The flag; raises :class:`InvalidChoice` naming ``what`` unless it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidChoice(f"{what} must be True or False, not {quoted(value)}.")
    return bool(value)


def check_options(function: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise TypeError, as Python does for named arguments, for an option that ``function`` does not have."""
    known = list(known)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known)}."
            raise TypeError(f"{function} has no option {name!r}; {hint}")
