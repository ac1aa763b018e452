"""The defaults against exact refits without single rows, on six data sets."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax
from afif_explorer.analysis.rows.compare import pearson, slope

ROWS = 15  # random ones, and as many of the largest effects
MARKED = 0.02  # share of the rows for which one step is said to be not enough


def made(n: int, d: int, outcome: Callable[[np.ndarray, np.random.Generator], np.ndarray], task):
    """Rows with two groups, and an outcome of their features."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n, d))
    frame = pd.DataFrame(X, columns=[f"x{column}" for column in range(d)])
    frame["y"] = outcome(X, draw)
    frame["group"] = np.where(X[:, 0] + X[:, 1] + draw.normal(size=n) > 0, "a", "b")
    return ax.Dataset.from_frame(frame, target="y", sensitive="group", task=task)


def counts(X: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return draw.poisson(np.exp(0.4 * X[:, 0] - 0.3 * X[:, 1] + 0.3))


def labels(X: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return np.where(X[:, :5].sum(1) + 3 * draw.normal(size=len(X)) > 0, "yes", "no")


DATA = {
    "adult": lambda: ax.load_dataset("adult"),
    "insurance": lambda: ax.load_dataset("insurance"),
    "crime": lambda: ax.load_dataset("crime"),
    "digits": lambda: ax.load_dataset("digits"),
    "counts": lambda: made(900, 12, counts, "count"),
    "wide": lambda: made(900, 56, labels, "classification"),
}


@functools.cache
def fitted(name: str) -> ax.Fit:
    return ax.fit(DATA[name]())


def targets_of(fit: ax.Fit) -> list[ax.Target]:
    classes = fit.data.task == "classification"
    gap = ax.DemographicParityDifference if classes else ax.MeanPredictionDifference
    gaps = [gap(column) for column in fit.data.sensitive[:1]]
    return [ax.MeanLoss("test"), *gaps]


@pytest.mark.parametrize("name", DATA)
def test_effects_agree_with_refits(data_home, name: str) -> None:
    fit = fitted(name)
    targets = targets_of(fit)
    effects = ax.attribute(fit, targets)
    random = np.random.default_rng(0).choice(fit.n, ROWS, replace=False)
    for column, target in enumerate(targets):
        top = np.argsort(-np.abs(effects[:, column]))[:ROWS]
        rows = np.union1d(random, top)
        truth = ax.retrain_each(fit, fit.ids[rows], target).effects
        assert pearson(effects[rows, column], truth) >= 0.995, target
        assert 0.97 <= slope(effects[rows, column], truth) <= 1.03, target


@pytest.mark.parametrize("name", DATA)
def test_few_rows_are_marked(data_home, name: str) -> None:
    fit = fitted(name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        effects = ax.attribute(fit, ax.MeanLoss("test"))
    assert "leverage-corrected" in effects.method
    assert len(effects.trust.marked) <= MARKED * fit.n
    marked = [one for one in caught if one.category is ax.LargeStep]
    assert len(marked) == bool(len(effects.trust.marked))


@pytest.mark.parametrize(
    "penalty",
    [
        ax.Lasso(0.05),
        ax.ElasticNet(0.05),
        ax.GroupLasso(0.05, groups=tuple(tuple(range(i, i + 5)) for i in range(0, 20, 5))),
    ],
    ids=lambda penalty: type(penalty).__name__,
)
@pytest.mark.parametrize("loss", ["gaussian", "poisson"])
def test_effects_with_kinks_agree_with_refits(penalty: ax.Penalty, loss: str) -> None:
    draw = np.random.default_rng(1)
    X, new = draw.normal(size=(150, 20)), draw.normal(size=(200, 20))
    linear = X[:, :5].sum(1)
    y = linear + draw.normal(size=150) if loss == "gaussian" else draw.poisson(np.exp(0.3 * linear))
    objective = ax.Objective(ax.LinearMap(20), loss, penalty, X, y)
    fit = ax.fit_objective(objective, test=(new, draw.permutation(y.repeat(2))[:200]))
    target, rows = ax.MeanLoss("test"), draw.choice(150, 50, replace=False)
    effects, truth = ax.attribute(fit, target), ax.retrain_each(fit, fit.ids[rows], target).effects
    assert pearson(effects[rows], truth) >= 0.995
    assert 0.97 <= slope(effects[rows], truth) <= 1.03
    alone = ax.unlearn(fit, fit.ids[rows[:1]], targets=target).effects[target]
    assert alone == pytest.approx(effects[rows[0]], rel=0.02)


def test_every_model_that_is_linear_in_its_parameters_has_the_same_effects() -> None:
    class Renamed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1, 5))
            self.shift = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ self.weight.T + self.shift

    draw = np.random.default_rng(0)
    X = draw.normal(size=(200, 5))
    y = (X[:, 0] + draw.normal(size=200) > 0).astype(float)
    head = torch.nn.Sequential(torch.nn.Linear(5, 4).requires_grad_(False), torch.nn.Linear(4, 1))
    relu = torch.nn.Sequential(torch.nn.Linear(5, 1), torch.nn.ReLU())
    assert ax.ModuleModel(head.double(), torch.as_tensor(X)).linear
    assert not ax.ModuleModel(relu.double(), torch.as_tensor(X)).linear
    models = (ax.LinearMap(5), torch.nn.Linear(5, 1).double(), Renamed().double())
    effects = []
    for model in models:
        objective = ax.Objective(model, "bernoulli", ax.Ridge(1e-3), X, y)
        fit = ax.fit_objective(objective, test=(X[:50], y[:50]))
        effects.append(ax.attribute(fit, ax.MeanLoss("test")))
    for found in effects[1:]:
        np.testing.assert_allclose(found, effects[0], rtol=1e-7, atol=1e-12)
