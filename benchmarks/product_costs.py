"""What a Fisher product costs beside a Hessian product, and beside a factorisation.

``python -m benchmarks.product_costs`` counts the floating-point operations of one product on one batch, and
measures seconds (median of five). Theory for a dense network with ``P`` weights on ``B`` rows: 10 PB for
the Fisher (forward, one forward-mode and one reverse-mode derivative) and 16 to 18 PB for the exact
Hessian. The last columns: the dense matrix with its factor, and one solve by it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.factor import Factor
from afif_explorer.engine.operations import OperationCounter

ROWS = 512
SHAPES = {"64-32-10": (64, (32,), 10), "100-64-64-2": (100, (64, 64), 2), "96-6-1": (96, (6,), 1)}
DENSE = 3000  # parameters up to which the factorisation is measured


def objective(d: int, hidden: tuple[int, ...], k: int) -> ax.Objective:
    """A network on random rows."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(ROWS, d, dtype=torch.float64, generator=generator)
    y = X[:, 0] if k == 1 else X[:, :k].argmax(1)
    return ax.Objective(
        ax.MLP(d, hidden, k), "gaussian" if k == 1 else "categorical", ax.Ridge(1e-3), X, y
    )


def operations(work: Callable[[], object]) -> int:
    """Floating-point operations of the matrix products in ``work``."""
    with OperationCounter() as counter:
        work()
    return counter.total


def seconds(work: Callable[[], object]) -> float:
    """Median of five, after one that warms up."""
    work()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def product(kind: type, problem: ax.Objective, theta: Tensor, v: Tensor) -> Callable[[], object]:
    """One product on a fresh batch: nothing of it was computed before, as in LiSSA."""
    return lambda: kind(problem, theta) @ v


def main() -> None:
    """Print one row for each network."""
    heads = (
        "network", "P", "Fisher / PB", "Hessian / PB", "ratio", "Fisher ms", "Hessian ms", "ratio",
        "factor ms", "solve ms",
    )  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for name, shape in SHAPES.items():
        problem = objective(*shape)
        theta = problem.vector(problem.model.initial(0))
        v = torch.randn(problem.p, 1, dtype=theta.dtype)
        works = [product(kind, problem, theta, v) for kind in (ax.Fisher, ax.Hessian)]
        counts = [operations(work) / (problem.p * ROWS) for work in works]
        times = [1000 * seconds(work) for work in works]
        dense = ("", "")
        if problem.p <= DENSE:
            fisher = ax.Fisher(problem, theta)
            factor = Factor(fisher.dense(), "Fisher", 0.0)
            dense = (
                f"{1000 * seconds(lambda fisher=fisher: Factor(fisher.dense(), 'Fisher', 0.0)):.0f}",
                f"{1000 * seconds(lambda factor=factor, v=v: factor.solve(v)):.2f}",
            )
        print(
            f"| {name} | {problem.p} | {counts[0]:.1f} | {counts[1]:.1f} | {counts[1] / counts[0]:.2f} "
            f"| {times[0]:.2f} | {times[1]:.2f} | {times[1] / times[0]:.2f} | {' | '.join(dense)} |"
        )


if __name__ == "__main__":
    main()
