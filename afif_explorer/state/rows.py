"""Row ids from lists, sets, arrays and masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import param

from afif_explorer.errors import InvalidChoice
from afif_explorer.spec import Spec

Ids = tuple[int, ...]


class Rows(param.ClassSelector):
    """A parameter for row ids, converted to an ascending tuple.

    Its owner has ``known_rows``: the existing ids, or None while unknown.
    """

    def __init__(self, **params: Any) -> None:
        super().__init__(class_=tuple, default=(), **params)

    def __set__(self, obj: Any, value: Any) -> None:
        if obj is not None:
            value = checked(value, obj.known_rows)
        super().__set__(obj, value)


def checked(value: Any, known: np.ndarray | None) -> Ids:
    """The ids in ``value``, ascending: whole numbers in any iterable or array, or one alone.

    A mask (true or false for each of the ``known`` rows, or a pandas one with ids in its index) stands
    for the rows where it is true. Raises InvalidChoice for anything else, and for ids that are not known.
    """
    ids = as_ids(value, known)
    strangers = () if known is None else tuple(compress(ids, ~among(ids, known)))
    if strangers:
        listed = ", ".join(map(str, strangers[:5])) + (", ..." if len(strangers) > 5 else "")
        raise InvalidChoice(
            f"'selected' has ids that no training row has: {listed}; "
            "the ids are the index of the explorer's frame."
        )
    return ids


def among(ids: Ids, known: np.ndarray) -> np.ndarray:
    """Which of ``ids`` are ``known``, ``[m]``; quick for few ids among millions."""
    return np.isin(np.array(ids, dtype=int), known)


def as_ids(value: Any, known: np.ndarray | None = None) -> Ids:
    """The ids in ``value``, whether or not such rows exist."""
    one_pass = isinstance(value, Iterable) and not isinstance(value, Sequence | Mapping)
    listed = list(value) if one_pass and not hasattr(value, "__array__") else value
    try:
        array = np.atleast_1d(np.asarray(listed))
    except (ValueError, TypeError, RuntimeError):  # ragged, or on a device
        array = np.array(["?"])
    if array.size == 0:
        return ()
    if array.dtype == bool:
        index = getattr(value, "index", known)  # a list's is a method
        array = _where(array, known if callable(index) else index)
    whole = array.dtype.kind == "f" and np.isfinite(array).all() and (array % 1 == 0).all()
    if array.ndim != 1 or not (array.dtype.kind in "iu" or whole):
        raise InvalidChoice(
            "'selected' takes the ids of rows: whole numbers in a list, a set or an array, or a mask "
            "with true or false for each training row."
        )
    return Spec(selected=tuple(int(i) for i in array)).selected


def _where(mask: np.ndarray, ids: Any) -> np.ndarray:
    """The ids of the rows where ``mask`` is true."""
    if ids is None:
        raise InvalidChoice(
            "A mask needs the data; wait until they are loaded (await_idle), or pass row ids."
        )
    if mask.shape != (len(ids),):
        raise InvalidChoice(f"The mask has {mask.size} values for {len(ids)} training rows.")
    return np.asarray(ids)[mask]
