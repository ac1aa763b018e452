"""Text files that would take much memory or time are refused first; the others are read with progress."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from afif_explorer import progress
from afif_explorer.datasets import read_table
from afif_explorer.errors import Cancelled
from afif_explorer.progress import listening

ROOT = Path(__file__).resolve().parents[2]
MOST = 100  # MB besides the file
READ = """
import pathlib, sys
from afif_explorer.datasets import read_table
from benchmarks.common.resident import forget_peak, now, peak

read_table(b"a,b\\n1,2\\n3,4\\n")
for path in sys.argv[1:]:
    data = pathlib.Path(path).read_bytes()
    forget_peak()
    before = now()
    try:
        told = str(read_table(data).frame.shape)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    print(f"{(peak() - before) / 1e6} {told}")
    del data
"""
BOMBS = {
    "blank lines": (b"a,b\n1,2\n" + b"\n" * 49_000_000, "more than 5\u00a0000\u00a0000 lines"),
    "old Mac's blank lines": (b"a,b\r1,2\r" + b"\r" * 49_000_000, "more than 5\u00a0000\u00a0000"),
    "commas": (b"," * 49_000_000, "Line 1 has 49\u00a0000\u00a0000 separators"),
    "commas below": (
        b"a,b\n1,2\n" + b"," * 49_000_000,
        "Line 3 has 49\u00a0000\u00a0000 separators",
    ),
    "one cell": (b"a,b\n" + b"x" * 49_000_000, "Line 2 has a cell that is too long"),
    "a cell of 30 MB": (b"a,b\n" + b"x" * 30_000_000, "Line 2 has a cell that is too long"),
    "quotes": (b'a,b\n1,"' + b'""' * 24_000_000, "Line 2 has a cell that is too long"),
}


def test_bombs_of_text_are_refused_with_little_memory(tmp_path: Path) -> None:
    paths = []
    for name, (content, _) in BOMBS.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    ran = subprocess.run(
        [sys.executable, "-c", READ, *map(str, paths)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for (name, (_, message)), line in zip(BOMBS.items(), ran.stdout.splitlines(), strict=True):
        grown, told = line.split(" ", 1)
        assert float(grown) < MOST, name
        assert message in told, name


def table(rows: int, cell: str = "x") -> bytes:
    numbers = np.random.default_rng(0).normal(size=rows).round(6)
    return ("number,text\n" + "".join(f"{value},{cell}\n" for value in numbers)).encode()


def test_long_lines_with_newlines_of_old_macs_are_no_single_line():
    assert read_table(table(60_000).replace(b"\n", b"\r")).frame.shape == (60_000, 2)


@pytest.mark.parametrize("cell", ["x", '"x"', ' "x"'], ids=["at once", "quoted", "line by line"])
def test_reading_reports_its_progress_and_can_be_cancelled(cell):
    steps = []
    with listening(steps.append):
        read_table(table(200_000, cell))
    reading = [step for step in steps if step.what == "Reading the file"]
    assert reading == sorted(reading, key=lambda step: step.done)
    assert reading[-1].done == reading[-1].total

    def stop(step: progress.Step) -> None:
        raise Cancelled("stopped")

    with listening(stop), pytest.raises(Cancelled):
        read_table(table(1000, cell))


@pytest.mark.parametrize("special", ["", "text,number", "Source: a book,", '1.5,"a, b"', "2.5, y "])
def test_reading_at_once_and_line_by_line_agree(special, monkeypatch):
    """One special line anywhere, and the columns are those of the csv module."""
    from afif_explorer.datasets.reading import csv_file

    lines = table(2000).decode().splitlines()
    if special:
        lines.insert(1500, special)
    data = "\n".join(lines).encode()
    at_once = read_table(data)
    monkeypatch.setattr(csv_file, "read_at_once", lambda *_: None)
    assert read_table(data).notes == at_once.notes
    assert read_table(data).frame.equals(at_once.frame)
