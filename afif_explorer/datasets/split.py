"""``Split``: some rows of a data set, for models and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Split:
    """Some rows of a data set, in the order of the raw table. A split may be empty.

    The arrays are read-only. ``y`` is float64 for regression, counts and two classes (0 or 1, where 1 is
    ``Dataset.classes[1]``), and an int64 index into ``Dataset.classes`` for more classes.

    >>> import afif_explorer as ax
    >>> test = ax.load_dataset("hiring").test
    >>> len(test), test.X.shape, test.frame.shape
    (300, (300, 12), (300, 9))
    """

    X: np.ndarray  # [n, d] float64; a SciPy csr_array for data from a sparse matrix
    y: np.ndarray  # [n]
    frame: pd.DataFrame  # the raw rows under display names, cells cleaned; index = ids
    sensitive: pd.DataFrame  # the group of each row, a column per sensitive column; index = ids
    ids: np.ndarray  # [n] int64: the position of each row in the raw table, from 0

    def __post_init__(self) -> None:
        for array in self.arrays:
            array.setflags(write=False)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """All numbers, for a sparse ``X`` those that it is stored as."""
        X: Any = self.X
        inputs = (X.data, X.indices, X.indptr) if hasattr(X, "indptr") else (X,)
        return (*inputs, self.y, self.ids)

    def __len__(self) -> int:
        return len(self.ids)
