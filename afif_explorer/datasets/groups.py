"""Groups from sensitive columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns.outcome import Outcome
from afif_explorer.datasets.favourable import guess
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.splits import Parts
from afif_explorer.errors import DataError
from afif_explorer.wording import count

FEW_VALUES = 10
MOST_GROUPS = 50
SMALL_GROUP = 10
_WORDS = {"train": "training", "validation": "validation", "test": "test"}


def read_groups(column: pd.Series, name: str) -> pd.Series:
    """The groups of a sensitive column; missing values are a group of their own."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        if pd.api.types.is_bool_dtype(column) and not column.isna().any():
            return column
        return text.levels(column).fillna(text.MISSING)
    if not column.isna().any():
        return column
    if column.nunique() > FEW_VALUES:
        return column
    return text.levels(column.convert_dtypes()).fillna(text.MISSING)


def cut(groups: pd.Series, train: np.ndarray, name: str) -> tuple[pd.Series, tuple[str, ...]]:
    """Two groups of a number with many values: up to and above the training median."""
    if not pd.api.types.is_numeric_dtype(groups) or groups.nunique() <= FEW_VALUES:
        return groups, ()
    numbers = groups.to_numpy(dtype=np.float64, na_value=np.nan)
    middle = float(np.nanmedian(numbers[train]))
    if not (numbers > middle).any():
        middle = float(np.nanmax(numbers[numbers < middle]))
    shown = f"{middle:.4g}"
    words = np.where(numbers > middle, f"above {shown}", f"up to {shown}")
    words = np.where(np.isnan(numbers), text.MISSING, words)
    note = (
        f"'{name}' is a number with many values; its groups are 'up to {shown}' and "
        f"'above {shown}', cut at the median of the training rows."
    )
    return pd.Series(words, index=groups.index, name=name, dtype="str"), (note,)


def check(groups: pd.Series, train: np.ndarray, name: str) -> tuple[str, ...]:
    """Reject a column whose groups cannot be compared; note very small groups."""
    counts = groups.iloc[train].value_counts()
    if len(counts) < 2:
        only = text.clean(groups.iloc[0], 40)
        where = "" if groups.nunique() < 2 else " among the training rows"
        raise DataError(
            f"The sensitive column '{name}' has only one group ('{only}'){where}, so groups cannot "
            "be compared; choose another column."
        )
    if len(counts) > MOST_GROUPS:
        raise DataError(
            f"The sensitive column '{name}' has {count(len(counts))} groups; at most "
            f"{MOST_GROUPS} are supported. Merge groups or choose another column."
        )
    return _small(counts, name)


def _small(counts: pd.Series, name: str) -> tuple[str, ...]:
    small = [text.clean(value) for value, rows in counts.items() if rows < SMALL_GROUP]
    if not small:
        return ()
    few = f"fewer than {SMALL_GROUP} training rows; their averages are uncertain."
    return (f"Groups of '{name}' with {few[:-1]}: {text.listing(small)}.",)


def gaps(groups: pd.Series, parts: Parts, outcome: Outcome, name: str) -> list[str]:
    """Notes about groups that are missing from a split, or whose rows there have only one outcome.

    Gaps leave these groups out, because their mean is undefined.
    """
    words = groups.astype(str).to_numpy()
    every, favourable = sorted(set(words)), guess(outcome.classes)
    notes = []
    for split, rows in parts._asdict().items():
        if not len(rows):
            continue
        where = f"no {_WORDS[split]} rows"
        present = [group for group in every if (words[rows] == group).any()]
        if absent := [group for group in every if group not in present]:
            notes.append(f"{_who(absent, name)} {where}.")
        if favourable is None:
            continue
        good = outcome.y[rows] == favourable.place
        for met, without, measures in (
            (good, "with", "equal opportunity and equalised odds gaps"),
            (~good, "without", "equalised odds gaps"),
        ):
            if lacking := [group for group in present if not met[words[rows] == group].any()]:
                notes.append(
                    f"{_who(lacking, name)} {where} {without} the outcome '{favourable.name}'; "
                    f"{measures} there leave {'it' if len(lacking) == 1 else 'them'} out."
                )
    return notes


def _who(groups: list[str], name: str) -> str:
    shown = text.listing([text.clean(group) for group in groups])
    return (
        f"Group {shown} of '{name}' has" if len(groups) == 1 else f"Groups {shown} of '{name}' have"
    )
