"""Inputs that are a sensitive column, or the target, under another name and coding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns.column import Column, LeftOut
from afif_explorer.datasets.columns.outcome import Outcome

ROWS_A_LEVEL = 5  # with fewer, values may match by chance
_CORRELATED = 1 - 1e-9


def without_sensitive(
    inputs: Sequence[Column | LeftOut], sensitive: Mapping[str, pd.Series]
) -> list[Column | LeftOut]:
    """The inputs; those that recode a sensitive column are left out."""
    found: list[Column | LeftOut] = []
    for column in inputs:
        same = [name for name, groups in sensitive.items() if _recodes(column, groups.to_numpy())]
        why = f"is the sensitive column '{same[0]}' in another coding" if same else ""
        found.append(LeftOut(column.name, why) if same else column)
    return found


def of_target(inputs: Sequence[Column | LeftOut], outcome: Outcome, target: str) -> list[str]:
    """A sentence for each input that recodes the target."""
    return [
        f"'{column.name}' is the target '{target}' in another coding, so a model can read the outcome from "
        "it; drop it unless it is known before the outcome is."
        for column in inputs
        if _recodes(column, outcome.y)
    ]


def _recodes(column: Column | LeftOut, other: np.ndarray) -> bool:
    """Whether there is a one-to-one map between the values, which for many numbers is linear."""
    if isinstance(column, LeftOut):
        return False
    ours, theirs = (
        pd.factorize(values, use_na_sentinel=False)[0] for values in (column.values, other)
    )
    levels = int(ours.max()) + 1
    if levels < 2 or int(theirs.max()) + 1 != levels:
        return False
    if levels * ROWS_A_LEVEL <= len(ours):
        return len(np.unique(ours * levels + theirs)) == levels
    return _linear(column.values, other)


def _linear(ours: np.ndarray, theirs: np.ndarray) -> bool:
    numbers = pd.to_numeric(pd.Series(theirs), errors="coerce").to_numpy(dtype=np.float64)
    known = np.isfinite(ours) & np.isfinite(numbers)
    if known.sum() < max(ROWS_A_LEVEL, known.size / 2):
        return False
    a, b = ours[known], numbers[known]
    if (a == a[0]).all() or (b == b[0]).all():
        return False
    return bool(abs(np.corrcoef(a, b)[0, 1]) > _CORRELATED)
