"""Conditions on the columns of a table: as objects, as text, and the rows that satisfy them.

A comparison with a missing cell is never true; ask for missing cells by ``is missing``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.datasets.reading.text import near
from afif_explorer.errors import InvalidChoice

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
CONTAINS = "contains"
WORDS = frozenset(
    {"and", "or", "not", "in", "is", "missing", CONTAINS}
)  # with a meaning of their own
SPECIAL = r"\"`(),<>=!≤≥≠"  # end a word
_BARE = re.compile(rf"[^\s'{SPECIAL}][^{SPECIAL}]*")


@dataclass(frozen=True)
class Comparison:
    """``column op value``: a number or date in its order, or the text of a level for ``=`` and ``!=``."""

    column: str
    op: str
    value: str

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        column = _column(frame, self.column)
        if is_ordered(column):
            found = COMPARE[self.op](column, _converted(self.value, column, self.column))
        elif self.op in ("=", "!="):
            found = COMPARE[self.op](_texts(column), _level(self.value, column, self.column))
        else:
            raise InvalidChoice(
                f"The column {self.column!r} holds text; compare it by =, != or contains, not {self.op}."
            )
        known = column.notna().to_numpy()
        return np.asarray(found.fillna(False), dtype=bool) & known

    def __str__(self) -> str:
        return f"{quoted(self.column)} {self.op} {quoted(self.value)}"


@dataclass(frozen=True)
class Contains:
    """``column contains value``: the text is anywhere in the cell, in capital or small letters."""

    column: str
    value: str

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        column = _column(frame, self.column)
        if is_ordered(column):
            raise InvalidChoice(
                f"The column {self.column!r} holds {_kind(column)}; compare it by = != < <= > >=, "
                "not contains."
            )
        places, levels = pd.factorize(column)
        sought = self.value.casefold()
        found = np.array([*(sought in str(level).casefold() for level in levels), False])
        return found[places]  # -1 of a missing cell is the last place

    def __str__(self) -> str:
        return f"{quoted(self.column)} {CONTAINS} {quoted(self.value)}"


@dataclass(frozen=True)
class OneOf:
    """``column in (value, ...)``."""

    column: str
    values: tuple[str, ...]

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        each = [Comparison(self.column, "=", value).mask(frame) for value in self.values]
        found: np.ndarray = np.logical_or.reduce(each)
        return found

    def __str__(self) -> str:
        return f"{quoted(self.column)} in ({', '.join(map(quoted, self.values))})"


@dataclass(frozen=True)
class Missing:
    """``column is missing``."""

    column: str

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        return _column(frame, self.column).isna().to_numpy()

    def __str__(self) -> str:
        return f"{quoted(self.column)} is missing"


@dataclass(frozen=True)
class Not:
    """``not part``: all rows that don't satisfy it, also those with missing cells."""

    part: Condition

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        return ~self.part.mask(frame)

    def __str__(self) -> str:
        return f"not {_inner(self.part)}"


@dataclass(frozen=True)
class Several:
    """Parts joined by ``and`` or ``or``."""

    word: str
    parts: tuple[Condition, ...]

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        join = np.logical_and if self.word == "and" else np.logical_or
        found: np.ndarray = join.reduce([part.mask(frame) for part in self.parts])
        return found

    def __str__(self) -> str:
        return f" {self.word} ".join(map(_inner, self.parts))


Condition = Comparison | Contains | OneOf | Missing | Not | Several


def _inner(part: Condition) -> str:
    return f"({part})" if isinstance(part, Several) else str(part)


def quoted(text: str) -> str:
    """A name or value as it is written in a condition: in quotes where it would be misread."""
    words = text.lower().split()
    if _BARE.fullmatch(text) and text == " ".join(text.split()) and not WORDS.intersection(words):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_ordered(column: pd.Series) -> bool:
    """Whether a column holds numbers or dates, as opposed to levels."""
    kind = column.dtype
    numbers = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    return bool(numbers or pd.api.types.is_datetime64_any_dtype(kind))


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise InvalidChoice(f"There is no column {name!r}; {near(name, map(str, frame.columns))}")
    found: pd.Series = frame[name]
    return found


def _texts(column: pd.Series) -> pd.Series:
    return column.astype(object).map(str, na_action="ignore")


def _converted(value: str, column: pd.Series, name: str) -> Any:
    try:
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            return pd.Timestamp(value)
        return float(value.replace("\u202f", "").replace(" ", "").replace("−", "-"))
    except ValueError:
        raise InvalidChoice(
            f"The column {name!r} holds {_kind(column)}, and {value!r} is none."
        ) from None


def _kind(column: pd.Series) -> str:
    return "dates" if pd.api.types.is_datetime64_any_dtype(column.dtype) else "numbers"


def _level(value: str, column: pd.Series, name: str) -> str:
    levels = list(map(str, column.dropna().unique()))
    if value not in levels:
        raise InvalidChoice(f"No row has {value!r} in the column {name!r}; {near(value, levels)}")
    return value
