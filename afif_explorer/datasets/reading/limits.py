"""Size limits of tables."""

from __future__ import annotations

from afif_explorer.errors import DataError
from afif_explorer.wording import count

MOST_ROWS = 500_000
MOST_COLUMNS = 1_000
MOST_LINES = 5_000_000  # blank ones, and those within quotes
_LONG_LINE = 100_000  # characters; shorter ones are not looked into
_MOST_MARKS = 50_000  # separators in a line, also those within quotes
MOST_CELLS = 5_000_000
LONGEST_CELL = 10_000
_LONGEST_LINE = MOST_COLUMNS * LONGEST_CELL * 4  # bytes


def check_lines(data: bytes) -> None:
    """Raise DataError for more lines, or more cells in a line, than a table may have, before any is read."""
    if max(data.count(b"\n"), data.count(b"\r")) > MOST_LINES:
        raise DataError(
            f"The file has more than {count(MOST_LINES)} lines; the limit is {count(MOST_ROWS)} rows."
        )
    newline = b"\n" if b"\n" in data else b"\r"  # of old Macs
    start = 0
    while len(data) - start > _LONG_LINE:
        end = data.rfind(newline, start, start + _LONG_LINE)
        if end < 0:
            end = data.find(newline, start + _LONG_LINE)
            end = len(data) if end < 0 else end
            cells = max(data.count(mark, start, end) for mark in (b",", b";", b"\t", b"|"))
            if cells > _MOST_MARKS:
                line = 1 + data.count(newline, 0, start)
                raise DataError(
                    f"Line {line} has {count(cells)} separators; the limit is {count(MOST_COLUMNS)} columns."
                )
            if end - start > _LONGEST_LINE:
                line = 1 + data.count(newline, 0, start)
                raise DataError(f"Line {line} has a cell that is too long.")
        start = end + 1


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
