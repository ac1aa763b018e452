"""Rows named by id: the position of each among the rows of a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from afif_explorer.errors import InvalidChoice


def positions_of(
    wanted: Sequence[int] | np.ndarray, split: str, ids: Mapping[str, np.ndarray]
) -> np.ndarray:
    """The positions in a split of the rows ``wanted``, in the order given: ``[m]`` int64.

    Args:
        wanted: ids ``[m]``, or a mask with a value for each row of the split.
        split: its name. ids: of the rows of all splits, by name.

    Raises:
        InvalidChoice: for ids that the split does not have, and for anything else.
    """
    known = ids[split]
    try:
        rows = np.atleast_1d(np.asarray(wanted))
    except (TypeError, ValueError):  # lists of different lengths
        rows = np.array(["ragged"])
    if rows.dtype == bool:
        if rows.shape != known.shape:
            raise InvalidChoice(
                f"A mask of rows must have {len(known)} values, one per {split} row."
            )
        return np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise InvalidChoice(
            f"Rows must be a list of ids, which are whole numbers, or a mask of {len(known)} values."
        )
    if not (rows.size and known.size):
        places, missing = np.zeros(rows.size, dtype=np.int64), np.ones(rows.size, dtype=bool)
    else:
        order = np.argsort(known, kind="stable")
        places = order[np.searchsorted(known, rows, sorter=order).clip(max=len(known) - 1)]
        missing = known[places] != rows
    if missing.any():
        raise InvalidChoice(_unknown(int(rows[missing][0]), split, ids))
    return places.astype(np.int64)


def _unknown(row: int, split: str, ids: Mapping[str, np.ndarray]) -> str:
    """Why a split has no row of this id, and which id was probably meant."""
    known = ids[split]
    if np.array_equal(known, np.arange(len(known))):
        return f"Row {row} is not in the {split} split, whose rows are 0 to {len(known) - 1}."
    home = next((name for name, others in ids.items() if row in others), None)
    told = f"Row {row} is not in the {split} split"
    told += f" but in the {home} split; rows are named by id" if home else "; rows are named by id"
    if 0 <= row < len(known):
        return f"{told}, and position {row} has the id {known[row]} (data.{split}.ids[{row}])."
    return f"{told} (data.{split}.ids), here {known.min()} to {known.max()}."
