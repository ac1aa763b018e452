"""How much memory a large problem takes beside its data: ``fit_objective``, ``attribute``, ``diagnostics``.

``python -m benchmarks.memory [--rows N] [--columns D] [--targets M] [--limit "1 GB"] [--json FILE]``

A logistic model on a million rows of 100 numbers, within 2 GB above the data (the promise). Resident memory
is measured by the operating system: its peak during each phase, results included, less what the process had
once the data were there.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import afif_explorer as ax
from benchmarks.common import resident

PROMISED = 2.0  # GB above the data
GB = 2.0**30


def measured(phase: str, start: int, work: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """The work's result, its seconds and the most GB that were resident above ``start``."""
    resident.forget_peak()
    began = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - began
    return result, {"phase": phase, "seconds": seconds, "above": (resident.peak() - start) / GB}


def data(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and labels of a logistic model that describes them truly."""
    generator = torch.Generator().manual_seed(0)
    X = torch.empty(rows, columns, dtype=torch.float64).normal_(generator=generator)
    weights = torch.randn(columns, generator=generator, dtype=torch.float64) / columns**0.5
    chance = torch.rand(rows, generator=generator, dtype=torch.float64)
    return X, (chance < torch.sigmoid(X @ weights)).double()


def warm_up() -> None:
    """Load what the work needs: libraries and their own buffers."""
    torch.randn(2000, 2000) @ torch.randn(2000, 2000)
    X, y = data(100, 3)
    small = ax.fit_objective(ax.Objective(ax.LinearMap(3), "bernoulli", ax.Ridge(1e-3), X, y))
    ax.attribute(small, ax.PointLoss("train", 0))
    ax.diagnostics(small)


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--targets", type=int, default=20)
    parser.add_argument("--limit", default="1 GB", help="memory limit of the work")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    ax.memory_limit(chosen.limit)
    warm_up()
    X, y = data(chosen.rows, chosen.columns)
    start = resident.now()
    objective = ax.Objective(ax.LinearMap(chosen.columns), "bernoulli", ax.Ridge(1e-3), X, y)
    fit, fitted = measured("fit", start, lambda: ax.fit_objective(objective))
    targets = [ax.PointLoss("train", i) for i in range(chosen.targets)]
    effects, told = measured("attribute", start, lambda: ax.attribute(fit, targets))
    table, levered = measured("diagnostics", start, lambda: ax.diagnostics(fit))
    phases = [fitted, told, levered]
    results = (effects.nbytes + int(table.memory_usage().sum())) / GB
    most = max(one["above"] for one in phases)
    facts = {
        "rows": chosen.rows,
        "columns": chosen.columns,
        "targets": chosen.targets,
        "limit": chosen.limit,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "data_gb": X.nbytes / GB,
        "results_gb": results,
        "peak_above_gb": most,
        "promised_gb": PROMISED,
        "kept": most <= PROMISED,
        "gradient_norm": fit.gradient_norm,
        "sum_of_leverages": float(table["leverage"].sum()),
        "phases": phases,
    }
    print("| phase | seconds | GB above |\n| --- | ---: | ---: |")
    for one in phases:
        print(f"| {one['phase']} | {one['seconds']:.1f} | {one['above']:.2f} |")
    print(
        f"\n{chosen.rows:,} x {chosen.columns}: data {facts['data_gb']:.2f} GB, results {results:.2f} GB, "
        f"peak {most:.2f} GB above the data; promised at most {PROMISED} GB: "
        f"{'kept' if facts['kept'] else 'broken'}"
    )
    if chosen.json:
        chosen.json.write_text(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
