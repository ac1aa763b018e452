"""Reading uploaded files: dialects of CSV, Parquet, and rejected files."""

from __future__ import annotations

import contextlib
import gzip
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afif_explorer.datasets import Dataset, read_table
from afif_explorer.errors import DataError

ROWS = "name{0}amount\nZoë{0}1.5\nMax{0}2\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_dialects(separator, encoding, newline):
    data = ROWS.format(separator).replace("\n", newline).encode(encoding)
    frame, notes = read_table(data)
    assert frame.to_dict("list") == {"name": ["Zoë", "Max"], "amount": [1.5, 2.0]}
    assert any("Separator" in note for note in notes) == (separator != ",")
    assert any("Western" in note for note in notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["1,5", "2"], [1.5, 2.0]),
        (["-1,5e3", "+,5"], [-1500.0, 0.5]),
        (["1", ""], [1.0, None]),
        (["1", "NA"], [1.0, None]),
        (["x", "?"], ["x", None]),
        (["007", "1"], ["007", "1"]),
        (["0.5", "00"], ["0.5", "00"]),
        (["inf", "1"], [np.inf, 1.0]),
        (["1_000", "2"], ["1_000", "2"]),
        (["0x10", "2"], ["0x10", "2"]),
        (["=1+1", "@SUM(A1)"], ["=1+1", "@SUM(A1)"]),
        (["2024-01-31", ""], [pd.Timestamp("2024-01-31"), None]),
        (["2024-02-31", "2024-01-31"], ["2024-02-31", "2024-01-31"]),
        ([" a ", '"b"'], ["a", "b"]),
    ],
)
def test_types_of_columns(cells, expected):
    data = "k;v\n" + "".join(f"x;{cell}\n" for cell in cells)
    column = read_table(data.encode())[0]["v"]
    assert [None if pd.isna(value) else value for value in column] == expected


def test_numbers_survive_to_the_last_digit():
    numbers = np.random.default_rng(0).normal(size=(300, 3)) * 10.0 ** np.arange(-200, 400, 200)
    frame = pd.DataFrame(numbers, columns=["a", "b", "c"])
    pd.testing.assert_frame_equal(read_table(frame.to_csv(index=False).encode())[0], frame)
    np.testing.assert_array_equal(read_table(frame.to_csv(index=False).encode())[0], numbers)


def test_rows_longer_than_the_header_do_not_shift():
    with pytest.raises(DataError, match="Line 3 has 3 cells, but the header has 2"):
        read_table(b"a,b\n1,2\n1,2,3\n")
    with pytest.raises(DataError, match="Line 4 has 1 cells"):
        read_table(b'a,b\n1,"two\nlines"\nx\n')


def test_unusable_names_are_changed_with_a_note():
    frame, notes = read_table(b"a,a,,<b>x</b>\n1,2,3,4\n")
    assert list(frame.columns) == ["a", "a (2)", "column 3", "<b>x</b>"]
    assert "renamed: 'a (2)', 'column 3'" in notes[0]


def test_a_file_without_column_names_keeps_its_first_row():
    frame, notes = read_table(b"39,State-gov\n50,Private\n")
    assert frame.to_dict("list") == {"column 1": [39, 50], "column 2": ["State-gov", "Private"]}
    assert "no line of column names" in notes[0]
    named = read_table(b"39,State-gov\n50,Private\n", header=True).frame
    assert list(named.columns) == ["39", "State-gov"]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.csv", b"0" * 10_000_000)
    return buffer.getvalue()


class Marker:
    """A pickle of this creates a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_never_opened(tmp_path, protocol):
    data = pickle.dumps(Marker(tmp_path / "opened"), protocol)
    with contextlib.suppress(DataError):  # the first protocols are lines of text
        read_table(data)
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"a,b\n", "no rows"),
        (zipped(), "zip archive"),
        (gzip.compress(b"a,b\n1,2\n"), "gzip"),
        (b"\x7fELF\x02\x01", "program"),
        (b"MZ\x90\x00", "program"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><p>", "web page"),
        (b"PAR1 and nothing else", "not a readable Parquet"),
        (b"a,b\n1\x00,2\n", "Line 2 contains a NUL"),
        (b"\xff\xfea", "UTF-16 but is damaged"),
        (b'a,b\n1,"2\n', "quote"),
        (b"a,b\n" + b"x" * 20_000 + b",1\n", "20\u00a0000 characters"),
        (b"a,b\n" + b"x" * 1_000_000 + b",1\n", "too long"),
        (b",".join([b"a"] * 5_000) + b"\n", "5\u00a0000 columns"),
        (b"a,b\n" + b"1,2\n" * 500_001, "500\u00a0000 rows"),
        (b"a" * 60_000_000, "60 MB"),
        ("data.csv", "as bytes, got str"),
        (Path("/etc/hostname"), "got PosixPath"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_refused_in_words(data, message):
    with pytest.raises(DataError, match=message) as caught:
        read_table(data)
    assert "\n" not in str(caught.value)


def test_parquet_round_trip():
    frame = pd.DataFrame(
        {
            "x": [1.5, None, 2.0],
            "n": [1, 2, 3],
            "s": ["a", None, "b"],
            "c": pd.Categorical(["u", "v", "u"]),
            "d": pd.date_range("2024-01-01", periods=3),
            "b": [True, False, True],
        }
    )
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    read, notes = read_table(buffer.getvalue())
    assert notes == ()
    pd.testing.assert_frame_equal(
        read.astype({"s": "str", "c": "str"}), frame.astype({"s": "str", "c": "str"}),
        check_dtype=False,
    )  # fmt: skip


def test_small_parquet_file_of_huge_text_does_not_grow():
    texts = pa.DictionaryArray.from_arrays([0] * 5_000, ["x" * 400_000])
    buffer = io.BytesIO()
    pq.write_table(pa.table({"s": texts, "t": range(5_000)}), buffer)
    assert len(buffer.getvalue()) < 1_000_000
    assert len(read_table(buffer.getvalue())[0]) == 5_000


def test_from_file_to_data_set():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=60), "group": rng.choice(["a", "b"], 60)})
    frame["y"] = frame["x"] + rng.normal(size=60)
    table = read_table(frame.to_csv(index=False, sep=";", decimal=",").encode())
    data = Dataset.from_frame(
        table.frame, target="y", sensitive=["group"], notes=table.notes, name="survey.csv"
    )
    np.testing.assert_array_equal(data.train.y, frame["y"][data.train.ids])
    assert data.notes[0].endswith("Separator detected: semicolons.")
    assert (data.name, data.title) == ("survey.csv", "survey.csv")


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
)
@example(b"PAR1" + b"\x00" * 20 + b"PAR1")
@example(b'"')
@example(b"\xef\xbb\xbf")
@example(b"a\r\rb")
def test_any_bytes_give_a_table_or_a_data_error(data):
    try:
        frame, notes = read_table(data)
    except DataError:
        return
    assert frame.shape[0] > 0
    assert len(set(frame.columns)) == frame.shape[1] > 0
    assert all(isinstance(note, str) for note in notes)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_damaged_parquet_gives_a_table_or_a_data_error(seed):
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    pd.DataFrame({"x": [1.0, 2.0], "s": ["a", "b"]}).to_parquet(buffer)
    data = bytearray(buffer.getvalue())
    for place in rng.integers(4, len(data) - 4, 3):
        data[place] = rng.integers(256)
    with contextlib.suppress(DataError):
        read_table(bytes(data))
