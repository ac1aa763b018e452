"""How fast the error of one predicted removal falls with the number of rows.

``python -m benchmarks.accuracy_rates [--repeats N] [--json FILE]`` prints the mean error of the predictions,
``||predicted - refitted||``, over rows left out one at a time, and its log-log slope against ``n``.
Theory: -2 where Fisher and Hessian coincide; -2 for the Hessian and -3/2 for the Fisher of a well-specified
model whose outputs are not linear in its parameters, because there ``||H - F||`` falls as ``n^-1/2``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import afif_explorer as ax
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import ModuleModel
from afif_explorer.engine.problem.weights import leave_out_each
from afif_explorer.engine.training.fit import minimise
from afif_explorer.engine.training.retrain import refit

SIZES = (200, 400, 800, 1600, 3200)
D, LEFT_OUT = 5, 20
METHODS = {  # both by the plain step
    "Fisher": ax.AFIF(leverage_correction=False),
    "Hessian": ax.InfinitesimalJackknife(leverage_correction=False),
}


class Bounded(nn.Module):
    """``f = 2 tanh(x' theta)``: one output, not linear in its parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(D, 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            self.layer.weight.fill_(0.3)

    def forward(self, X: Tensor) -> Tensor:
        return 2 * torch.tanh(self.layer(X))


def logistic(n: int, seed: int) -> ax.Objective:
    """A canonical model, well specified."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, D))
    y = draw.random(n) < 1 / (1 + np.exp(-X @ np.linspace(-1, 1, D)))
    return ax.Objective(LinearMap(D), "bernoulli", ax.Ridge(1e-3), X, y.astype(float))


def bounded(n: int, seed: int) -> ax.Objective:
    """A model that is not linear in its parameters, well specified."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, D))
    y = 2 * np.tanh(X @ np.linspace(0.1, 0.6, D)) + draw.normal(size=n)
    model = ModuleModel(Bounded(), torch.as_tensor(X[:4]))
    return ax.Objective(model, "gaussian", ax.Ridge(1e-3), X, y)


def errors(objective: ax.Objective, seed: int) -> dict[str, float]:
    """Mean error of the parameters without one row, for each method."""
    theta = minimise(objective).theta
    rows = np.random.default_rng(seed).choice(objective.n, LEFT_OUT, replace=False)
    weights = objective.vector(leave_out_each(objective.n, rows[:, None]))
    truth = torch.stack([refit(objective, theta, w).theta for w in weights.T], dim=1)
    found = {}
    for name, method in METHODS.items():
        moved = method.prepare(objective, theta).parameters(weights)
        found[name] = float((moved - truth).norm(dim=0).mean())
    return found


def rates(make, repeats: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Errors by size, averaged over data sets, and their slopes on a log-log scale."""
    table: dict[str, list[float]] = {name: [] for name in METHODS}
    for n in SIZES:
        found = [errors(make(n, seed), seed) for seed in range(repeats)]
        for name in METHODS:
            table[name].append(float(np.mean([one[name] for one in found])))
    slopes = {name: np.polyfit(np.log(SIZES), np.log(row), 1)[0] for name, row in table.items()}
    return table, slopes


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=8, help="data sets of each size")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    chosen = parser.parse_args()
    print(f"| model | curvature | {' | '.join(f'n = {n}' for n in SIZES)} | slope |")
    print(f"|{' --- |' * (len(SIZES) + 3)}")
    models: dict[str, Any] = {}
    for make in (logistic, bounded):
        table, slopes = rates(make, chosen.repeats)
        models[make.__name__] = {
            name: {"errors": row, "slope": float(slopes[name])} for name, row in table.items()
        }
        for name, row in table.items():
            cells = " | ".join(f"{error:.2e}" for error in row)
            print(f"| {make.__name__} | {name} | {cells} | {slopes[name]:.2f} |")
    if chosen.json:
        found = {"repeats": chosen.repeats, "sizes": SIZES, "models": models}
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
