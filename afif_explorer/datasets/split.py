"""``Split``: some rows of a data set, for models and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

_BATCH = 1 << 16


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Some rows of a data set, in the order of the raw table. A split may be empty.

    The arrays are read-only. ``y`` is float64 for regression, counts and two classes (0 or 1, where 1 is
    ``Dataset.classes[1]``), and an int64 index into ``Dataset.classes`` for more classes.

    >>> import afif_explorer as ax
    >>> test = ax.load_dataset("hiring").test
    >>> len(test), test.X.shape, test.frame.shape
    (300, (300, 12), (300, 9))
    """

    X: (
        np.ndarray
    )  # [n, d] float64, or float32 if asked for; a SciPy csr_array for data from a sparse matrix
    y: np.ndarray  # [n]
    table: pd.DataFrame  # the raw table, which all splits share, under display names, cells cleaned
    places: np.ndarray  # [n]: the rows of the table in this split
    sensitive: pd.DataFrame  # the group of each row, a column per sensitive column; index = ids
    ids: np.ndarray  # [n] int64: the position of each row in the raw table, from 0
    sample_weight: np.ndarray | None = None  # [n] float64; None: all are 1

    def __post_init__(self) -> None:
        for array in self.arrays:
            array.setflags(write=False)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """All numbers, for a sparse ``X`` those that it is stored as."""
        X: Any = self.X
        inputs = (X.data, X.indices, X.indptr) if hasattr(X, "indptr") else (X,)
        weights = () if self.sample_weight is None else (self.sample_weight,)
        return (*inputs, self.y, self.ids, *weights)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The raw rows of this split under display names, cells cleaned; index = ids."""
        return self.table.iloc[self.places].set_axis(self.ids, axis=0)

    def batches(self, table: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """The rows of ``table`` or ``sensitive`` in this split, some at a time; index = ids."""
        for start in range(0, len(self), _BATCH):
            end = start + _BATCH
            rows = self.places[start:end] if table is self.table else slice(start, end)
            yield table.iloc[rows].set_axis(self.ids[start:end], axis=0)

    def __repr__(self) -> str:
        return f"<Split of {len(self)} rows, d = {self.X.shape[1]}>"

    def __len__(self) -> int:
        return len(self.ids)
