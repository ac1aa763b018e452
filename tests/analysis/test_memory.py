"""Public functions stay within the memory limit, in addition to their data and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from benchmarks.common import resident

MB = 1 << 20
LIMIT, BESIDE = 16, 16  # MB: the limit, and what allocators and small arrays take in addition
ROWS = 20_000

pytestmark = pytest.mark.skipif(
    not resident.CLEAR.exists(), reason="peaks are measured on Linux only"
)


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 10))
    y = (X[:, 0] + rng.normal(size=ROWS) > 0).astype(float)
    objective = ax.Objective(ax.LinearMap(10), "bernoulli", ax.Ridge(1e-2), X, y)
    return ax.fit_objective(objective, test=(X[:2000], y[:2000]))


def wide(fit: ax.Fit) -> Any:
    """DFBETAS of many parameters: a result of 16 MB."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 100))
    objective = ax.Objective(ax.LinearMap(100), "gaussian", ax.Ridge(1e-2), X, X[:, 0])
    other = ax.fit_objective(objective)
    return lambda: ax.dfbetas(other)


def flip(fit: ax.Fit) -> Any:
    """Many removals, each ranking the rows that are left, of 40 MB."""
    X = np.random.default_rng(0).normal(size=(ROWS, 250))
    objective = ax.Objective(ax.LinearMap(250), "gaussian", ax.Ridge(1e-2), X, X[:, 0])
    other, target = ax.fit_objective(objective), ax.Coefficient(0)
    ax.attribute(other, target)
    return lambda: ax.flip(other, target, level=0.9 * other.theta[0], most=1500)


def patterns(fit: ax.Fit) -> Any:
    """160 predicates over 40 000 rows: 6 MB for each copy of their masks."""
    X = np.random.default_rng(0).normal(size=(2 * ROWS, 39))
    frame = pd.DataFrame(X, columns=[f"x{place}" for place in range(39)])
    frame["y"] = X[:, 0] + X[:, 1]
    data = ax.Dataset.from_frame(frame, target="y", validation=0, test=0)
    other = ax.fit(data)
    ax.attribute(other, ax.MeanLoss("train"))
    ask = {"depth": 2, "permutations": 9, "top": 1, "verify": False, "support": (0.01, 0.3)}
    return lambda: ax.patterns(other, ax.MeanLoss("train"), split=("train", "train"), **ask)


CALLS: dict[str, Callable[[ax.Fit], Callable[[], Any]]] = {
    "cross_validate": lambda fit: lambda: ax.cross_validate(fit, folds=200),
    "retrain_each": lambda fit: lambda: ax.retrain_each(fit, range(60), ax.MeanLoss()),
    "psis": lambda fit: lambda: ax.psis(fit, draws=1000),
    "dfbetas": wide,
    "flip": flip,
    "patterns": patterns,
}


@pytest.mark.parametrize("name", CALLS)
def test_the_peak_is_within_the_limit(name: str, fit: ax.Fit) -> None:
    call = CALLS[name](fit)
    limit = LIMIT + BESIDE if name == "patterns" else LIMIT  # the masks alone are more than 16 MB
    with ax.memory_limit(f"{limit} MB"):
        before = resident.now()
        resident.forget_peak()
        found = call()
        peak = resident.peak() - before
    size = found.memory_usage().sum() if name == "dfbetas" else 0
    assert peak - size <= (LIMIT + BESIDE) * MB


@pytest.mark.parametrize("settings", [{"depth": 20}, {"permutations": 999}])
def test_more_patterns_than_fit_are_refused(settings: dict[str, Any]) -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    refused = pytest.raises(ax.InvalidChoice, match="exceed the memory limit")
    ask = {"depth": 1, "permutations": 1} | settings
    with ax.memory_limit("1 MB"), refused:
        ax.patterns(fit, ax.MeanLoss(), **ask)
