"""A table of training rows and one of test rows as one table, which keeps them apart."""

from __future__ import annotations

import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.column import MOST_LEVELS
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.result import Reading
from afif_explorer.errors import DataError

SPLIT = "split"


def paired(train: Reading, test: Reading) -> tuple[Reading, str]:
    """The rows of both, and the name of the column that says to which split each belongs.

    Raises :class:`DataError` if the test rows lack a column of the training rows.
    """
    names, renamed = text.column_names(train.frame.columns)
    first = train.frame.set_axis(names, axis=1)
    second = test.frame.set_axis(text.column_names(test.frame.columns)[0], axis=1)
    if lacking := [name for name in names if name not in second.columns]:
        raise DataError(
            f"The test rows have no column {text.listing(lacking)}, which the training rows have; both "
            "tables need the same columns, also the target."
        )
    notes = [*(renamed if not train.found else ()), *train.notes]
    notes += [f"Test rows: {note}" for note in test.notes if note not in train.notes]
    if more := [name for name in second.columns if name not in names]:
        notes.append(f"Left out because only the test rows have them: {text.listing(more)}.")
    columns = {name: _joined(first[name], second[name], name, notes) for name in names}
    split = text.distinct([*names, SPLIT])[-1]
    columns[split] = pd.Series(["train"] * len(first) + ["test"] * len(second), dtype="str")
    notes.append(
        f"The rows 0 to {len(first) - 1} are the training rows, and {len(first)} to "
        f"{len(first) + len(second) - 1} the test rows, as they were given."
    )
    if both := _shared(first, second[names]):
        notes.append(
            f"{wording.count(both)} of the test rows {'is' if both == 1 else 'are'} also among the training "
            "rows, so the test may look better than it is."
        )
    return Reading(pd.DataFrame(columns), tuple(notes), train.found), split


def _joined(first: pd.Series, second: pd.Series, name: str, notes: list[str]) -> pd.Series:
    if first.isna().all() or second.isna().all() or _kind(first) == _kind(second):
        found = pd.concat([first, second], ignore_index=True)
        if recipes.is_text(first) and recipes.is_text(second):
            notes += _only_one_has(first, second, name)
        return found
    notes.append(
        f"'{name}' has {_kind(first)} in the training rows and {_kind(second)} in the test rows; both were "
        "read together."
    )
    texts = [one if recipes.is_text(one) else recipes.texts_of(one) for one in (first, second)]
    return pd.concat(texts, ignore_index=True)


def _kind(series: pd.Series) -> str:
    if recipes.is_text(series):
        return "texts"
    if pd.api.types.is_datetime64_any_dtype(series):
        return "dates"
    return "numbers"


def _only_one_has(first: pd.Series, second: pd.Series, name: str) -> list[str]:
    """Sentences about levels that only the training rows or only the test rows have."""
    ours, theirs = (dict.fromkeys(text.coded(one)[1]) for one in (first, second))
    if max(len(ours), len(theirs)) > MOST_LEVELS:
        return []
    return [
        f"Only the {who} rows have {text.listing([text.clean(level) for level in alone])} as '{name}'."
        for who, here, there in (("training", ours, theirs), ("test", theirs, ours))
        if (alone := [level for level in here if level not in there])
    ]


def _shared(first: pd.DataFrame, second: pd.DataFrame) -> int:
    """How many rows of the second are also in the first."""
    try:
        ours, theirs = (
            pd.util.hash_pandas_object(one.astype(str), index=False) for one in (first, second)
        )
    except TypeError:
        return 0
    return int(theirs.isin(ours).sum())
