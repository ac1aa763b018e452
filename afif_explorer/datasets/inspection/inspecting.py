"""``inspect``: the column table of a file or a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from afif_explorer.datasets.build import check_frame
from afif_explorer.datasets.inspection.column_table import ColumnTable
from afif_explorer.datasets.inspection.pairing import paired
from afif_explorer.datasets.inspection.understanding import Columns
from afif_explorer.datasets.prepare import decimal_of
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.csv_file import Dialect
from afif_explorer.datasets.reading.result import Reading
from afif_explorer.datasets.reading.table import MOST_BYTES, read_file
from afif_explorer.errors import DataError

Source: TypeAlias = pd.DataFrame | str | PathLike[str] | bytes


def inspect(
    source: Source,
    *,
    test: Source | None = None,
    target: str | None = None,
    sensitive: Sequence[str] | str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | Sequence[str] | None = None,
    decimal: str | None = None,
    keep_all_rows: bool = False,
) -> ColumnTable:
    r"""What is understood of a table, column by column, before a data set is made of it.

    For every column: its kind, its role, missing and distinct values, three cells, and what was noticed:
    cells that are no numbers, spellings of one level, values that stand for "missing", identifiers, columns
    that tell the target or a sensitive column, and more. Each has a remedy, which is applied unless it is
    declined, where it is sure, and otherwise waits to be applied. ``source`` is not changed.

    Args:
        source: a data frame, the path of a CSV or Parquet file, or its content.
        test: the same for test rows that come in a table of their own, with the same columns. A column with
            the role "split" is added; levels and groups that only one of the tables has are told.
        target: the column to predict; None: guessed by the names.
        sensitive: the columns whose groups are compared; None: guessed by the names.
        separator, encoding, header, decimal, keep_all_rows: of a CSV file, where they are not to be detected;
            see :func:`~afif_explorer.datasets.read_table`.

    Returns:
        A :class:`ColumnTable`.

    Raises:
        DataError: a file that cannot be read, an empty table, or no such column.
        InvalidChoice: another decimal mark.

    >>> import afif_explorer as ax
    >>> lines = ["age;sex;income;hired"] + ["31;F;1.200,50;yes", "45;f;900,00;no", "28;M;2.000,00;yes"] * 20
    >>> table = ax.inspect("\n".join(lines).encode(), target="hired")
    >>> table["income"].kind, table["income"].values, table.found["decimal mark"]
    ('number', '900 to 2000', 'decimal commas')
    >>> table["sex"].problems[0].text
    "Levels of 'sex' may be the same: 'f' (20 rows) and 'F' (20 rows)."
    >>> table.apply("sex", "spelling").options()["merge"]
    {'sex': {'f': 'F'}}
    """
    dialect = Dialect(separator, encoding, header, decimal, keep_all_rows)
    reading, title = _reading(source, dialect)
    check_frame(reading.frame)
    split = ""
    if test is not None:
        held_out, _ = _reading(test, dialect)
        check_frame(held_out.frame)
        reading, split = paired(reading, held_out)
    names, renamed = text.column_names(reading.frame.columns)
    frame = reading.frame.set_axis(names, axis=1).reset_index(drop=True)
    notes = renamed if isinstance(source, pd.DataFrame) and not split else reading.notes
    table = ColumnTable(
        Columns(frame, decimal or decimal_of(frame)), tuple(notes), dict(reading.found), title
    )
    if split:
        table = table.with_role(split, "split")
    if target is not None:
        table = table.with_role(target, "target")
    if sensitive is not None:
        asked = [sensitive] if isinstance(sensitive, str) else list(sensitive)
        for name in table.sensitive:
            if name not in asked:
                table = table.with_role(name, "input")
        for name in asked:
            table = table.with_role(name, "sensitive")
    return table


def _reading(source: object, dialect: Dialect) -> tuple[Reading, str]:
    """The table of a source, and the name of its file."""
    if isinstance(source, pd.DataFrame):
        return Reading(source, ()), ""
    if isinstance(source, bytes | bytearray | memoryview):
        return read_file(bytes(source), dialect), ""
    if not isinstance(source, str | PathLike):
        raise DataError(
            f"Expected a data frame, a path or the content of a file, got {type(source).__name__}."
        )
    path = Path(source)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(
                f"The file has {path.stat().st_size / 1e6:,.0f} MB; the limit is {MOST_BYTES / 1e6:,.0f} MB."
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise DataError(f"'{text.clean(source)}' cannot be read: {why.lower()}.") from None
    return read_file(content, dialect), path.stem
