"""Untrusted files: reads the bytes of a CSV or Parquet file into a data frame.

Input is bytes, never a path or URL, so a file cannot give access to the machine or the network.
Nothing in a file is executed: CSV is text, Parquet is data, and everything else (pickles, archives,
programs, spreadsheets, web pages) is rejected by its first bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from afif_explorer.datasets.reading import csv_file
from afif_explorer.datasets.reading.csv_file import Dialect
from afif_explorer.datasets.reading.parquet import file as parquet_file
from afif_explorer.datasets.reading.result import Reading
from afif_explorer.errors import DataError

MOST_BYTES = 50_000_000

_REFUSED = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-zip archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"Rar!": "a rar archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\xcf\xfa\xed\xfe": "a program",
    b"#!": "a script",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3": "a database",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"ARROW1": "an Arrow file",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML file",
    b"<table": "a web page",
    b"[{": "a JSON file",
    b'{"': "a JSON file",
    b"@relation": "an ARFF file",
    b"@RELATION": "an ARFF file",
}
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))


class Table(NamedTuple):
    r"""A file as a table: ``frame``, and ``notes`` on what was inferred or changed to read it.

    >>> import afif_explorer as ax
    >>> frame, notes = ax.datasets.read_table(b"x,y\n1,2\n3,4\n")
    >>> frame.shape
    (2, 2)
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


def read_table(
    data: bytes,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | Sequence[str] | None = None,
    decimal: str | None = None,
    keep_all_rows: bool = False,
) -> Table:
    r"""Read the bytes of a CSV or Parquet file.

    CSV: what is not given is detected. Titles above the table, units below the header, repeated headers and a
    last row of totals are left out. The decimal mark is decided for the whole file; thousands separators,
    percent signs, currencies and units that all cells of a column share are removed; dates in the usual
    forms are dates. Empty cells and the usual markers (NA, ?, null, ...) are missing values; words such as
    "none" or "-" are so only among numbers and dates. A column in which some cell leaves doubt stays
    text. Every line must have as many cells as the header. The notes tell what was changed.

    Args:
        data: the content of the file.
        separator: comma, semicolon, tab or bar; None: detected.
        encoding: as Python names it; None: UTF-8, UTF-16 or UTF-32, else Windows-1252.
        header: whether the first line has the names of the columns, or these names; None: detected.
        decimal: "." or ","; None: as the numbers of the file show it.
        keep_all_rows: keep lines that look like units, totals or repeated headers.

    Returns:
        A :class:`Table`: the data frame, and notes on what was inferred or changed.

    Raises:
        DataError: for other formats, for damaged files (with the line number) and for files that exceed the
            limits.
        InvalidChoice: another decimal mark, or a separator that is not one character.

    >>> import afif_explorer as ax
    >>> table = ax.datasets.read_table(b"age;height\n34;1,80\n51;1,65\n")
    >>> table.frame["height"].tolist()
    [1.8, 1.65]
    """
    reading = read_file(data, Dialect(separator, encoding, header, decimal, keep_all_rows))
    return Table(reading.frame, reading.notes)


def read_file(data: bytes, dialect: Dialect) -> Reading:
    """:func:`read_table`, and how the file was understood."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise DataError(
            f"Expected the content of a file as bytes, got {type(data).__name__}; "
            "paths and addresses are not opened."
        )
    data = bytes(data)
    if not data.strip():
        raise DataError("The file is empty.")
    if len(data) > MOST_BYTES:
        raise DataError(
            f"The file has {len(data) / 1e6:,.0f} MB; the limit is {MOST_BYTES / 1e6:,.0f} MB."
        )
    for start, what in _REFUSED.items():
        if data.startswith(start):
            raise DataError(f"The file is {what}; save the table as CSV or Parquet.")
    if data.startswith(_PICKLES):
        raise DataError(
            "The file is a pickle, which could run code; save the table as CSV or Parquet."
        )
    if data.startswith(b"PAR1"):
        return parquet_file.read(data)
    return csv_file.read(data, dialect)
