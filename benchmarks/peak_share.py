"""Share of the machine's matrix-multiply peak that the direct solve reaches.

``python -m benchmarks.peak_share [--rows N] [--columns D] [--targets M] [--json FILE]``

The peak is the fastest product of two square matrices, measured in the same run. The share counts the
operations of all matrix products while they run. The last column counts only the necessary operations:
``n p^2`` for the Gram matrix of the Fisher, using its symmetry (torch's products do not), ``p^3 / 3`` for the
factor, ``2 p^2 m`` for the solve and ``2 n p m`` for the effects of all rows on ``m`` targets.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

import afif_explorer as ax
from afif_explorer.engine.runtime.operations import OperationCounter
from benchmarks.common import machine

TARGET = 0.5
REPEATS = 5


def share(rows: int, columns: int, targets: int, dtype: torch.dtype) -> dict[str, Any]:
    """Run time of the direct solve (best of five), its products in GFLOP, and their share of the peak."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(rows, columns, dtype=dtype, generator=generator)
    y = (X[:, 0] > 0).to(dtype)
    objective = ax.Objective(ax.LinearMap(columns), "bernoulli", ax.Ridge(1e-2), X, y)
    fit, p = ax.fit_objective(objective), objective.p
    plain = ax.AFIF(solver="cholesky", leverage_correction=False)
    losses = [ax.PointLoss("train", i) for i in range(targets)]

    def direct() -> None:
        ax.attribute(replace(fit), losses, plain, order=1)

    with OperationCounter() as counter:
        direct()
    peak, best = machine.gemm_peak(dtype), float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter()
        direct()
        best = min(best, time.perf_counter() - began)
    peak = max(peak, machine.gemm_peak(dtype))
    necessary = rows * p**2 + p**3 / 3 + 2 * p**2 * targets + 2 * rows * p * targets
    return {
        "precision": str(dtype).removeprefix("torch."),
        "seconds": best,
        "gflop": counter.total / 1e9,
        "peak gflops": peak / 1e9,
        "share": counter.total / best / peak,
        "share of the necessary": necessary / best / peak,
    }


def main() -> None:
    """Measure in both precisions, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--columns", type=int, default=1_000)
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args()
    size = (chosen.rows, chosen.columns, chosen.targets)
    found = [share(*size, dtype) for dtype in (torch.float64, torch.float32)]
    print(
        "| precision | s | GFLOP | peak GFLOP/s | share | target | of the necessary |\n|"
        + " --- |" * 7
    )
    for one in found:
        print(
            f"| {one['precision']} | {one['seconds']:.3f} | {one['gflop']:.1f} "
            f"| {one['peak gflops']:.0f} | {one['share']:.0%} | {TARGET:.0%} "
            f"| {one['share of the necessary']:.0%} |"
        )
    facts = machine.facts()
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": facts, "shares": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
