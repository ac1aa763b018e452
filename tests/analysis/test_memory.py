"""Public functions stay within the memory limit, in addition to their data and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
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


CALLS: dict[str, Callable[[ax.Fit], Callable[[], Any]]] = {
    "cross_validate": lambda fit: lambda: ax.cross_validate(fit, folds=200),
    "retrain_each": lambda fit: lambda: ax.retrain_each(fit, range(60), ax.MeanLoss()),
    "psis": lambda fit: lambda: ax.psis(fit, draws=1000),
    "dfbetas": wide,
}


@pytest.mark.parametrize("name", CALLS)
def test_the_peak_is_within_the_limit(name: str, fit: ax.Fit) -> None:
    call = CALLS[name](fit)
    with ax.memory_limit(f"{LIMIT} MB"):
        before = resident.now()
        resident.forget_peak()
        found = call()
        peak = resident.peak() - before
    size = found.memory_usage().sum() if name == "dfbetas" else 0
    assert peak - size <= (LIMIT + BESIDE) * MB
