"""Sensitive attributes of rows that are given with an objective: their groups in every split."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from torch import Tensor

from afif_explorer.errors import DataError
from afif_explorer.wording import quoted

NAMELESS = "group"  # the attribute of an array without a name
Columns: TypeAlias = np.ndarray | Tensor | pd.Series | pd.DataFrame
Sensitive: TypeAlias = Columns | Mapping[str, Columns]  # of the training rows, or by split
Codes = dict[str, dict[str, np.ndarray]]  # split, attribute -> the group index of each row


def by_split(sensitive: Sensitive | None, splits: Collection[str]) -> dict[str, Columns]:
    """The attributes of each split that has them.

    Raises :class:`DataError` for a split without rows.
    """
    if sensitive is None:
        return {}
    given = dict(sensitive) if isinstance(sensitive, Mapping) else {"train": sensitive}
    unknown = [name for name in given if name not in splits]
    if unknown:
        raise DataError(
            f"There is no split {quoted(unknown[0])} for its sensitive attributes; there are: "
            f"{', '.join(splits)}. Several attributes of one split are a DataFrame."
        )
    return given


def columns_of(sensitive: Columns, rows: int, split: str) -> pd.DataFrame:
    """The attributes of a split's rows, in the order of the rows, whatever their index.

    Raises :class:`DataError` for anything but columns of that length.
    """
    from afif_explorer.datasets.reading import text

    try:
        frame = _frame(sensitive).reset_index(drop=True)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"The sensitive attributes of the {split} rows must be an array [n], a Series or a DataFrame."
        ) from error
    if len(frame) != rows:
        raise DataError(
            f"There are {rows} {split} rows but {len(frame)} values of their sensitive attributes; they must "
            "match."
        )
    frame.columns = pd.Index([text.clean(str(name)) for name in frame.columns])
    if not frame.columns.is_unique:
        raise DataError("Two sensitive attributes have the same name; rename one.")
    return frame


def _frame(sensitive: Columns) -> pd.DataFrame:
    if isinstance(sensitive, pd.DataFrame):
        return sensitive
    if isinstance(sensitive, pd.Series):
        return sensitive.to_frame(NAMELESS if sensitive.name is None else sensitive.name)
    values = sensitive.cpu() if isinstance(sensitive, Tensor) else sensitive
    return pd.Series(np.asarray(values), name=NAMELESS).to_frame()


def groups_of(frames: Mapping[str, pd.DataFrame]) -> tuple[Codes, dict[str, tuple[str, ...]]]:
    """The group of each row by split and attribute, and the names of each attribute's groups, sorted.

    They follow the rules of a :class:`Dataset`: a number with many values is cut at the median of its
    training rows (of all rows, if these have none), and missing values are a group of their own.

    Raises :class:`DataError` for an attribute with one group or too many.
    """
    from afif_explorer.datasets import groups as rules

    codes: Codes = {split: {} for split in frames}
    names: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(name for frame in frames.values() for name in frame.columns):
        parts = {split: frame[name] for split, frame in frames.items() if name in frame}
        joined = pd.concat(parts.values(), ignore_index=True)
        train = np.arange(len(parts["train"]) if "train" in parts else len(joined))
        groups = rules.read_groups(joined, name)
        if groups.nunique(dropna=False) > 1:
            groups, _ = rules.cut(groups, train, name)
        rules.check(groups, train, name)
        levels, first = tuple(sorted(set(groups.astype(str)))), 0
        found = pd.Index(levels).get_indexer(pd.Index(groups.astype(str)))
        names[name] = levels
        for split, part in parts.items():
            codes[split][name] = found[first : first + len(part)].astype(np.int64)
            first += len(part)
    return codes, names
