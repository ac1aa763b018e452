"""Large tables: within three times their own size, column blocks without a trace, single precision."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.datasets import encode, encoder
from afif_explorer.errors import DataError, InvalidChoice

ROOT = Path(__file__).resolve().parents[2]
MOST = 3.0  # times the table, with the table
TAKE = """
import numpy as np, pandas as pd
import afif_explorer as ax
from benchmarks.common.resident import forget_peak, now, peak

rng = np.random.default_rng(0)
small = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
ax.Dataset.from_frame(small, target="c")
before = now()
frame = pd.DataFrame({f"x{k}": rng.normal(size=200_000) for k in range(100)}, copy=False)
forget_peak()
data = ax.Dataset.from_frame(frame, target="x0")
data.digest
print((peak() - before) / frame.memory_usage(index=False).sum())
"""


def test_a_table_is_taken_within_three_times_its_size() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", TAKE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert 1.5 < float(ran.stdout) < MOST


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(3001, 12)), columns=[f"x{k}" for k in range(12)])
    frame.iloc[::7, 3] = np.nan
    frame["flag"] = np.where(rng.random(3001) < 0.1, np.nan, rng.integers(0, 2, 3001))
    frame["city"] = rng.choice(["A", "B", "C", "D"], 3001)
    frame["y"] = (frame["x0"] + rng.normal(size=3001) > 0).astype(int)
    return frame


def test_blocks_of_columns_and_rows_leave_no_trace(frame, monkeypatch):
    whole = ax.Dataset.from_frame(frame, target="y")
    monkeypatch.setattr(encode, "_BLOCK", 3 * len(frame))
    monkeypatch.setattr(encoder, "_BATCH", 1000)
    parts = ax.Dataset.from_frame(frame, target="y")
    assert len(parts.encoder.blocks) == 5
    assert parts.digest == whole.digest
    assert set(parts.notes) == set(whole.notes)
    with pytest.warns(UserWarning, match="filled with the median"):
        np.testing.assert_array_equal(parts.transform(parts.test.frame), whole.test.X)


def test_single_precision_is_the_rounded_matrix(frame):
    double, single = (ax.Dataset.from_frame(frame, target="y", dtype=d) for d in encode.DTYPES)
    assert single.train.X.dtype == np.float32
    np.testing.assert_array_equal(single.train.X, double.train.X.astype(np.float32))
    with pytest.warns(UserWarning, match="filled with the median"):
        np.testing.assert_array_equal(single.transform(single.test.frame), single.test.X)
    again = ax.Dataset.from_frame(frame, target="y", **single.made)
    assert again.digest == single.digest != double.digest
    coefficients = [ax.fit(data, penalty=ax.Ridge(0.01)).theta for data in (double, single)]
    np.testing.assert_allclose(*map(np.asarray, coefficients), atol=2e-4)


@pytest.mark.parametrize("dtype", ["float16", np.float32, None])
def test_another_precision_is_refused(frame, dtype):
    with pytest.raises(InvalidChoice, match="dtype is one of float64, float32"):
        ax.Dataset.from_frame(frame, target="y", dtype=dtype)


def test_a_matrix_may_be_as_large_as_its_table_but_not_far_larger(frame, monkeypatch):
    monkeypatch.setattr(encode, "MOST_CELLS", 100)
    assert ax.Dataset.from_frame(frame, target="y").d == 17
    levels = pd.DataFrame({"a": [f"level {k % 90}" for k in range(3000)], "y": np.arange(3000) % 2})
    with pytest.raises(DataError, match="too many to hold in memory"):
        ax.Dataset.from_frame(levels, target="y")


def test_the_table_that_the_splits_share_is_not_changed_with_the_frame(frame):
    frame = frame.copy()
    data = ax.Dataset.from_frame(frame, target="y")
    before, digest = data.train.frame.copy(), data.digest
    frame.iloc[:, 0] = 7.0
    frame.loc[:, "x1"] *= 2
    frame["city"] = "E"
    again = ax.Dataset.from_frame(frame, target="y")
    pd.testing.assert_frame_equal(data.train.frame, before)
    pd.testing.assert_frame_equal(data.train.table.loc[before.index], before)
    assert data.digest == digest != again.digest
