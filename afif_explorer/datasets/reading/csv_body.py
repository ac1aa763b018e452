"""The rows of a CSV file below its first lines, read by pyarrow, or line by line if some line is special."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice
from typing import Any

import numpy as np

from afif_explorer import progress, wording
from afif_explorer.datasets.reading import layout
from afif_explorer.datasets.reading.layout import Row
from afif_explorer.datasets.reading.limits import LONGEST_CELL, check_shape
from afif_explorer.errors import DataError

READING = "Reading the file"
_BATCH = 1000
_BLOCK = 4 << 20  # bytes that pyarrow reads at once


@dataclass(frozen=True, eq=False)
class Body:
    """The cells of each column (pyarrow, text without spaces around it), and lines that are no rows."""

    columns: list[Any]
    first: int  # the line of the first row
    last: int  # that of the last row
    repeated: list[int]  # lines with the column names again
    remarks: list[int]  # lines with remarks on the table

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.columns[0])


def rows_of(raw: bytes, separator: str, before: int = 0) -> Iterator[Row]:
    """The rows of a text in UTF-8 that are not blank, each with the number of its last line.

    ``before``: the number of lines that stand before it in the file.
    """
    stream = TextIOWrapper(BytesIO(raw), "utf-8", "surrogatepass", newline="")
    reader = csv.reader(stream, delimiter=separator, strict=True, skipinitialspace=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"Line {reader.line_num + before} {_fault(str(error))}.") from None
        if row and (len(row) > 1 or row[0].strip()):
            yield reader.line_num + before, row


def _fault(message: str) -> str:
    if "field larger" in message:
        return "has a cell that is too long"
    return "has an unclosed quote, or a quote that is not followed by the separator"


def read_at_once(
    raw: bytes, separator: str, first: int, width: int, names: list[str] | None, before: int
) -> Body | None:
    """The rows from the line ``first`` on, if all lines are alike; None if they have to be read one by one.

    ``names``: the line of column names, which may come again. ``before``: the number of lines of the file
    that stand before ``raw``.
    """
    import pyarrow as pa
    from pyarrow import csv as reader

    single = width == 1 or not separator.isascii()
    if single or raw.count(b"\r") != raw.count(b"\r\n") or not _quotes_are_usual(raw, separator):
        return None
    start = 0
    for _ in range(first - before - 1):
        start = raw.index(b"\n", start) + 1
    source = pa.BufferReader(pa.py_buffer(raw).slice(start))
    keys = [str(place) for place in range(width)]
    try:
        batches = reader.open_csv(
            source,
            reader.ReadOptions(column_names=keys, block_size=_BLOCK),
            reader.ParseOptions(delimiter=separator),
            reader.ConvertOptions(column_types=dict.fromkeys(keys, pa.string())),
        )
        found, rows = [], 0
        for batch in batches:
            rows += batch.num_rows
            check_shape(rows, width)
            progress.report(READING, min(start + source.tell(), len(raw)), len(raw))
            if (columns := _plain_columns(batch.columns, names)) is None:
                return None
            found.append(columns)
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    if not found:
        return None
    last = raw.rstrip(b"\r\n").count(b"\n") + 1 + before
    whole = [pa.chunked_array(list(chunks)) for chunks in zip(*found, strict=True)]
    return Body(whole, first, last, [], [])


def _quotes_are_usual(raw: bytes, separator: str) -> bool:
    """Whether quotes only enclose whole cells of one line; within these, they are doubled."""
    if b'"' not in raw:
        return True
    content = np.frombuffer(raw, dtype=np.uint8)
    places = np.flatnonzero(content == ord('"'))
    if len(places) % 2:
        return False
    opening, closing = places[::2], places[1::2]
    edges = np.frombuffer(separator.encode() + b"\r\n", dtype=np.uint8)
    starts = np.isin(content[opening - 1], edges) | (opening == 0)
    ends = np.isin(content[np.minimum(closing + 1, len(raw) - 1)], edges) | (
        closing == len(raw) - 1
    )
    doubled = opening[1:] == closing[:-1] + 1
    starts[1:] |= doubled
    ends[:-1] |= doubled
    lines = np.flatnonzero(content == ord("\n"))
    on_one_line = np.searchsorted(lines, opening) == np.searchsorted(lines, closing)
    return bool(starts.all() and ends.all() and on_one_line.all())


def _plain_columns(columns: list[Any], names: list[str] | None) -> list[Any] | None:
    """The columns of a batch; None if a cell is too long, or a line may be the names again or a remark."""
    import pyarrow.compute as pc

    for column in columns:
        if (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_CELL:
            return None
    trimmed = [pc.utf8_trim_whitespace(column) for column in columns]
    if names is not None:
        again = pc.equal(pc.utf8_lower(trimmed[0]), names[0].lower())
        if names[0] and pc.any(again).as_py() and _is_again(trimmed, again, names):
            return None
    alone = pc.not_equal(trimmed[0], "")
    for column in trimmed[1:]:
        if not pc.any(alone).as_py():
            return trimmed
        alone = pc.and_(alone, pc.equal(column, ""))
    return None if pc.any(alone).as_py() else trimmed


def _is_again(columns: list[Any], mask: Any, names: list[str]) -> bool:
    rows = zip(*(column.filter(mask).to_pylist() for column in columns), strict=True)
    return any(_is(list(row), names) for row in rows)


def read_by_line(rows: Iterable[Row], width: int, names: list[str] | None, lines: int) -> Body:
    """All rows; ``lines`` is the number of lines of the file, for progress."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = iter(rows)
    columns: list[list[Any]] = [[] for _ in range(width)]
    repeated: list[int] = []
    remarks: list[int] = []
    total = first = last = 0
    while batch := list(islice(rows, _BATCH)):
        progress.report(READING, batch[-1][0], max(lines, batch[-1][0]))
        found = {line for line, row in batch if width > 2 and layout.is_footer(row)}
        if found:
            remarks += sorted(found)
            batch = [each for each in batch if each[0] not in found]
        for line, row in batch:
            if len(row) != width:
                raise DataError(
                    f"Line {line} has {len(row)} cells, but the header has {width}; every line must have "
                    "one cell per column."
                )
        if names is not None:
            again = {line for line, row in batch if _is(row, names)}
            repeated += sorted(again)
            batch = [each for each in batch if each[0] not in again]
        if not batch:
            continue
        for column, cells in zip(
            columns, zip(*(row for _, row in batch), strict=True), strict=True
        ):
            if max(map(len, cells)) > LONGEST_CELL:
                raise DataError(_too_long(batch, cells))
            column.append(pc.utf8_trim_whitespace(pa.array(cells, pa.string())))
        total += len(batch)
        check_shape(total, width)
        first, last = first or batch[0][0], batch[-1][0]
    check_shape(total, width)
    whole = [pa.chunked_array(chunks, pa.string()) for chunks in columns]
    return Body(whole, first, last, repeated, remarks)


def _too_long(batch: list[Row], cells: tuple[str, ...]) -> str:
    line, size = next(
        (line, len(cell))
        for (line, _), cell in zip(batch, cells, strict=True)
        if len(cell) > LONGEST_CELL
    )
    return (
        f"Line {line} has a cell of {wording.count(size)} characters; the limit is "
        f"{wording.count(LONGEST_CELL)}."
    )


def _is(row: list[str], names: list[str]) -> bool:
    """Whether a row has the names of the columns, in whatever case."""
    first, *_ = names
    return row[0].strip().lower() == first.lower() and all(
        cell.strip().lower() == name.lower() for cell, name in zip(row, names, strict=True)
    )
