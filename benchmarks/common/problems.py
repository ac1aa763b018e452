"""Problems: rows, a fit, random half-subsets, and the losses after training on each of them.

Everything is computed once and stored in the user's cache folder; the key is a digest of all settings.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.training.retrain import refit_each
from benchmarks.common.environments import CACHE
from benchmarks.common.exchange import write
from benchmarks.common.networks import build
from benchmarks.common.sources import SOURCES, Rows
from benchmarks.common.training import flat, losses, polished, train_each

REFITS = CACHE / "lds"


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is fitted, on how many rows, and how it is retrained.

    ``network`` and ``source`` name the network and the source of the rows. ``tuning`` and ``judging`` are
    numbers of half-subsets: the first select each method's damping, the second evaluate it. ``seeds`` is the
    number of initialisations over which a loss after training from scratch is averaged; 0: no training from
    scratch.
    """

    name: str
    network: str
    source: str
    rows: int
    strength: float
    steps: int = 0  # of Adam; 0: Newton's method to convergence, for a convex problem
    rate: float = 0.0
    polish: int = 0  # final steps of L-BFGS on all rows
    batch: int = 0  # rows per step of Adam; 0: all
    warm_steps: int = 0  # of Adam, continuing from the fit; 0: as many as from scratch
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
    def data(self) -> Rows:
        """Training rows and labels, then the queries' rows and labels."""
        return SOURCES[self.source](self.rows, self.queries)

    @cached_property
    def objective(self) -> ax.Objective:
        """The objective, in float64."""
        X, y, *_ = self.data
        if not self.steps:
            model = ax.LinearMap(X.shape[1])
            return ax.Objective(model, "bernoulli", ax.Ridge(self.strength), X, y.astype(float))
        network = build(self.network, X.shape[1]).double()
        return ax.Objective(network, "categorical", ax.Ridge(self.strength), X, y)

    @cached_property
    def kept(self) -> np.ndarray:
        """The rows of each half-subset, ``[tuning + judging, rows / 2]``."""
        draw = np.random.default_rng(1)
        count = self.tuning + self.judging
        return np.stack([draw.permutation(self.rows)[: self.rows // 2] for _ in range(count)])


@dataclasses.dataclass(frozen=True)
class Refits:
    """The fit, and each query's loss after training on each half-subset.

    Attributes:
        theta: ``[p]``. gradient_norm: of the objective at ``theta``.
        warm: losses after training continued from ``theta``, ``[subsets, queries]``. cold: from scratch,
            averaged over seeds; equal to ``warm`` if the problem is convex.
    """

    theta: np.ndarray
    gradient_norm: float
    warm: np.ndarray
    cold: np.ndarray


def refits_of(problem: Problem) -> Refits:
    """The refits, from the cache if available."""
    path = REFITS / f"{problem.key}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = _network(problem) if problem.steps else _convex(problem)
        np.savez(path, **dataclasses.asdict(found))
    with np.load(path) as stored:
        return Refits(
            stored["theta"], float(stored["gradient_norm"]), stored["warm"], stored["cold"]
        )


def _convex(problem: Problem) -> Refits:
    objective = problem.objective
    fit = ax.fit_objective(objective)
    sets = [np.setdiff1d(np.arange(problem.rows), kept) for kept in problem.kept]
    thetas = refit_each(objective, fit.parameters, sets).theta
    _, _, X, y = (torch.as_tensor(np.array(part)) for part in problem.data)
    after = losses(build(problem.network, X.shape[1]).double(), thetas.T, X, y).numpy()
    return Refits(fit.theta, fit.gradient_norm, after, after)


def _network(problem: Problem) -> Refits:
    X, y, test_X, test_y = (torch.as_tensor(np.array(part)) for part in problem.data)
    X, test_X, kept = X.float(), test_X.float(), torch.as_tensor(problem.kept)
    network = build(problem.network, X.shape[1])
    settings = {
        "strength": problem.strength, "penalised": problem.objective.model.penalised,
        "batch": problem.batch,
    }  # fmt: skip

    def trained(starts: Tensor, subsets: Tensor, rate: float, steps: int) -> Tensor:
        return train_each(network, starts, X, y, subsets, rate=rate, steps=steps, **settings)

    theta = flat(network)[None]
    theta = trained(theta, torch.arange(problem.rows)[None], problem.rate, problem.steps)
    if problem.polish:
        theta = polished(problem.objective, theta[0], problem.polish).float()[None]
    warm_steps = problem.warm_steps or problem.steps
    warm = trained(theta.expand(len(kept), -1), kept, problem.rate * 0.3, warm_steps)
    cold = torch.zeros(len(kept), problem.queries)
    for seed in range(1, problem.seeds + 1):
        start = flat(build(problem.network, X.shape[1], seed))[None].expand(len(kept), -1)
        cold += losses(network, trained(start, kept, problem.rate, problem.steps), test_X, test_y)
    point = problem.objective.at(theta[0].double())
    return Refits(
        theta=theta[0].double().numpy(),
        gradient_norm=float(point.gradient().norm()),
        warm=losses(network, warm, test_X, test_y).numpy(),
        cold=(cold / max(1, problem.seeds)).numpy(),
    )


def task_of(problem: Problem, theta: np.ndarray, path: Path, **settings: object) -> None:
    """Write a problem and its fit as an archive that a library's process reads."""
    X, y, queries, answers = problem.data
    write(
        path, network=problem.network, theta=theta, X=X, y=y, queries=queries, answers=answers,
        **settings,
    )  # fmt: skip
