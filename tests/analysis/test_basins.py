"""Refits of a network that end in another minimum are told by every function that refits."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.basins import basins_of
from afif_explorer.engine.problem.penalties import Penalty
from afif_explorer.engine.training.fit import minimise

DRAW = np.random.default_rng(0)
X, NOISE = DRAW.normal(size=(80, 2)), DRAW.normal(size=80)
ROWS = [0, 5, 6, 19, 20]
TOLD = "another minimum"


@functools.cache
def network() -> ax.Fit:
    y = X[:30, 0] * X[:30, 1] + 0.3 * NOISE[:30]
    objective = ax.Objective(ax.MLP(2, (4,), 1), "gaussian", ax.Ridge(3e-3), X[:30], y)
    return ax.fit_objective(objective, seed=1)


@functools.cache
def classifier() -> ax.Fit:
    y = np.where(X[:, 0] * X[:, 1] + 0.5 * NOISE > 0, "yes", "no")
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y})
    data = ax.Dataset.from_frame(frame, target="y", validation=0.0, test=0.4)
    return ax.fit(data, model="mlp", penalty=ax.Ridge(1e-2), hidden=(4,))


@functools.cache
def refits() -> tuple[ax.Fit, np.ndarray, np.ndarray]:
    """The network, and its refits without each of some rows, with what is told about them."""
    fit = network()
    with pytest.warns(ax.AnotherBasin, match=TOLD) as caught:
        found = ax.retrain_each(fit, ROWS, ax.MeanLoss("train"))
    assert len(caught) == 1
    there = ", ".join(str(row) for row in found.rows[found.another_basin])
    assert f"(row {there})" in str(caught[0].message)
    assert found.to_frame()["another_basin"].tolist() == found.another_basin.tolist()
    assert f"{found.another_basin.sum()} in another minimum" in repr(found)
    return fit, found.theta, found.another_basin


def returns(fit: ax.Fit, theta: np.ndarray) -> bool:
    """Whether training on all rows leads back to the fit from ``theta``."""
    back = minimise(fit.objective, start=fit.objective.vector(theta)).theta
    return bool(np.allclose(back, fit.theta, atol=1e-3))


def test_refits_that_do_not_lead_back_are_elsewhere() -> None:
    fit, thetas, another = refits()
    back = np.array([returns(fit, theta) for theta in thetas.T])
    assert (~back).any()
    assert another[~back].all()
    assert not another.all()


@pytest.mark.parametrize("penalty", [ax.Ridge(1e-2), ax.Lasso(1e-2), ax.ElasticNet(1e-2)])
def test_penalties_with_kinks_are_judged_alike(penalty: Penalty) -> None:
    y = (X[:, 0] * X[:, 1] + 0.5 * NOISE > 0).astype(float)
    objective = ax.Objective(ax.MLP(2, (4,), 1), "bernoulli", penalty, X, y)
    here, there = (ax.fit_objective(objective, seed=seed) for seed in (0, 1))
    assert np.linalg.norm(here.theta - there.theta) > 1
    weights = objective.weights(None)
    weights[7] = 0
    ends = [
        minimise(objective, weights=weights, start=one.parameters).theta for one in (here, there)
    ]
    for end, elsewhere in zip(ends, (False, True), strict=True):
        found = basins_of(objective, here.parameters, [np.array([7])], end[:, None])
        assert found.another.tolist() == [elsewhere]


def test_one_refit_tells() -> None:
    fit, _, another = refits()
    with pytest.warns(ax.AnotherBasin, match=TOLD):
        found = ax.retrain(fit, [ROWS[int(np.argmax(another))]])
    assert found.another_basin
    assert TOLD in repr(found)
    assert not ax.retrain(fit, [ROWS[int(np.argmin(another))]]).another_basin


def test_leave_one_out_tells() -> None:
    fit, _, another = refits()
    with pytest.warns(ax.AnotherBasin, match=TOLD):
        found = ax.leave_one_out(fit, ids=ROWS, refits=None, draws=100)
    assert found.table["another_basin"].tolist() == another.tolist()
    assert any(TOLD in note for note in found.notes)


def test_held_out_losses_tell() -> None:
    fit, _, another = refits()
    with pytest.warns(ax.AnotherBasin, match=TOLD):
        found = ax.cross_validate(fit, refit=True)
    assert found.another_basin[ROWS].tolist() == another.tolist()
    assert found.trust.level == "fair"
    assert TOLD in found.trust.text
    assert not ax.cross_validate(network(), folds=3).another_basin.any()  # no refits


def test_patterns_tell() -> None:
    fit, split = classifier(), ("test", "test")
    with pytest.warns(ax.AnotherBasin, match=TOLD) as caught:
        found = ax.patterns(
            fit, ax.MeanLoss(), depth=1, permutations=1, support=(0.05, 0.5), top=5, split=split
        )
    places = [1 + place for place, one in enumerate(found) if one.another_basin]
    with pytest.warns(ax.AnotherBasin):
        assert all(ax.retrain(fit, found[place - 1].rows).another_basin for place in places)
    assert f"(pattern {', '.join(map(str, places))})" in str(caught[0].message)
    assert found.notes[-1] == str(caught[0].message)


def test_flips_tell() -> None:
    fit = classifier()
    with pytest.warns(ax.AnotherBasin, match=TOLD):
        found = ax.flip(fit, refitted=3)
    there = found.ids[found.another_basin]
    assert 0 < len(there) < len(found.sets)
    assert str(there[0]) in found.note
    assert found.to_frame()["another_basin"].sum() == len(there)
    with pytest.warns(ax.AnotherBasin):
        assert all(found.verify(int(person)).refit.another_basin for person in there)
