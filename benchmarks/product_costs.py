"""Cost of a Fisher product compared with a Hessian product and with a factorisation.

``python -m benchmarks.product_costs`` counts the floating-point operations of one product on one batch, and
measures its run time (medians over many repetitions, alternating the two products, since each takes about a
millisecond and the machine's speed varies). Theory for a dense network with ``P`` weights on ``B`` rows:
10 PB for the Fisher (forward, one forward-mode and one reverse-mode derivative) and 16 to 18 PB for the exact
Hessian. The last columns: forming and factorising the dense matrix, and one solve with the factor.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.runtime.operations import OperationCounter
from afif_explorer.engine.solvers.factor import Factor
from benchmarks.common import machine

TARGET = 1.5
ROWS = 512
SHAPES = {"64-32-10": (64, (32,), 10), "100-64-64-2": (100, (64, 64), 2), "96-6-1": (96, (6,), 1)}
REPEATS = 41
MAX_DENSE = 3000  # parameters up to which the factorisation is measured


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


def seconds(*works: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Median seconds of each over ``repeats`` rounds, after one warm-up; every round runs each once."""
    times: list[list[float]] = [[] for _ in works]
    for repeat in range(repeats + 1):
        for work, found in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            if repeat:
                found.append(time.perf_counter() - began)
    return [statistics.median(found) for found in times]


def product(kind: type, problem: ax.Objective, theta: Tensor, v: Tensor) -> Callable[[], object]:
    """One product on a fresh batch with nothing precomputed, as in LiSSA."""
    return lambda: kind(problem, theta) @ v


def costs(shape: tuple[int, tuple[int, ...], int]) -> dict[str, float]:
    """Operations (in ``PB``) and milliseconds of both products, and of the factor if it is small."""
    problem = objective(*shape)
    theta = problem.vector(problem.model.initial(0))
    v = torch.randn(problem.p, 1, dtype=theta.dtype)
    found: dict[str, float] = {"P": problem.p}
    kinds = {"Fisher": ax.Fisher, "Hessian": ax.Hessian}
    works = {name: product(kind, problem, theta, v) for name, kind in kinds.items()}
    for (name, work), taken in zip(works.items(), seconds(*works.values()), strict=True):
        found[f"{name} / PB"] = operations(work) / (problem.p * ROWS)
        found[f"{name} ms"] = 1000 * taken
    if problem.p <= MAX_DENSE:
        fisher = ax.Fisher(problem, theta)
        factor = Factor(fisher.dense(), "Fisher", 0.0)
        [made] = seconds(lambda: Factor(fisher.dense(), "Fisher", 0.0), repeats=5)
        [solved] = seconds(lambda: factor.solve(v))
        found |= {"factor ms": 1000 * made, "solve ms": 1000 * solved}
    return found


def conclusion(found: dict[str, dict[str, float]]) -> str:
    """The smallest ratios of all networks, and the target, in one sentence."""
    ratios = {what: min(_ratio(one, what) for one in found.values()) for what in (" / PB", " ms")}
    return (
        f"A Hessian product takes at least {ratios[' / PB']:.2f} times the operations and "
        f"{ratios[' ms']:.2f} times the seconds of a Fisher product; target: {TARGET} times."
    )


def _ratio(one: dict[str, float], what: str) -> float:
    return one[f"Hessian{what}"] / one[f"Fisher{what}"]


def table(found: dict[str, dict[str, float]]) -> str:
    """One row for each network."""
    heads = (
        "network", "P", "Fisher / PB", "Hessian / PB", "ratio", "Fisher ms", "Hessian ms", "ratio",
        "factor ms", "solve ms",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for name, one in found.items():
        dense = [f"{one[key]:.2f}" if key in one else "" for key in ("factor ms", "solve ms")]
        cells = (
            name, f"{one['P']:,}", f"{one['Fisher / PB']:.1f}", f"{one['Hessian / PB']:.1f}",
            f"{_ratio(one, ' / PB'):.2f}", f"{one['Fisher ms']:.2f}", f"{one['Hessian ms']:.2f}",
            f"{_ratio(one, ' ms'):.2f}", *dense,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print one row for each network, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args()
    found = {name: costs(shape) for name, shape in SHAPES.items()}
    facts = machine.facts()
    print(f"{table(found)}\n\n{conclusion(found)}")
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": facts, "costs": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
