"""What a question costs beside another one, through the public functions.

``python -m benchmarks.library_costs`` prints, for each pair of questions, the processor seconds of both on
fresh fits and their ratio beside the target, and the seconds of `ax.patterns` and `ax.flip` on Adult. A fit
keeps what it has prepared, so each question is asked of a fit of its own. ``--only patterns`` selects by the
name; ``--turns`` is how often each is asked (the median counts).
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

import afif_explorer as ax

Question = Callable[[ax.Fit], Any]


@dataclass(frozen=True)
class Costs:
    """Two questions about fits of the same kind, or one with a limit in seconds.

    Attributes:
        name: what is compared.
        make: a fresh fit.
        ask: the question.
        beside: the other one; None if ``most`` is in seconds.
        most: the target for the ratio, or for the processor seconds.
    """

    name: str
    make: Callable[[], ax.Fit]
    ask: Question
    beside: Question | None
    most: float


def main() -> None:
    """Print a row for each pair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        "| question | s | beside | ratio | at most |\n| --- | ---: | ---: | ---: | ---: |",
        flush=True,
    )
    for one in COSTS:
        if options.only in one.name:
            print(row(one, options.turns), flush=True)


def row(one: Costs, turns: int) -> str:
    """A row of the table, in processor seconds."""
    asked = median(one.make, one.ask, turns)
    if one.beside is None:
        return f"| {one.name} | {asked:.2f} | | | {one.most:g} s |"
    beside = median(one.make, one.beside, turns)
    return f"| {one.name} | {asked:.3g} | {beside:.3g} | {asked / beside:.2f} | {one.most:g} |"


def median(make: Callable[[], ax.Fit], ask: Question, turns: int) -> float:
    """Processor seconds of a question to a fresh fit."""
    seconds = []
    for _ in range(turns):
        fit = make()
        start = time.process_time()
        ask(fit)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def network(module: nn.Module, rows: torch.Tensor, classes: int) -> ax.Fit:
    """A network as it is initialised: what an answer costs does not depend on how well it is trained."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.randint(classes, (len(rows),), generator=draw)
    return ax.from_trained(
        module,
        rows,
        labels,
        loss="categorical",
        penalty=ax.Ridge(1e-2),
        test=(rows[:200], labels[:200]),
    )


def dense(inputs: int, width: int, rows: int) -> Callable[[], ax.Fit]:
    """A perceptron with one hidden layer and ten classes."""

    def make() -> ax.Fit:
        draw = torch.Generator().manual_seed(0)
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, 10))
        return network(module, torch.randn(rows, inputs, generator=draw), 10)

    return make


def convolutional() -> ax.Fit:
    """A net of two convolutions on pictures of 16 x 16."""
    draw = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip
    return network(module, torch.randn(300, 1, 16, 16, generator=draw), 10)


def adult() -> ax.Fit:
    """Logistic regression on Adult."""
    return ax.fit(ax.load_dataset("adult"))


def logistic() -> ax.Fit:
    """Logistic regression on 30 000 rows of 100 numbers."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(30_000, 100))
    y = (draw.random(len(X)) < 1 / (1 + np.exp(-X @ draw.normal(size=100) / 10))).astype(float)
    objective = ax.Objective(ax.LinearMap(100), "bernoulli", ax.Ridge(1e-3), X, y)
    return ax.fit_objective(objective, test=(X[:300], y[:300]))


def effects(method: ax.AFIF) -> Question:
    """Effects of all rows on the mean test loss."""
    return lambda fit: ax.attribute(fit, ax.MeanLoss("test"), method)


def removal(method: ax.AFIF) -> Question:
    """What removing five rows does to it."""
    return lambda fit: ax.unlearn(fit, fit.ids[:5], method, [ax.MeanLoss("test")])


def on_rows(count: int) -> Question:
    """Effects of all rows on single predictions."""
    return lambda fit: ax.attribute(fit, [ax.Prediction("test", row) for row in range(count)])


def patterns(verify: bool) -> Question:
    """The patterns behind the mean loss, with the refits of the best ten or without."""
    return lambda fit: ax.patterns(fit, ax.MeanLoss("test"), verify=verify)


EXACT, EKFAC = ax.AFIF(), ax.AFIF(solver=ax.EKFAC(), damping=1e-2)
MEDIUM, LARGE = dense(36, 102, 2000), dense(1000, 1001, 500)
COSTS = (
    Costs("unlearn 5 rows, 4 804 parameters, exact", MEDIUM, removal(EXACT), effects(EXACT), 2),
    Costs("unlearn 5 rows, 4 804 parameters, EK-FAC", MEDIUM, removal(EKFAC), effects(EKFAC), 2),
    Costs("unlearn 5 rows, 1 012 021 parameters", LARGE, removal(EKFAC), effects(EKFAC), 2),
    Costs("diagnostics of a convolutional net", convolutional, ax.diagnostics, effects(EXACT), 3),
    Costs("200 predictions beside one", logistic, on_rows(200), on_rows(1), 3),
    Costs("patterns on Adult, depth 3, predicted", adult, patterns(verify=False), None, 2),
    Costs("the same with ten refits", adult, patterns(verify=True), None, 15),
    Costs("flip for all test rows of Adult", adult, lambda fit: ax.flip(fit, refitted=0), None, 5),
)

if __name__ == "__main__":
    main()
