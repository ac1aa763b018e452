"""Size limits of tables."""

from __future__ import annotations

from afif_explorer.errors import DataError
from afif_explorer.wording import count

MOST_ROWS = 500_000
MOST_COLUMNS = 1_000
MOST_CELLS = 5_000_000


def check_shape(rows: int, columns: int) -> None:
    """Raise DataError for a table that exceeds the limits."""
    if columns > MOST_COLUMNS:
        raise DataError(
            f"The table has {count(columns)} columns; the limit is {count(MOST_COLUMNS)}."
        )
    if rows > MOST_ROWS:
        raise DataError(f"The table has more than {count(MOST_ROWS)} rows, which is the limit.")
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"The table has {count(rows)} rows of {count(columns)} columns; the limit is "
            f"{count(MOST_CELLS)} cells. Remove columns or rows."
        )
