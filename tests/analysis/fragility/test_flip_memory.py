"""``flip`` of a network stays within the memory limit, whatever its number of parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer.engine.curvature.minimum import negative_curvature
from benchmarks.common import resident

MB = 1 << 20
LIMIT, BESIDE = 16, 16  # MB: the limit, and what allocators and small arrays take in addition
PERSONS = 300

pytestmark = [
    pytest.mark.skipif(not resident.CLEAR.exists(), reason="peaks are measured on Linux only"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # not trained to a minimum
]


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30 + PERSONS, 100))
    y = (X[:, 0] > 0).astype(float)
    module = nn.Sequential(nn.Linear(100, 300), nn.Tanh(), nn.Linear(300, 1))
    objective = ax.Objective(module, "bernoulli", ax.Ridge(1.0), X[:30], y[:30])
    found = ax.fit_objective(objective, test=(X[30:], y[30:]), max_steps=2)
    ax.attribute(found, ax.MeanLoss())  # whatever is loaded and cached when first used
    return found


def peak_of(call) -> int:
    """What a call takes at its peak, in bytes."""
    with ax.memory_limit(f"{LIMIT} MB"):
        before = resident.now()
        resident.forget_peak()
        call()
        return resident.peak() - before


def test_the_peak_of_a_network_is_within_the_limit(fit: ax.Fit) -> None:
    assert PERSONS * len(fit.theta) * 8 > 3 * LIMIT * MB
    assert peak_of(lambda: ax.flip(fit, refitted=0)) <= (LIMIT + BESIDE) * MB


def test_looking_for_negative_curvature_is_within_the_limit(fit: ax.Fit) -> None:
    objective, theta = fit.objective, fit.parameters
    assert peak_of(lambda: negative_curvature(objective, theta)) <= (LIMIT + 4) * MB
