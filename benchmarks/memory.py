"""Memory of a large problem in addition to its data: ``fit_objective``, ``attribute``, ``diagnostics``.

``python -m benchmarks.memory [--rows N] [--columns D] [--targets M] [--limit "1 GB"] [--json FILE]``

A logistic model on a million rows of 100 numbers; target: at most 2 GB in addition to the data. Measured is
the operating system's peak resident memory during each phase, results included, minus that of the process
after the data were loaded.
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

TARGET = 2.0  # GB in addition to the data
GB = 2.0**30


def measured(phase: str, start: int, work: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """The result of ``work``, its run time, and its peak resident memory above ``start`` in GB."""
    resident.forget_peak()
    began = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - began
    return result, {"phase": phase, "seconds": seconds, "above": (resident.peak() - start) / GB}


def data(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and labels drawn from a logistic model."""
    generator = torch.Generator().manual_seed(0)
    X = torch.empty(rows, columns, dtype=torch.float64).normal_(generator=generator)
    weights = torch.randn(columns, generator=generator, dtype=torch.float64) / columns**0.5
    draw = torch.rand(rows, generator=generator, dtype=torch.float64)
    return X, (draw < torch.sigmoid(X @ weights)).double()


def warm_up() -> None:
    """Load libraries and allocate their buffers."""
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
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args()
    ax.memory_limit(chosen.limit)
    warm_up()
    X, y = data(chosen.rows, chosen.columns)
    start = resident.now()
    objective = ax.Objective(ax.LinearMap(chosen.columns), "bernoulli", ax.Ridge(1e-3), X, y)
    fit, fitted = measured("fit", start, lambda: ax.fit_objective(objective))
    targets = [ax.PointLoss("train", i) for i in range(chosen.targets)]
    effects, attributed = measured("attribute", start, lambda: ax.attribute(fit, targets))
    table, diagnosed = measured("diagnostics", start, lambda: ax.diagnostics(fit))
    phases = [fitted, attributed, diagnosed]
    results = (effects.nbytes + int(table.memory_usage().sum())) / GB
    peak = max(one["above"] for one in phases)
    facts = {
        "rows": chosen.rows,
        "columns": chosen.columns,
        "targets": chosen.targets,
        "limit": chosen.limit,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "data_gb": X.nbytes / GB,
        "results_gb": results,
        "peak_above_gb": peak,
        "target_gb": TARGET,
        "met": peak <= TARGET,
        "gradient_norm": fit.gradient_norm,
        "sum_of_leverages": float(table["leverage"].sum()),
        "phases": phases,
    }
    print("| phase | seconds | GB above |\n| --- | ---: | ---: |")
    for one in phases:
        print(f"| {one['phase']} | {one['seconds']:.1f} | {one['above']:.2f} |")
    print(
        f"\n{chosen.rows:,} x {chosen.columns}: data {facts['data_gb']:.2f} GB, results {results:.2f} GB, "
        f"peak {peak:.2f} GB in addition to the data; target: at most {TARGET} GB, "
        f"{'met' if facts['met'] else 'not met'}"
    )
    if chosen.json:
        chosen.json.write_text(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
