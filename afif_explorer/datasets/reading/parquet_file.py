"""Parquet files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pandas as pd

from afif_explorer.datasets.reading import parquet_sizes, text
from afif_explorer.datasets.reading.parquet_sizes import Sizes
from afif_explorer.datasets.reading.thrift import DAMAGED
from afif_explorer.errors import DataError

MOST_BYTES = 250_000_000  # of the table as it is read; the data frame is made from it
_OF_A_SMALL_FILE = 44_000_000  # what the largest table of numbers takes
_PER_BYTE = 4  # a larger file may unpack to so much more
_BATCH_ROWS = 65_536
_BATCH_BYTES = 8_000_000
# What pyarrow raises beside its own ArrowException.
_DAMAGE = (OSError, ValueError, TypeError, LookupError, RuntimeError, MemoryError)
_FOOTER_LIMITS = {
    "thrift_string_size_limit": 10_000_000,
    "thrift_container_size_limit": parquet_sizes.MOST_CHUNKS,
}


def read(data: bytes) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table in the bytes of a Parquet file, and notes; its size is checked before it is unpacked."""
    import pyarrow as pa

    sizes = parquet_sizes.sizes(data)
    most = min(MOST_BYTES, _OF_A_SMALL_FILE + _PER_BYTE * len(data))
    if sizes.bytes > 2 * most:
        raise DataError(_too_large(2 * most))
    notes = [f"'{text.clean(name)}' left out: it holds nested values." for name in sizes.nested]
    if not sizes.leaves:
        raise DataError(" ".join(["No column of the file can be read.", *notes[:3]]))
    if sizes.rows < 1:
        raise DataError("The file has columns but no rows.")
    try:
        frame = _frame(_table(data, sizes, most))
    except DataError:
        raise
    except (pa.ArrowException, *_DAMAGE):
        raise DataError(DAMAGED) from None
    names, renamed = text.column_names(frame.columns)
    frame.columns = pd.Index(names)
    return frame, (*renamed, *notes)


def _table(data: bytes, sizes: Sizes, most: int) -> Any:
    """The columns of plain values, read a batch at a time; no batch is larger than it may be."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Repeated text stays a dictionary, so that it is held once.
    texts = [leaf.name for leaf in sizes.leaves if leaf.by_dictionary]
    file = pq.ParquetFile(BytesIO(data), read_dictionary=texts, **_FOOTER_LIMITS)
    # Where it can't, a value may be as long as its page.
    longest = sum(leaf.largest for leaf in sizes.leaves if leaf.is_text and not leaf.by_dictionary)
    rows = max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, longest)))
    copies = 2 if longest else 1  # each such text becomes a Python string of its own
    columns = [leaf.name for leaf in sizes.leaves]
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=rows, columns=columns):
        size += batch.nbytes * copies
        if size > most:
            raise DataError(_too_large(2 * most))
        batches.append(batch)
    return pa.Table.from_batches(batches)


def _frame(table: Any) -> pd.DataFrame:
    """A table of pyarrow's as a data frame: decimals as numbers, dates as dates, text as text."""
    import pyarrow as pa
    from pyarrow import types

    for place, field in enumerate(table.schema):
        if types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
    frame = table.to_pandas(ignore_metadata=True, date_as_object=False)
    coded = [i for i, field in enumerate(table.schema) if types.is_dictionary(field.type)]
    for place in coded:
        frame.isetitem(place, frame.iloc[:, place].astype(object))
    return frame


def _too_large(most: int) -> str:
    return f"The table needs more than {most / 1e6:,.0f} MB of memory; leave out columns or rows."
