"""Reads a column of new rows in the way in which the same column of the table was read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.columns.column import Column, in_days, without_infinite
from afif_explorer.datasets.reading import text
from afif_explorer.errors import DataError

UNSEEN = -1.0  # the code of a level that the table does not have


def read_again(series: pd.Series, column: Column) -> tuple[np.ndarray, list[str]]:
    """The values ``[m]`` of new rows, coded like ``column.values``, and notes on what was assumed."""
    if not series.isna().all():
        series = column.recipe.apply(series)
    if column.kind == "category":
        return _levels(series, column)
    values = _numbers(series, column)
    empty = int(without_infinite(values) + series.isna().sum())
    if column.kind == "indicator" and not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        raise DataError(f"'{column.name}' has only the values 0 and 1 in the data; keep to them.")
    if not empty:
        return values, []
    cells = "value" if empty == 1 else "values"
    filling = "median" if column.kind == "numeric" else "most common value"
    return values, [
        f"{wording.count(empty)} missing or infinite {cells} of '{column.name}' filled with the {filling} "
        "of the training rows."
    ]


def _numbers(series: pd.Series, column: Column) -> np.ndarray:
    if series.isna().all():
        return np.full(len(series), np.nan)
    if series.dtype == object:
        series = series.convert_dtypes()
    types = pd.api.types
    if column.days:
        right = {
            "dates": types.is_datetime64_any_dtype,
            "durations": types.is_timedelta64_dtype,
        }[column.days]
        if right(series):
            return in_days(series)[0]
        raise DataError(f"'{column.name}' must contain {column.days}, not {series.dtype} values.")
    if types.is_numeric_dtype(series) and not types.is_complex_dtype(series):
        return series.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    raise DataError(
        f"'{column.name}' must contain numbers, not {series.dtype} values; convert it first."
    )


def _levels(series: pd.Series, column: Column) -> tuple[np.ndarray, list[str]]:
    """The code of each row's level; that of an unknown level is :data:`UNSEEN`."""
    codes, found = text.coded(series)
    shown = {level: code for code, level in enumerate(column.levels)}
    known = [column.texts.get(one, shown.get(one, shown.get(text.clean(one)))) for one in found]
    empty = UNSEEN if column.missing is None else column.missing
    table = np.array([*(UNSEEN if code is None else code for code in known), empty], dtype=float)
    unseen = [text.clean(one) for one, code in zip(found, known, strict=True) if code is None]
    if column.missing is None and (codes < 0).any():
        unseen.append(text.MISSING)
    notes = []
    if unseen:
        notes.append(
            f"No training row has {text.listing(unseen)} as '{column.name}'; such rows get 0 in its columns."
        )
    return table[codes], notes
