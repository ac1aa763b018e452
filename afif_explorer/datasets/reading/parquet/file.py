"""Parquet files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pandas as pd

from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.parquet.sizes import MOST_CHUNKS, Sizes, sizes_of
from afif_explorer.datasets.reading.parquet.thrift import DAMAGED
from afif_explorer.datasets.reading.result import Reading
from afif_explorer.errors import DataError

MOST_BYTES = 250_000_000  # of the Arrow table, from which the data frame is made
_OF_A_SMALL_FILE = 44_000_000  # the size of the largest numeric table
_PER_BYTE = 4  # larger files may decompress to this multiple
_BATCH_ROWS = 65_536
_BATCH_BYTES = 8_000_000
# What pyarrow raises besides its own ArrowException.
_DAMAGE = (OSError, ValueError, TypeError, LookupError, RuntimeError, MemoryError)
_TICKS = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in a second
_FOOTER_LIMITS = {
    "thrift_string_size_limit": 10_000_000,
    "thrift_container_size_limit": MOST_CHUNKS,
}


def read(data: bytes) -> Reading:
    """The table in a Parquet file; its size is checked before it is decompressed."""
    import pyarrow as pa

    sizes = sizes_of(data)
    most = min(MOST_BYTES, _OF_A_SMALL_FILE + _PER_BYTE * len(data))
    if sizes.bytes > 2 * most:
        raise DataError(_too_large(2 * most))
    notes = [f"'{text.clean(name)}' left out: it has nested values." for name in sizes.nested]
    if not sizes.leaves:
        raise DataError(" ".join(["No column of the file can be read.", *notes[:3]]))
    if sizes.rows < 1:
        raise DataError("The file has columns but no rows.")
    try:
        table = _table(data, sizes, most)
        clocks = [text.clean(field.name) for field in table.schema if pa.types.is_time(field.type)]
        notes += [f"'{name}': times of day became hours since midnight." for name in clocks]
        frame = _frame(table)
    except DataError:
        raise
    except (pa.ArrowException, *_DAMAGE):
        raise DataError(DAMAGED) from None
    names, renamed = text.column_names(frame.columns)
    frame.columns = pd.Index(names)
    return Reading(frame, (*renamed, *notes), {"format": "Parquet"})


def _table(data: bytes, sizes: Sizes, most: int) -> Any:
    """The columns of plain values, read in batches of bounded size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Repeated text stays dictionary-encoded, so that it is stored once.
    texts = [leaf.name for leaf in sizes.leaves if leaf.by_dictionary]
    file = pq.ParquetFile(BytesIO(data), read_dictionary=texts, **_FOOTER_LIMITS)
    # Otherwise a value may be as long as its page.
    longest = sum(leaf.largest for leaf in sizes.leaves if leaf.is_text and not leaf.by_dictionary)
    rows = max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, longest)))
    copies = 2 if longest else 1  # each such text becomes a separate Python string
    columns = [leaf.name for leaf in sizes.leaves]
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=rows, columns=columns):
        size += batch.nbytes * copies
        if size > most:
            raise DataError(_too_large(2 * most))
        batches.append(batch)
    return pa.Table.from_batches(batches)


def _frame(table: Any) -> pd.DataFrame:
    """A pyarrow table as a data frame: decimals become numbers, times of day hours; the rest is kept."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    for place, field in enumerate(table.schema):
        if types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
        elif types.is_time(field.type):
            whole = pa.int64() if types.is_time64(field.type) else pa.int32()
            ticks = table.column(place).cast(whole).cast(pa.float64())
            hours = pc.divide(ticks, 3600.0 * _TICKS[field.type.unit])
            table = table.set_column(place, field.name, hours)
    frame = table.to_pandas(ignore_metadata=True, date_as_object=False)
    coded = [i for i, field in enumerate(table.schema) if types.is_dictionary(field.type)]
    for place in coded:
        frame.isetitem(place, frame.iloc[:, place].astype(object))
    return frame


def _too_large(most: int) -> str:
    return f"The table needs more than {most / 1e6:,.0f} MB of memory; remove columns or rows."
