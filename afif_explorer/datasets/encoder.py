"""``Encoder``: what was fitted on the training rows, to encode rows that come later in the same way."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns.column import Column
from afif_explorer.datasets.columns.new_rows import read_again
from afif_explorer.datasets.reading import text
from afif_explorer.errors import DataError

RawRows: TypeAlias = pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]]


_BATCH = 4_000_000  # cells that are encoded at once


class Block(NamedTuple):
    """The next ``columns`` raw columns, encoded together by a fitted scikit-learn transformer."""

    transformer: Any
    columns: int
    order: tuple[int, ...]  # the transformer's columns that ``X`` has

    def fill(self, X: np.ndarray, values: Sequence[np.ndarray], rows: np.ndarray) -> None:
        """Set columns of ``X`` to the encoded values of these rows."""
        from scipy.sparse import issparse

        step = max(1, _BATCH // max(len(values), len(self.order)))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            coded = self.transformer.transform(table_of([column[some] for column in values]))
            coded = coded[:, list(self.order)]  # sparse if there are categories
            X[start : start + step] = coded.toarray() if issparse(coded) else coded


@dataclass(frozen=True)
class Encoder:
    """The columns that are inputs, without their values, and how they are encoded, some at a time."""

    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    names: tuple[str, ...]  # [d]
    dtype: str  # of the inputs

    def matrix(self, values: Sequence[np.ndarray], rows: np.ndarray | None = None) -> np.ndarray:
        """The inputs ``[m, d]`` for the values of each column, ``[n]`` each, in ``rows`` (None: all)."""
        rows = np.arange(len(values[0])) if rows is None else rows
        X = np.empty((len(rows), len(self.names)), self.dtype)
        first = at = 0
        for block in self.blocks:
            last, end = first + block.columns, at + len(block.order)
            with np.errstate(over="ignore"):
                block.fill(X[:, at:end], values[first:last], rows)
            bad = ~np.isfinite(X[:, at:end]).all(axis=0)
            if bad.any():
                name = self.names[at + int(np.flatnonzero(bad)[0])]
                raise DataError(
                    f"'{name}' has values that are too large to compute with; rescale or remove the column."
                )
            first, at = last, end
        return X

    def transform(self, rows: RawRows) -> np.ndarray:
        """The inputs ``[m, d]`` of raw rows; warns about values that the training rows do not have."""
        frame = _frame_of(rows)
        places = self._places(frame)
        if len(frame) == 0:
            return np.empty((0, len(self.names)), self.dtype)
        values, told = [], []
        for column, place in zip(self.columns, places, strict=True):
            found, notes = read_again(frame.iloc[:, place], column)
            values.append(found)
            told += notes
        if told:
            warnings.warn(" ".join(told), UserWarning, stacklevel=3)
        return self.matrix(values)

    def _places(self, frame: pd.DataFrame) -> list[int]:
        """The position of each input column in a table."""
        names = text.plain_names(frame.columns)
        wanted = [column.name for column in self.columns]
        lacking = [name for name in wanted if name not in names]
        if lacking:
            raise DataError(
                f"The rows have no column {text.listing(lacking)}, which the training rows have; add "
                f"{'it' if len(lacking) == 1 else 'them'}, with empty cells where a value is unknown."
            )
        copies = [name for name, times in Counter(names).items() if times > 1 and name in wanted]
        if copies:
            raise DataError(
                f"Several columns of the rows are named {text.listing(copies)}; keep one."
            )
        return [names.index(name) for name in wanted]


def table_of(values: Sequence[np.ndarray]) -> pd.DataFrame:
    """The values of each column as the table that the transformer takes."""
    return pd.DataFrame({f"c{place}": column for place, column in enumerate(values)})


def kind_of(column: Column) -> Column:
    """A column without its values."""
    return replace(column, values=np.empty(0), notes=())


def _frame_of(rows: object) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, Mapping):
        single = all(pd.api.types.is_scalar(value) for value in rows.values())
        rows = [rows] if single else dict(rows)
    elif not (isinstance(rows, list | tuple) and all(isinstance(row, Mapping) for row in rows)):
        raise DataError(
            f"Expected a data frame, a mapping of columns or a list of mappings, got "
            f"{type(rows).__name__}."
        )
    try:
        return pd.DataFrame(rows)
    except ValueError as error:
        raise DataError(f"The rows do not make a table: {text.clean(error)}.") from error
