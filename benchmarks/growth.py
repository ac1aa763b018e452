"""Scaling with rows, parameters and targets: run times, and their slopes on a log-log scale.

``python -m benchmarks.growth [--quick] [--json FILE]``

A logistic model in float64: the first ``ax.attribute`` of a fit, the second, and a first one with LiSSA. One
size is varied at a time; the slope is that of the least-squares line through the logarithms of the upper half
of the sizes, where fixed costs are negligible. In theory: rows 1, except for LiSSA, where only the effects
and the final residual depend on them, not the steps; parameters between 1 for the effects and 2 for the Gram
matrix (3 for its factor, if there are few rows); targets 1 for the effects.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import afif_explorer as ax
from benchmarks.common import machine

BASE = {"rows": 20_000, "parameters": 200, "targets": 100}
SIZES = {
    "rows": (5_000, 10_000, 20_000, 40_000, 80_000),
    "parameters": (50, 100, 200, 400, 800),
    "targets": (25, 50, 100, 200, 400),
}
THEORY: dict[str, dict[str, object]] = {
    "rows": {"first attribute": 1, "second attribute": 1, "LiSSA": "0 to 1"},
    "parameters": {"first attribute": "1 to 2", "second attribute": 1, "LiSSA": 1},
    "targets": {"first attribute": "0 to 1", "second attribute": 1, "LiSSA": 1},
}
REPEATS = 3
LISSA = ax.LiSSA(scale=10.0, depth=200, repeats=1, batch_size=128)  # the same work for every size


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log seconds over log sizes, in the upper half of the sizes."""
    start = len(sizes) // 2
    x, y = np.log(sizes[start:]), np.log(seconds[start:])
    return float(np.polyfit(x, y, 1)[0])


def timed(work: Callable[[], object]) -> float:
    """Median seconds, after one warm-up."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def costs(rows: int, parameters: int, columns: int) -> dict[str, float]:
    """Seconds of each part for one size."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(rows, parameters - 1, dtype=torch.float64, generator=generator)
    y = (X[:, 0] > 0).double()
    objective = ax.Objective(ax.LinearMap(parameters - 1), "bernoulli", ax.Ridge(1e-2), X, y)
    fit = ax.fit_objective(objective)
    targets = [ax.PointLoss("train", i) for i in range(columns)]

    def attribute(fit: ax.Fit, solver: ax.Solver) -> object:
        plain = ax.AFIF(solver=solver, leverage_correction=False)
        return ax.attribute(fit, targets, plain, order=1)

    return {
        "first attribute": timed(lambda: attribute(replace(fit), ax.Cholesky())),
        "second attribute": timed(lambda: attribute(fit, ax.Cholesky())),
        "LiSSA": timed(lambda: attribute(replace(fit), LISSA)),
    }


def growth(what: str, sizes: Sequence[int]) -> dict[str, Any]:
    """Seconds of each part for each of the sizes, and the slopes."""
    found = [costs(*(BASE | {what: size}).values()) for size in sizes]
    seconds = {part: [one[part] for one in found] for part in found[0]}
    slopes = {part: slope(sizes, times) for part, times in seconds.items()}
    return {"sizes": list(sizes), "seconds": seconds, "slopes": slopes}


def table(found: dict[str, Any]) -> str:
    """One line for each varied size and each part."""
    lines = ["| varied | part | sizes | seconds | slope | theory |", "| --- |" + " --- |" * 5]
    for what, one in found.items():
        for part, seconds in one["seconds"].items():
            sizes = ", ".join(f"{size:,}" for size in one["sizes"])
            times = ", ".join(f"{value:.2g}" for value in seconds)
            theory = THEORY[what][part]
            lines.append(
                f"| {what} | {part} | {sizes} | {times} | {one['slopes'][part]:.2f} | {theory} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the three smallest sizes only")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args()
    count = 3 if chosen.quick else None
    found = {what: growth(what, sizes[:count]) for what, sizes in SIZES.items()}
    facts = machine.facts()
    print(table(found))
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": facts, "growth": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
