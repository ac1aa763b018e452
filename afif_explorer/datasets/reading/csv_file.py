"""CSV files: separator, encoding and decimal mark are detected."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.limits import check_shape
from afif_explorer.errors import DataError

LONGEST_CELL = 10_000
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TRIAL_ROWS = 50
_MISSING = frozenset(
    ("", "?", "-", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "<na>", "missing")
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,?\d+(?:[eE][+-]?\d+)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity)", re.I)
_CODE = re.compile(r"^[+-]?0\d+$", re.MULTILINE)  # 007 is a code, not a number
_PLAIN_NUMBERS = re.compile(r"[0-9.+\-eE\n]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")


def read(data: bytes) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table in a CSV file, and notes about what was guessed."""
    content, notes = decode(data)
    separator = find_separator(content)
    header, columns = _cells(content, separator)
    frame = pd.DataFrame(
        {place: _typed(cells, separator != ",") for place, cells in enumerate(columns)}
    )
    names, renamed = text.column_names(header)
    frame.columns = names
    notes += renamed
    if separator != ",":
        notes += (f"Separator detected: {_SEPARATORS[separator]}.",)
    numbers = [name for name in header if _NUMBER.fullmatch(name.strip())]
    if numbers:
        notes += (
            f"The first line was read as column names, although {text.listing(numbers)} look like "
            "values; add a header line if the file has none.",
        )
    return frame, notes


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file in UTF-8, UTF-16 or, failing both, Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data[:2000:2].count(0) > 0.4 * len(data[:2000:2]):
        encoding = "utf-16-be"
    elif data[1:2000:2].count(0) > 0.4 * len(data[1:2000:2]):
        encoding = "utf-16-le"
    else:
        encoding = "utf-8-sig"
    notes: tuple[str, ...] = ()
    try:
        content = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8-sig":
            raise DataError(
                "The file looks like UTF-16 but is damaged; save it as UTF-8."
            ) from None
        content = data.decode("cp1252", errors="replace")
        notes = ("The file is not in UTF-8; it was read as Western text (Windows-1252).",)
    if "\0" in content:
        line = content[: content.index("\0")].count("\n") + 1
        raise DataError(f"Line {line} contains a NUL character; the file is damaged or not text.")
    return content, notes


def find_separator(content: str) -> str:
    """The separator that splits the first rows into the same, and largest, number of cells."""
    best, most = ",", 1
    for separator in _SEPARATORS:
        try:
            rows = list(islice(_rows(content, separator), _TRIAL_ROWS))
        except DataError:
            continue
        widths = {len(row) for _, row in rows}
        if len(widths) == 1 and max(widths) > most:
            best, most = separator, max(widths)
    if most == 1:
        header = content.lstrip().split("\n", 1)[0]
        best = max(_SEPARATORS, key=header.count)
    return best


def _rows(content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its last line."""
    reader = csv.reader(StringIO(content, newline=""), delimiter=separator, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"Line {reader.line_num} {_fault(str(error))}.") from None
        if row and (len(row) > 1 or row[0].strip()):
            yield reader.line_num, row


def _fault(message: str) -> str:
    if "field larger" in message:
        return "has a cell that is too long"
    return "has an unclosed quote, or a quote that is not followed by the separator"


def _cells(content: str, separator: str) -> tuple[list[str], list[list[str]]]:
    """The header and the cells of each column; every row must have as many cells as the header."""
    rows = _rows(content, separator)
    header = next(rows, (0, []))[1]
    width = len(header)
    if not width:
        raise DataError("The file is empty.")
    check_shape(0, width)
    columns: list[list[str]] = [[] for _ in header]
    count = 0
    for count, (line, row) in enumerate(rows, start=1):
        if len(row) != width:
            raise DataError(
                f"Line {line} has {len(row)} cells, but the header has {width}; every line must have "
                "one cell per column."
            )
        if count % 1000 == 1:
            check_shape(count, width)
        for column, cell in zip(columns, row, strict=True):
            if len(cell) > LONGEST_CELL:
                raise DataError(
                    f"Line {line} has a cell of {wording.count(len(cell))} characters; the limit is "
                    f"{wording.count(LONGEST_CELL)}."
                )
            column.append(cell)
    check_shape(count, width)
    if not count:
        raise DataError("The file has a header line but no rows.")
    return header, columns


def _typed(cells: list[str], may_have_decimal_comma: bool) -> pd.Series:
    """Numbers if all non-missing cells are numbers, dates if all are ISO dates, else text."""
    joined = "\n".join(cells)
    is_code = bool(_CODE.search(joined))
    if not is_code and _PLAIN_NUMBERS.fullmatch(joined):
        numbers = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce")
        if not numbers.isna().any():
            return numbers
    codes, found = pd.factorize(np.array(cells, dtype=object))
    levels = pd.Series([cell.strip() for cell in found], dtype=object)
    levels = levels.mask(levels.str.lower().isin(_MISSING), None)
    known = levels.dropna()
    if len(known):
        if not is_code and (numbers := _numbers(known, may_have_decimal_comma)) is not None:
            return numbers.reindex(codes).reset_index(drop=True)
        if known.str.fullmatch(_DATE).all():
            dates = pd.to_datetime(known, format="ISO8601", errors="coerce")
            if not dates.isna().any():
                return dates.reindex(codes).reset_index(drop=True)
    return levels.astype("str").reindex(codes).reset_index(drop=True)


def _numbers(known: pd.Series, may_have_decimal_comma: bool) -> pd.Series | None:
    if may_have_decimal_comma and known.str.fullmatch(_DECIMAL_COMMA).all():
        known = known.str.replace(",", ".")
    if not known.str.fullmatch(_NUMBER).all():
        return None
    return known.astype(float)
