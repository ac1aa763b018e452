"""The second-order term on the support of an L1 penalty: explicit steps, and effects against refits."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import scipy.sparse

import afif_explorer as ax
from afif_explorer.engine.influence.nonsmooth import ProximalInfluence
from afif_explorer.engine.influence.support import SupportInfluence

ROWS, INPUTS, ACTIVE = 300, 3100, 60
TARGETS = [ax.MeanLoss("test"), ax.PointLoss("test", 3), ax.Prediction("test", 5)]


@functools.cache
def fit(family: str = "bernoulli", elastic: bool = False) -> ax.Fit:
    """More inputs than rows, few of them nonzero, and rows whose removal changes which."""
    draw = np.random.default_rng(0)
    X = scipy.sparse.random_array((ROWS + 100, INPUTS), density=0.02, rng=draw, format="csr")
    score = 3 * X[:, :ACTIVE] @ draw.normal(size=ACTIVE) + draw.logistic(size=ROWS + 100)
    y = score if family == "gaussian" else (score > 0).astype(float)
    strength = 0.03 if family == "gaussian" else 6e-3
    penalty = ax.ElasticNet(strength, 0.9) if elastic else ax.Lasso(strength)
    objective = ax.Objective(ax.LinearMap(INPUTS), family, penalty, X[:ROWS], y[:ROWS])
    return ax.fit_objective(objective, test=(X[ROWS:], y[ROWS:]))


@pytest.mark.parametrize("elastic", [False, True])
@pytest.mark.parametrize("family", ["bernoulli", "gaussian"])
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.LargeStep")
def test_the_term_is_that_of_explicit_steps(family: str, elastic: bool, monkeypatch) -> None:
    found = fit(family, elastic)
    assert 5 < np.count_nonzero(found.theta) < ROWS
    effects = ax.attribute(found, TARGETS)
    assert "second order" in effects.method
    influence = ax.AFIF().prepare(found.objective, found.parameters)
    assert len(influence._changes.rows) > 5  # rows whose removal changes zeros or signs
    monkeypatch.setattr(SupportInfluence, "add_second_orders", ProximalInfluence.add_second_orders)
    np.testing.assert_allclose(effects, ax.attribute(found, TARGETS), rtol=1e-8, atol=1e-13)


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.LargeStep")
def test_the_default_follows_refits_more_closely() -> None:
    found, rows = fit(), np.arange(0, ROWS, 12)
    true = ax.retrain_each(found, rows, TARGETS[0]).effects
    errors = {}
    for order in (None, 1):
        effects = ax.attribute(found, TARGETS[0], order=order)[rows]
        errors[order] = np.linalg.norm(effects - true) / np.linalg.norm(true)
        if order is None:
            assert np.corrcoef(effects, true)[0, 1] > 0.999
            assert effects @ true / (effects @ effects) == pytest.approx(1, abs=0.03)
    assert errors[None] < errors[1] / 3
