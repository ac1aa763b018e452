"""The three problems: rows, a fit, random half-subsets, and the losses after training on each of them.

Everything is made once and kept in the user's cache folder; the key is a digest of all settings.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from functools import cached_property
from pathlib import Path

import numpy as np
import platformdirs
import torch
from sklearn.datasets import load_digits
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.retrain import refit_each
from benchmarks.lds.networks import build, set_parameters
from benchmarks.lds.training import flat, losses, polished, train_each

CACHE = Path(platformdirs.user_cache_dir("afif_explorer", appauthor=False)) / "lds"
DIGITS = ("perceptron", "transformer")


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is fitted, on how many rows, and how it is trained again.

    ``tuning`` and ``judging`` count half-subsets: the first choose each method's damping, the second
    judge it. ``seeds`` counts the starts over which a loss after training from scratch is averaged.
    """

    name: str
    rows: int
    strength: float
    steps: int = 0  # of Adam; 0: Newton's method to the end, for a convex problem
    rate: float = 0.0
    polish: int = 0  # steps of L-BFGS that end the fit on all rows
    queries: int = 100
    tuning: int = 30
    judging: int = 100
    seeds: int = 3

    @property
    def key(self) -> str:
        """A digest of all settings."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True)
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @cached_property
    def data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Training rows and labels, then the queries' rows and labels."""
        draw = np.random.default_rng(0)
        if self.name in DIGITS:
            X, y = load_digits(return_X_y=True)
            order = draw.permutation(len(X))
            train, test = order[: self.rows], order[-self.queries :]
            return X[train] / 16, y[train], X[test] / 16, y[test]
        data = ax.load_dataset("adult", validation=0)
        train = draw.choice(len(data.train), self.rows, replace=False)
        test = draw.choice(len(data.test), self.queries, replace=False)
        X, y = data.train.X[train], data.train.y[train].astype(np.int64)
        return X, y, data.test.X[test], data.test.y[test].astype(np.int64)

    @cached_property
    def objective(self) -> ax.Objective:
        """What is minimised, in float64."""
        X, y, *_ = self.data
        if not self.steps:
            model = ax.LinearMap(X.shape[1])
            return ax.Objective(model, "bernoulli", ax.Ridge(self.strength), X, y.astype(float))
        network = build(self.name, X.shape[1]).double()
        return ax.Objective(network, "categorical", ax.Ridge(self.strength), X, y)

    @cached_property
    def kept(self) -> np.ndarray:
        """The rows of each half-subset, ``[tuning + judging, rows / 2]``."""
        draw = np.random.default_rng(1)
        count = self.tuning + self.judging
        return np.stack([draw.permutation(self.rows)[: self.rows // 2] for _ in range(count)])


PROBLEMS = (
    Problem("logistic", rows=4000, strength=1e-3),
    Problem("perceptron", rows=1200, strength=1e-3, steps=400, rate=0.02, polish=1000),
    Problem("transformer", rows=500, strength=3e-3, steps=400, rate=0.02, polish=3000, seeds=2),
)
QUICK = tuple(
    dataclasses.replace(problem, tuning=10, judging=20, seeds=1, queries=50) for problem in PROBLEMS
)


@dataclasses.dataclass(frozen=True)
class Truth:
    """The fit and what training on each half-subset did to each query's loss.

    Attributes:
        theta: ``[p]``. gradient_norm: of the objective there.
        warm: losses after training on from ``theta``, ``[subsets, queries]``. cold: from scratch,
            averaged over seeds; equal to ``warm`` where the problem is convex.
    """

    theta: np.ndarray
    gradient_norm: float
    warm: np.ndarray
    cold: np.ndarray


def truth_of(problem: Problem) -> Truth:
    """The truth, from the cache if it is there."""
    path = CACHE / f"{problem.key}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = _network(problem) if problem.steps else _convex(problem)
        np.savez(path, **dataclasses.asdict(found))
    with np.load(path) as stored:
        return Truth(
            stored["theta"], float(stored["gradient_norm"]), stored["warm"], stored["cold"]
        )


def _convex(problem: Problem) -> Truth:
    objective = problem.objective
    fit = ax.fit_objective(objective)
    weights = np.zeros((problem.rows, len(problem.kept)))
    weights[problem.kept.T, np.arange(len(problem.kept))] = 1
    thetas = refit_each(objective, fit.parameters, objective.vector(weights)).theta
    _, _, X, y = (torch.as_tensor(np.array(part)) for part in problem.data)
    after = losses(build(problem.name, X.shape[1]).double(), thetas.T, X, y).numpy()
    return Truth(fit.theta, fit.gradient_norm, after, after)


def _network(problem: Problem) -> Truth:
    X, y, test_X, test_y = (torch.as_tensor(np.array(part)) for part in problem.data)
    X, test_X, kept = X.float(), test_X.float(), torch.as_tensor(problem.kept)
    network = build(problem.name, X.shape[1])
    choices = {
        "strength": problem.strength, "penalised": problem.objective.model.penalised,
        "steps": problem.steps,
    }  # fmt: skip

    def trained(starts: Tensor, subsets: Tensor, rate: float) -> Tensor:
        return train_each(network, starts, X, y, subsets, rate=rate, **choices)

    theta = flat(network)[None]
    theta = trained(theta, torch.arange(problem.rows)[None], problem.rate)
    theta = polished(problem.objective, theta[0], problem.polish).float()[None]
    warm = trained(theta.expand(len(kept), -1), kept, problem.rate * 0.3)
    cold = torch.zeros(len(kept), problem.queries)
    for seed in range(1, problem.seeds + 1):
        start = flat(build(problem.name, X.shape[1], seed))[None].expand(len(kept), -1)
        cold += losses(network, trained(start, kept, problem.rate), test_X, test_y)
    point = problem.objective.at(theta[0].double())
    return Truth(
        theta=theta[0].double().numpy(),
        gradient_norm=float(point.gradient().norm()),
        warm=losses(network, warm, test_X, test_y).numpy(),
        cold=(cold / max(1, problem.seeds)).numpy(),
    )


def network_of(problem: Problem, theta: np.ndarray) -> torch.nn.Module:
    """The trained network itself, float32."""
    network = build(problem.name, problem.data[0].shape[1])
    set_parameters(network, torch.as_tensor(theta))
    return network
