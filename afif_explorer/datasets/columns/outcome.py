"""The target column: its task, and its values as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer.datasets.reading import text
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import is_name
from afif_explorer.wording import count

TASKS = ("regression", "classification", "count")
MOST_CLASSES = 50
FEW_VALUES = 10
LARGEST_MEAN_COUNT = 10


@dataclass(frozen=True)
class Outcome:
    """A prepared target: ``y`` of the rows in ``kept`` (a mask over the raw rows)."""

    task: str
    y: np.ndarray  # [kept.sum()]
    classes: tuple[str, ...]
    kept: np.ndarray  # [N] bool
    notes: tuple[str, ...]


def read_outcome(column: pd.Series, name: str, task: str | None) -> Outcome:
    """Infer the task of a target column, unless it is given, and convert the column to numbers."""
    if task is not None and not is_name(task, TASKS):
        raise InvalidChoice(
            f"Unknown task {text.clean(str(task))!r}; choose one of: {', '.join(TASKS)}."
        )
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise DataError(
            f"The target '{name}' has {column.dtype} values; it must contain numbers or classes."
        )
    numbers = _numbers(column)
    missing = column.isna().to_numpy() if numbers is None else ~np.isfinite(numbers)
    if missing.all():
        raise DataError(f"The target '{name}' has no values at all; choose another column.")
    notes = []
    if missing.any():
        rows = "1 row" if missing.sum() == 1 else f"{count(missing.sum())} rows"
        notes.append(f"{rows} without a usable value of the target '{name}' left out.")
    kept = ~missing
    column = column[kept]
    numbers = None if numbers is None else numbers[kept]
    if column.nunique() < 2:
        only = text.clean(column.iloc[0], 40)
        raise DataError(
            f"The target '{name}' has only one value ('{only}'), so there is nothing to learn; "
            "choose another target, or add rows with other values."
        )
    if task is None:
        task, guess = _infer(numbers, name)
        notes += guess
    if task == "classification":
        y, classes = _classes(column, numbers, name)
    else:
        y, classes = _amounts(numbers, name, task), ()
    return Outcome(task, y, classes, kept, tuple(notes))


def _numbers(column: pd.Series) -> np.ndarray | None:
    """The column as float64 with NaN for missing cells; None if it is not numeric."""
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(column):
        return None
    column = column.infer_objects()
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _infer(numbers: np.ndarray | None, name: str) -> tuple[str, list[str]]:
    if numbers is None:
        return "classification", []
    values = np.unique(numbers)
    if len(values) == 2:
        return "classification", []
    if (values != np.round(values)).any():
        return "regression", []
    other = "set the task if this is wrong."
    if len(values) <= FEW_VALUES:
        return "classification", [
            f"The target '{name}' has {len(values)} distinct whole numbers, treated as classes; {other}"
        ]
    if values[0] == 0 and numbers.mean() <= LARGEST_MEAN_COUNT:
        return "count", [f"The target '{name}' has small whole numbers, treated as counts; {other}"]
    return "regression", []


def _classes(
    column: pd.Series, numbers: np.ndarray | None, name: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    if numbers is not None:
        found, codes = np.unique(numbers, return_inverse=True)
        shown = [f"{value:g}" if value == float(f"{value:g}") else repr(value) for value in found]
    else:
        if not isinstance(column.dtype, pd.CategoricalDtype):
            column = pd.Series(pd.Categorical(text.levels(column)))
        column = column.cat.remove_unused_categories()
        codes = column.cat.codes.to_numpy()
        shown = text.distinct((text.clean(value) for value in column.cat.categories), empty="class")
    if len(shown) > MOST_CLASSES:
        raise DataError(
            f"The target '{name}' has {count(len(shown))} classes; at most {MOST_CLASSES} are "
            "supported. Choose another target or merge classes."
        )
    return codes.astype(np.float64 if len(shown) == 2 else np.int64), tuple(shown)


def _amounts(numbers: np.ndarray | None, name: str, task: str) -> np.ndarray:
    if numbers is None:
        raise DataError(f"The target '{name}' is not numeric, so the task cannot be {task}.")
    if task == "count" and ((numbers < 0).any() or (numbers != np.round(numbers)).any()):
        raise DataError(
            f"The target '{name}' is not a count: it has negative or fractional values."
        )
    return numbers


def alone(outcome: Outcome, train: np.ndarray) -> list[str]:
    """Notes on classes with a single training row, without which no finite fit exists."""
    if not outcome.classes:
        return []
    counts = np.bincount(outcome.y[train].astype(np.int64), minlength=len(outcome.classes))
    few = [outcome.classes[code] for code in np.flatnonzero(counts == 1)]
    if not few:
        return []
    names, one = text.listing(few), len(few) == 1
    who = (
        f"Class {names} has a single training row"
        if one
        else f"Classes {names} have a single training row each"
    )
    return [f"{who}; the model without that row is undefined, so its effect is undefined."]
