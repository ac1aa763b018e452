"""An answer in any form, as a flat list of plain values with the row labels that came with it.

Students answer with numbers, NumPy arrays, torch tensors, lists, sets, masks, data frames. A :class:`Flat`
holds the same as plain Python values, so that it can also be sent from the process of a submission to the
one that marks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST = 1_000_000  # values in one answer
_DEPTH = 3  # lists in lists


@dataclass(frozen=True)
class Flat:
    """An answer as plain values.

    Attributes:
        values: numbers, booleans and texts, in order. labels: the index of a Series or data frame.
        fault: why it cannot be read; None if it can.
    """

    values: tuple[Any, ...] = ()
    labels: tuple[Any, ...] | None = None
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        labels = None if self.labels is None else list(self.labels)
        return {"values": list(self.values), "labels": labels, "fault": self.fault}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Flat:
        """What :meth:`to_json` wrote."""
        labels = told.get("labels")
        return cls(
            tuple(told.get("values") or ()),
            None if labels is None else tuple(labels),
            told.get("fault"),
        )


def flatten(answer: Any) -> Flat | None:
    """The answer as plain values; None for an exercise that is still open (``...`` or None)."""
    if answer is ... or answer is None:
        return None
    try:
        labels = _labels(answer)
        if labels is not None and getattr(answer, "ndim", 1) == 2:  # a data frame: its row labels
            return Flat(labels)
        return Flat(tuple(_leaves(answer, _DEPTH)), labels)
    except (TypeError, ValueError, RuntimeError) as error:
        return Flat(fault=str(error))


def _labels(answer: Any) -> tuple[Any, ...] | None:
    """The index of a Series or a data frame."""
    index = getattr(answer, "index", None)
    if index is None or callable(index):  # list.index is a method
        return None
    return tuple(_leaves(index, 1))


def _leaves(answer: Any, depth: int) -> Iterator[Any]:
    """The plain values in an answer, in order; those of a set sorted."""
    if hasattr(answer, "detach"):
        answer = answer.detach().cpu()
    if hasattr(answer, "tolist"):
        if getattr(answer, "size", 0) is None or _count(answer) > MOST:
            raise ValueError(f"More than {MOST:,} values.")
        answer = answer.tolist()
    if answer is None or isinstance(answer, bool | int | float | str):
        yield answer
    elif isinstance(answer, list | tuple | set | frozenset | range) and depth:
        if len(answer) > MOST:
            raise ValueError(f"More than {MOST:,} values.")
        for item in sorted(answer, key=repr) if isinstance(answer, set | frozenset) else answer:
            yield from _leaves(item, depth - 1)
    elif hasattr(answer, "__array__") and depth:
        yield from _leaves(answer.__array__(), depth - 1)
    else:
        raise TypeError(f"A value of type {type(answer).__name__} cannot be read.")


def _count(array: Any) -> int:
    """The values in an array or tensor."""
    count = 1
    for length in getattr(array, "shape", ()):
        count *= int(length)
    return count
