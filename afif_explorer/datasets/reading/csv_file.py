"""CSV files: separator, header, and lines that are not rows are detected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from afif_explorer.datasets.reading import layout, text
from afif_explorer.datasets.reading.csv_body import Body, read_at_once, read_by_line, rows_of
from afif_explorer.datasets.reading.encoding import decode
from afif_explorer.datasets.reading.layout import LeftOut, Row
from afif_explorer.datasets.reading.limits import check_lines, check_shape
from afif_explorer.datasets.reading.result import Reading
from afif_explorer.datasets.reading.typed import typed
from afif_explorer.errors import DataError, InvalidChoice

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TRIAL_ROWS = 50
_MOST_DESCRIBING = 3  # rows that describe the columns, below their names
_HEAD = 4 << 20  # bytes that are tried with every separator
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[ \t;,]*\r?\n', re.IGNORECASE)
_TYPESET = re.compile(r"[“”][^“”\n]*[“”][ ]*[,;\t|][ ]*[“”]")
_PLAIN_QUOTES = str.maketrans("“”", '""')
_MARKS = {".": "decimal points", ",": "decimal commas"}


@dataclass(frozen=True)
class Dialect:
    """How a text file is to be read; None: to be detected."""

    separator: str | None = None
    encoding: str | None = None
    header: bool | Sequence[str] | None = None  # or the names of the columns, if the file has none
    decimal: str | None = None
    keep_all_rows: bool = False  # also lines that look like units, totals or repeated headers


def read(data: bytes, dialect: Dialect) -> Reading:
    """The table in a CSV file."""
    if dialect.separator is not None and len(dialect.separator) != 1:
        raise InvalidChoice(
            f"The separator is one character, not {text.clean(dialect.separator)!r}."
        )
    check_lines(data)
    content, encoding, decoded = decode(data, dialect.encoding)
    notes = [*decoded]
    if _TYPESET.match(content):
        content = content.translate(_PLAIN_QUOTES)
        notes.append(
            'Quotation marks as in printed text (“ ”) were read as those around cells (").'
        )
    declared = _SEPARATOR_LINE.match(content)
    raw = content.encode("utf-8", "surrogatepass")
    del content
    if declared is not None:
        notes.append(f"Line 1 left out: it only names the separator ('{declared[1]}').")
    before = 0 if declared is None else 1
    raw = raw if declared is None else raw[len(declared[0].encode()) :]
    separator = dialect.separator or (declared[1] if declared is not None else None)
    separator = separator or find_separator(_head(raw))
    if separator != ",":
        name = SEPARATORS.get(separator, f"'{separator}'")
        notes.append(f"Separator {'given' if dialect.separator else 'detected'}: {name}.")
    cells = _cells(raw, separator, dialect, before)
    notes += [one.sentence for one in cells.left_out] + cells.notes
    names, renamed = text.column_names(cells.names)
    if any(cells.names):
        notes += renamed
    frame, decimal, told = typed(cells.columns, names, dialect.decimal)
    notes += told
    found = {
        "encoding": encoding,
        "separator": SEPARATORS.get(separator, separator),
        "header": "first line" if cells.has_header else "none",
        "decimal mark": _MARKS.get(decimal, "not decided: no number shows it"),
    }
    if cells.left_out:
        found["lines left out"] = " ".join(one.sentence for one in cells.left_out)
    return Reading(frame, tuple(notes), found)


def _head(raw: bytes) -> bytes:
    """The first lines of a file: all of a small one."""
    return raw if len(raw) <= _HEAD else raw[: raw.rfind(b"\n", 0, _HEAD) + 1] or raw


def find_separator(head: bytes) -> str:
    """The separator that splits the first rows into the same, and largest, number of cells.

    If there is none, that which does so for the most of them: below a title, or below a header without a
    name for the row labels.
    """
    best, key = ",", (-_TRIAL_ROWS, 1)
    for separator in SEPARATORS:
        try:
            rows = list(islice(rows_of(head, separator), _TRIAL_ROWS))
        except DataError:
            continue
        above = layout.titles(rows)
        widths = [len(row) for _, row in rows[above:]]
        if len(widths) > 2 and set(widths[1:]) == {widths[0] + 1}:
            above, widths = above + 1, widths[1:]
        if len(set(widths)) == 1 and widths[0] > 1 and (-above, widths[0]) > key:
            best, key = separator, (-above, widths[0])
    if key[1] == 1:
        header = head.lstrip().split(b"\n", 1)[0]
        best = max(SEPARATORS, key=lambda separator: header.count(separator.encode()))
    return best


@dataclass(frozen=True, eq=False)
class _Cells:
    names: list[str]
    columns: list[Any]  # of pyarrow
    has_header: bool
    left_out: list[LeftOut]
    notes: list[str]


def _cells(raw: bytes, separator: str, dialect: Dialect, before: int) -> _Cells:
    """The names and the cells of each column; every row must have as many cells as the first."""
    rows = rows_of(raw, separator, before)
    preview = list(islice(rows, _TRIAL_ROWS))
    if not preview:
        raise DataError("The file is empty.")
    left_out, notes = [], []
    if above := layout.titles(preview):
        lines = tuple(line for line, _ in preview[:above])
        left_out.append(LeftOut(lines, "titles or comments above the table"))
        preview = preview[above:]
    names, unnamed = preview[0][1], ""
    width = len(names)
    check_shape(0, width)
    below = preview[1:]
    if len(below) > 1 and all(len(row) == width + 1 for _, row in below):
        names, width, unnamed = _aligned(names, below)
    if dialect.header is None and layout.is_above_names(_of_width(preview, width)):
        left_out.append(LeftOut((preview[0][0],), "it stands above the column names"))
        preview, names, below = below, below[0][1], below[1:]
    same = _of_width(preview, width)
    has_header, given = dialect.header, [""] * width
    if not isinstance(has_header, bool | None):
        given, has_header = list(has_header), False
        if len(given) != width:
            raise DataError(f"There are {len(given)} names for {width} columns.")
    elif has_header is None:
        has_header = bool(unnamed) or layout.has_header(same)
        if not has_header:
            notes.append(
                "The file has no line of column names: its first line has values like those below, so the "
                "columns are called 'column 1', 'column 2', ...; pass header=True if they are names, or the "
                "names as header."
            )
    if unnamed:
        notes.append(unnamed)
    if has_header:
        preview = below
    else:
        names = given
    names = [name.strip() for name in names]
    header = names if has_header and not dialect.keep_all_rows else None
    header = header if header is not None and any(header) else None
    body = None
    if preview:
        body = read_at_once(raw, separator, preview[0][0], width, header, before)
    if body is None:
        body = read_by_line(chain(preview, rows), width, header, raw.count(b"\n"))
    if body.remarks:
        left_out.append(LeftOut(tuple(body.remarks), "remarks on the table"))
    if width == 1 and (parts := layout.parts([row[0] for row in same])):
        notes.append(
            f"Every line was read as a single cell, although all have {parts[0]} parts separated by "
            f"{parts[1]}; if these are columns, save the table with commas, and no quotes around lines."
        )
    if body.repeated:
        left_out.append(LeftOut(tuple(body.repeated), "the column names again"))
    columns = body.columns
    if body.rows and has_header and not dialect.keep_all_rows:
        columns, special = _special(body, notes)
        left_out += special
    if not len(columns[0]):
        raise DataError("The file has a header line but no rows.")
    return _Cells(names, columns, has_header, left_out, notes)


def _of_width(rows: list[Row], width: int) -> list[list[str]]:
    return [row for _, row in rows if len(row) == width]


def _aligned(names: list[str], below: list[Row]) -> tuple[list[str], int, str]:
    """The names of rows that all have one cell more than there are names."""
    if all(not row[-1].strip() for _, row in below):
        return [*names, ""], len(names) + 1, "Every line ends in a separator."
    first = [row[0].strip() for _, row in below]
    if len(set(first)) == len(first) and not layout.has_header(
        [[*names, ""], *(r for _, r in below)]
    ):
        return names, len(names), ""  # the error names the line
    if len(set(first)) < len(first):
        return names, len(names), ""
    told = "The first column has no name; it was taken for the labels of the rows."
    return ["", *names], len(names) + 1, told


def _what(first: list[str], below: list[list[str]]) -> str:
    """What a row below the header is, if it has no values."""
    if layout.is_units(first, below):
        return f"units ({text.listing([text.clean(cell) for cell in first if cell.strip()])})"
    return text.clean(layout.is_second_header(first, below))


def _special(body: Body, notes: list[str]) -> tuple[list[Any], list[LeftOut]]:
    """The columns without rows of units and totals, and what was left out."""
    found, columns = [], body.columns
    first = [column[0].as_py() for column in columns]
    below = [
        list(row)
        for row in zip(
            *(column.slice(1, _TRIAL_ROWS - 1).to_pylist() for column in columns), strict=True
        )
    ]
    above = 0
    while above < _MOST_DESCRIBING and below and (what := _what(first, below)):
        found.append(LeftOut((body.first + above,), what))
        above, first, below = above + 1, below[0], below[1:]
    columns = [column.slice(above) for column in columns]
    what = layout.total_of(columns)
    if what == "named":
        notes.append(
            f"Line {body.last} is named like a row of totals, but is not the sum or mean of the others; "
            "it was kept."
        )
    elif what:
        found.append(LeftOut((body.last,), f"{what} of the rows above"))
        columns = [column.slice(0, len(column) - 1) for column in columns]
    return columns, found
