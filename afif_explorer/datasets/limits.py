"""How large a table may be."""

from __future__ import annotations

from afif_explorer.errors import DataError

MOST_ROWS = 500_000
MOST_COLUMNS = 1_000
MOST_CELLS = 5_000_000


def check_shape(rows: int, columns: int) -> None:
    """Raise DataError for a table beyond the limits."""
    if columns > MOST_COLUMNS:
        raise DataError(f"The table has {columns:,} columns; the limit is {MOST_COLUMNS:,}.")
    if rows > MOST_ROWS:
        raise DataError(f"The table has more than {MOST_ROWS:,} rows, which is the limit.")
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"The table has {rows:,} rows of {columns:,} columns; the limit is {MOST_CELLS:,} cells. "
            "Leave out columns or rows."
        )
