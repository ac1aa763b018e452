"""How soon the server answers a selection on Adult: what removing the rows would change, with its trust.

Sets of random rows of several sizes are selected one after the other, as a hand that draws does, in an
explorer with the gap as target whose first results are there. Measured is the time from
``explorer.select(rows)`` until ``explorer.removal`` is that of these rows (median target: 150 ms), and the
processor time of all threads, to which other programs on the machine add less. The last answer of each size
is compared with ``ax.unlearn``.

Run ``python -m benchmarks.selection_answer [--times N] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

import afif_explorer as ax
from benchmarks.common import machine

TARGET = 150.0  # ms, at most
SIZES = (1, 10, 100, 1000, 5000)
PATIENCE = 600.0  # s


def answers(explorer: ax.Explorer, size: int, times: int) -> np.ndarray:
    """Milliseconds until each answer about ``size`` rows, and of processor time, ``[times, 2]``."""
    rng, ids = np.random.default_rng(size), explorer.points.ids
    spent = []
    for _ in range(times):
        rows = np.sort(rng.choice(ids, size, replace=False))
        before = time.perf_counter(), time.process_time()
        explorer.select(rows)
        if not explorer.await_idle(PATIENCE):
            raise TimeoutError("There was no answer.")
        after = time.perf_counter(), time.process_time()
        if not np.array_equal(explorer.removal.ids, rows):
            raise RuntimeError("The answer is about other rows.")
        spent.append(np.subtract(after, before))
    return 1000 * np.array(spent)


def measure(times: int) -> list[dict[str, Any]]:
    """A line for each size of the selection."""
    explorer = ax.Explorer("adult", target="demographic_parity")
    try:
        explorer.await_idle(PATIENCE)
        answers(explorer, 10, 3)  # warm-up
        found = []
        for size in SIZES:
            waited, busy = answers(explorer, size, times).T
            found.append(
                {
                    "rows": size,
                    "median": float(np.median(waited)),
                    "p95": float(np.quantile(waited, 0.95)),
                    "processor": float(np.median(busy)),
                    "error": error_of(explorer),
                }
            )
        return found
    finally:
        explorer.close()


def error_of(explorer: ax.Explorer) -> float:
    """The relative difference of the last answer from the public function's."""
    names: dict[str, Any] = {}
    exec(explorer.as_python(), names)
    own, change = names["predicted"].effects[names["target"]], explorer.removal.changes[0].predicted
    return abs(change - own) / abs(own)


def table(found: list[dict[str, Any]]) -> str:
    """The results as a Markdown table."""
    heads = ("rows selected", f"median ms (target: {TARGET:g})", "p95 ms", "processor ms", "error")
    lines = [f"| {' | '.join(heads)} |", "| ---: " * len(heads) + "|"]
    for one in found:
        times = " | ".join(f"{one[name]:.0f}" for name in ("median", "p95", "processor"))
        lines.append(f"| {one['rows']} | {times} | {one['error']:.0e} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=30, help="selections of each size")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args()
    found = measure(options.times)
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine.facts(), "runs": found}, indent=2))


if __name__ == "__main__":
    main()
