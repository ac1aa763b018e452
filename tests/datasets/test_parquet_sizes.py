"""Small Parquet files that expand to gigabytes are rejected with little memory, even with wrong headers."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afif_explorer.datasets import Dataset, read_table
from afif_explorer.datasets.reading.parquet.sizes import sizes_of
from afif_explorer.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
MOST = 100  # MB above what reading a small file takes

READ = """
import io, pathlib, sys
import pandas
from afif_explorer.datasets import read_table
from benchmarks.common.resident import peak

small = io.BytesIO()
pandas.DataFrame({"s": ["a"], "x": [1.0]}).to_parquet(small)
read_table(small.getvalue())
before = peak()
try:
    told = str(read_table(pathlib.Path(sys.argv[1]).read_bytes()).frame.shape)
except Exception as error:
    told = f"{type(error).__name__}: {error}"
print((peak() - before) / 1e6)
print(told)
"""


def written(table: pa.Table, **options) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **{"compression": "zstd"} | options)
    return buffer.getvalue()


def once(value: object, rows: int) -> pa.DictionaryArray:
    """A column that holds a value once and repeats it."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def in_one_list(n: int) -> pa.ListArray:
    return pa.ListArray.from_arrays([0, n], pa.array(np.zeros(n, np.int64)))


BOMBS = {
    "a list of many": lambda: written(pa.table({"x": in_one_list(20_000_000)})),
    "a list beside a number": lambda: written(
        pa.table({"y": [1.0], "x": in_one_list(20_000_000)}),
    ),
    "many rows of one byte": lambda: written(pa.table({"x": np.zeros(20_000_000, np.int8)})),
    "values of many bytes": lambda: written(
        pa.table({"s": pa.array([b"x" * 50_000] * 2_000, pa.binary(50_000))})
    ),
    "text in large pages": lambda: written(
        pa.table({"s": ["x" * 2_000] * 100_000}), use_dictionary=False, data_page_size=1 << 30
    ),
    "text that goes on from the last": lambda: written(
        pa.table({"s": ["x" * 20_000] * 10_000}),
        use_dictionary=False,
        column_encoding={"s": "DELTA_BYTE_ARRAY"},
    ),
    "decimals": lambda: written(
        pa.table({f"c{i}": pa.array([1] * 500_000, pa.decimal128(9, 2)) for i in range(10)})
    ),
    "many columns": lambda: written(pa.table({f"c{i}": [1] for i in range(12_000)})),
    "many row groups": lambda: written(
        pa.table({f"c{i}": np.ones(600) for i in range(100)}), row_group_size=1
    ),
}


def read_elsewhere(data: bytes, folder: Path) -> tuple[float, str]:
    """What reading it took in another process, MB above a small file, and what came of it."""
    path = folder / "bomb.parquet"
    path.write_bytes(data)
    command = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    grown, told = done.stdout.splitlines()
    return float(grown), told


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_little_memory(make, tmp_path):
    grown, told = read_elsewhere(make(), tmp_path)
    assert told.startswith("DataError"), told
    assert grown < MOST


@pytest.mark.parametrize("value", ["x" * 900_000, b"x" * 900_000], ids=["text", "bytes"])
def test_what_is_repeated_is_held_once(value, tmp_path):
    grown, told = read_elsewhere(written(pa.table({"s": once(value, 300_000)})), tmp_path)
    assert told == "(300000, 1)"
    assert grown < MOST


def test_a_footer_that_lies_about_its_list_changes_nothing(tmp_path):
    """The count of values is overwritten by a smaller one of as many bytes."""
    bomb, n = BOMBS["a list beside a number"](), 20_000_000
    lying = bomb.replace(zigzag(n), zigzag(5_000_000))
    assert lying != bomb
    lying = lying.replace(zigzag(5_000_000), b"\x82\x80\x80\x00")  # 1, in four bytes
    grown, told = read_elsewhere(lying, tmp_path)
    assert told == "(1, 1)" or told.startswith("DataError")
    assert grown < MOST


def zigzag(value: int) -> bytes:
    value, parts = 2 * value, []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def test_sizes_are_those_that_pyarrow_tells():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=5_000), "s": rng.choice(list("abc"), 5_000)})
    data = written(pa.table(frame), row_group_size=1_000, data_page_size=500)
    found = sizes_of(data)
    groups = pq.ParquetFile(io.BytesIO(data)).metadata
    for place, leaf in enumerate(found.leaves):
        chunks = [groups.row_group(g).column(place) for g in range(groups.num_row_groups)]
        told = sum(chunk.total_uncompressed_size for chunk in chunks)
        headers = told - leaf.unpacked  # pyarrow counts the headers of pages too
        assert 0 < headers < 0.5 * told
        assert leaf.name == chunks[0].path_in_schema
    assert (found.rows, found.nested) == (5_000, ())


@pytest.mark.parametrize("encoding", ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_every_encoding_of_text_is_read(encoding):
    words = [f"word {i % 700}" for i in range(3_000)]
    table = pa.table({"s": words, "x": np.arange(3_000.0)})
    options = {"use_dictionary": False, "column_encoding": {"s": encoding}}
    read = read_table(written(table, **options, data_page_size=2_000)).frame
    assert read["s"].tolist() == words


def test_nested_columns_are_left_out_and_named():
    table = pa.table({"x": [1.0, 2.0], "l": [[1], [2, 3]], "s": [{"a": 1}, {"a": 2}]})
    frame, notes = read_table(written(table))
    assert frame.columns.tolist() == ["x"]
    assert notes == tuple(f"'{name}' left out: it has nested values." for name in "ls")
    with pytest.raises(DataError, match="No column of the file can be read"):
        read_table(written(table.drop_columns(["x"])))


def test_decimals_are_numbers_and_dates_are_days():
    days = pa.array(np.arange(60, dtype=np.int32)).cast(pa.date32())
    price = pa.array([i * i for i in range(60)], pa.int64()).cast(pa.decimal128(21, 2))
    table = pa.table({"price": price, "day": days, "y": np.arange(60) % 2})
    frame = read_table(written(table)).frame
    assert frame["price"].tolist() == [float(i * i) for i in range(60)]
    data = Dataset.from_frame(frame, target="y", standardise=False)
    assert data.feature_names == ("price", "day")
    np.testing.assert_array_equal(data.train.X[:, 1], data.train.ids)


def test_names_that_two_columns_share_are_refused():
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    with pytest.raises(DataError, match="Two columns are named 'a'"):
        read_table(written(twice))
    inside = pa.table({"a": [{"b": 1}], "a.b": [2]})
    with pytest.raises(DataError, match=r"Two columns are named 'a.b'"):
        read_table(written(inside))
