"""The defaults against exact refits without single rows, on six data sets."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.trust import CHANGED
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
        truth = ax.retrain_each(fit, rows, target).effects
        assert pearson(effects[rows, column], truth) >= 0.995, target
        assert 0.97 <= slope(effects[rows, column], truth) <= 1.03, target


@pytest.mark.parametrize("name", DATA)
def test_few_rows_are_marked(data_home, name: str) -> None:
    fit = fitted(name)
    influence = prepared(ax.AFIF(), fit)
    assert influence.leverage_corrected
    changes = influence.curvature_changes().numpy()
    assert (changes > CHANGED).mean() <= MARKED
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ax.attribute(fit, ax.MeanLoss("test"))
    marked = [one for one in caught if one.category is ax.LargeStep]
    assert bool(marked) == bool((changes > CHANGED).any())
