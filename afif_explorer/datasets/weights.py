"""Sample weights of a table's rows: a column of it, or an array."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns.guesses import WEIGHT
from afif_explorer.datasets.roles import ColumnOptions
from afif_explorer.errors import DataError
from afif_explorer.numeric import checked_sample_weight

SampleWeight: TypeAlias = Hashable | np.ndarray | pd.Series | Sequence[float]


def with_weight_column(options: ColumnOptions, given: SampleWeight) -> ColumnOptions:
    """The options with the role "weight" for the column that ``given`` names, if it names one."""
    if not is_column(given):
        return options
    roles = {**(options.get("roles") or {}), cast(Hashable, given): WEIGHT}
    return {**options, "roles": roles}


def is_column(given: SampleWeight) -> bool:
    """Whether it names a column; else it is an array, or None."""
    return given is not None and (bool(pd.api.types.is_scalar(given)) or isinstance(given, tuple))


def read_weights(values: SampleWeight, rows: int, kept: np.ndarray) -> np.ndarray | None:
    """The weights of the rows in ``kept`` (positions), ``[len(kept)]``; None if there are none.

    ``values``: those of all ``rows``. Raises :class:`DataError` for weights that are missing, negative, no
    numbers, or of another length.
    """
    if values is None:
        return None
    numbers = pd.to_numeric(pd.Series(np.asarray(values).ravel()), errors="coerce").to_numpy(float)
    if len(numbers) != rows:
        raise DataError(
            f"sample_weight has {len(numbers)} values for a table of {rows} rows; give one for each "
            "row, or the name of a column."
        )
    used = np.zeros(rows)
    used[kept] = numbers[kept]
    return checked_sample_weight(used, rows, "rows")[kept]


def check_split(weight: np.ndarray | None, split: str) -> None:
    """Raise :class:`DataError` if all rows of a split have weight 0."""
    if weight is not None and len(weight):
        checked_sample_weight(weight, len(weight), f"{split} rows")
