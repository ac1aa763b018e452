"""Kinds of answers: how each is read, when two are the same, and the forms in which students write it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch

from afif_explorer.exercises.answers import Flat

Ids = Callable[[], Sequence[int] | np.ndarray]


class Misread(ValueError):
    """The answer is not of the kind that is wanted; the message says what is."""


class Kind(Protocol):
    """How the answers of an exercise are read and compared."""

    def read(self, answer: Flat) -> Any:
        """The value of an answer; raises :class:`Misread` if it is of another kind."""

    def same(self, value: Any, other: Any) -> bool:
        """Whether two values are the same answer."""

    def otherwise(self, value: Any) -> str:
        """What to say about a wrong value that is nobody's usual mistake."""

    def forms(self, value: Any) -> dict[str, Any]:
        """The value as students write it: name of the form -> answer."""


@dataclass(frozen=True)
class Number:
    """One finite number, right within a relative ``tolerance`` (and an ``absolute`` one)."""

    tolerance: float
    absolute: float = 0.0

    def read(self, answer: Flat) -> float:
        """The number, also as the only item of a list or as text."""
        wanted = "One number is wanted here."
        if len(answer.values) != 1:
            raise Misread(f"{wanted} You gave {len(answer.values)} values.")
        (item,) = answer.values
        if isinstance(item, bool):
            raise Misread(f"{wanted} You gave {item}.")
        try:
            value = float(item)
        except (TypeError, ValueError):
            raise Misread(f"{wanted} {item!r:.40} is none.") from None
        if not math.isfinite(value):
            raise Misread(f"{wanted} You gave {value}: something was divided by zero or is empty.")
        return value

    def same(self, value: float, other: float) -> bool:
        """Equal within the tolerance."""
        return math.isclose(value, other, rel_tol=self.tolerance, abs_tol=self.absolute)

    def otherwise(self, value: float) -> str:
        """The number given, and how close it has to be."""
        return f"You have {value:.4g}; that is not within {self.tolerance:.0%} of the truth."

    def forms(self, value: float) -> dict[str, Any]:
        """A number in eleven forms (twelve if it is whole)."""
        number = float(value)
        whole = {"int": int(number)} if number.is_integer() else {}
        return whole | {
            "float": number,
            "NumPy number": np.float64(number),
            "NumPy array without axes": np.array(number),
            "NumPy array of one": np.array([number]),
            "NumPy array, 1 x 1": np.array([[number]]),
            "torch number": torch.tensor(number, dtype=torch.float64),
            "torch tensor of one": torch.tensor([number], dtype=torch.float64),
            "list of one": [number],
            "tuple of one": (number,),
            "set of one": {number},
            "Series of one": pd.Series([number]),
            "text": repr(number),
        }


@dataclass(frozen=True)
class Rows:
    """Ids of training rows, in any order; ``single`` if exactly one is wanted."""

    ids: Ids
    single: bool = False

    def read(self, answer: Flat) -> tuple[int, ...]:
        """The ids, sorted, from ids, a mask of all rows, or the labels of a Series or frame."""
        found = sorted(set(self._ids(answer)))
        if self.single and len(found) != 1:
            raise Misread(f"The id of one row is wanted; you gave {len(found)}.")
        return tuple(found)

    def _ids(self, answer: Flat) -> list[int]:
        values, labels = answer.values, answer.labels
        if values and all(isinstance(item, bool) for item in values):
            owners = self.ids() if labels is None else labels
            if len(owners) != len(values):
                raise Misread(
                    f"A mask has one entry for each of the {len(self.ids())} training rows."
                )
            return [int(i) for i, chosen in zip(owners, values, strict=True) if chosen]
        try:
            return [self._whole(item) for item in values]
        except Misread:
            known = set(map(int, self.ids()))
            if labels is not None and all(self._known(item, known) for item in labels):
                return [int(item) for item in labels]  # such as the largest effects, by row
            raise

    @staticmethod
    def _known(item: Any, known: set[int]) -> bool:
        return isinstance(item, int) and item in known

    @staticmethod
    def _whole(item: Any) -> int:
        try:
            number = float(item)
        except (TypeError, ValueError):
            raise Misread(f"Row ids are wanted; {item!r:.40} is none.") from None
        if isinstance(item, bool) or not number.is_integer():
            raise Misread(f"Row ids are wanted, which are whole numbers; {item!r:.40} is none.")
        return int(number)

    def same(self, value: tuple[int, ...], other: tuple[int, ...]) -> bool:
        """The same set of rows."""
        return set(value) == set(other)

    def otherwise(self, value: tuple[int, ...]) -> str:
        """Rows that do not exist are named."""
        known = set(map(int, self.ids()))
        unknown = [row for row in value if row not in known]
        if unknown:
            return f"There is no training row with the id {unknown[0]}."
        return "These are rows of the table, but not the ones that are asked for."

    def forms(self, value: Sequence[int]) -> dict[str, Any]:
        """Row ids in ten forms and more."""
        rows, ids = [int(row) for row in value], np.asarray(self.ids())
        mask = np.isin(ids, rows)
        one = {"int": rows[0], "float": float(rows[0]), "NumPy number": np.int64(rows[0])}
        return (one | {"text": str(rows[0])} if len(rows) == 1 else {}) | {
            "list": rows,
            "list of floats": [float(row) for row in rows],
            "tuple": tuple(rows),
            "set": set(rows),
            "NumPy array": np.array(rows),
            "NumPy array, other order": np.array(rows)[::-1],
            "torch tensor": torch.tensor(rows),
            "mask": mask,
            "mask as a list": mask.tolist(),
            "Series": pd.Series(rows),
            "Series of booleans by row": pd.Series(mask, index=ids),
            "Series of effects by row": pd.Series(np.linspace(0.1, 0.2, len(rows)), index=rows),
            "Index": pd.Index(rows),
        }
