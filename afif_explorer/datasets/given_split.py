"""Splits that a column of the table gives."""

from __future__ import annotations

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.columns.guesses import PART_OF, parts_of
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.splits import FEWEST_TRAINING_ROWS, Parts
from afif_explorer.errors import DataError


def given_split(series: pd.Series, name: str) -> tuple[np.ndarray, list[str]]:
    """The split of each row ("" for none) by the column ``name``, and notes."""
    parts = parts_of(series)
    if parts is None:
        shown = text.listing([text.clean(level) for level in text.coded(series)[1]])
        raise DataError(
            f"The split column '{name}' has the levels {shown}; each must be one of: "
            f"{', '.join(PART_OF)}."
        )
    codes, levels = text.coded(series)
    where = np.array([parts[level] for level in levels] + [""], dtype=object)[codes]
    told = [
        f"The splits are those of '{name}': {_said(parts)}; the shares and the seed are not used."
    ]
    if without := int((where == "").sum()):
        told.append(f"{wording.count(without)} rows without a value of '{name}' left out.")
    return where, told


def divided(where: np.ndarray, name: str) -> Parts:
    """The positions of the rows of each split."""
    found = Parts(*(np.flatnonzero(where == part) for part in Parts._fields))
    if len(found.train) < FEWEST_TRAINING_ROWS:
        raise DataError(
            f"The split column '{name}' leaves {len(found.train)} usable training rows; at least "
            f"{FEWEST_TRAINING_ROWS} are needed."
        )
    return found


def _said(parts: dict[str, str]) -> str:
    return ", ".join(f"'{text.clean(level)}' is {part}" for level, part in parts.items())
