"""Parquet files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pandas as pd

from afif_explorer.datasets.limits import check_shape
from afif_explorer.errors import DataError

MOST_BYTES = 500_000_000  # in memory
_BATCH_ROWS = 5_000


def read(data: bytes) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table in the bytes of a Parquet file; sizes are checked before and while it is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(BytesIO(data))
        check_shape(file.metadata.num_rows, file.metadata.num_columns)
        schema = file.schema_arrow
        # Repeated text stays a dictionary, so that a small file cannot grow without bound.
        texts = [field.name for field in schema if _is_text(field.type)]
        file = pq.ParquetFile(BytesIO(data), read_dictionary=texts)
        batches, size = [], 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            size += batch.nbytes
            if size > MOST_BYTES:
                raise DataError(f"The table needs more than {MOST_BYTES / 1e6:,.0f} MB of memory.")
            batches.append(batch)
        table = pa.Table.from_batches(batches, file.schema_arrow)
        frame = table.to_pandas(ignore_metadata=True)
        frame = frame.astype(dict.fromkeys(texts, object))
    except DataError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, NotImplementedError):
        raise DataError("The file is not a readable Parquet file; it may be damaged.") from None
    if frame.empty:
        raise DataError("The file has columns but no rows.")
    return frame, ()


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return types.is_string(kind) or types.is_large_string(kind)
