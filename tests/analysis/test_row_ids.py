"""Rows are named by id everywhere: against the same question about arrays that were cut by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(120, 3))
Y = (X[:, 0] + DRAW.normal(size=120) > 0).astype(float)


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    data = ax.Dataset.from_arrays(X, Y, validation=0.2, test=0.2, standardise=False)
    return ax.fit(data, penalty=ax.Ridge(0.1))


def refitted(fit: ax.Fit, ids: np.ndarray) -> np.ndarray:
    """The parameters without some rows of the raw arrays; the penalty keeps its weight per row."""
    kept = np.setdiff1d(fit.data.train.ids, ids)
    penalty = ax.Ridge(0.1 * fit.n / len(kept))
    return ax.fit_objective(
        ax.Objective(ax.LinearMap(3), "bernoulli", penalty, X[kept], Y[kept])
    ).theta


def test_ids_are_rows_of_the_raw_table(fit: ax.Fit) -> None:
    assert not np.array_equal(fit.ids, np.arange(fit.n))
    rows = fit.ids[[30, 4, 11]]
    truth = refitted(fit, rows)
    mask = np.isin(fit.ids, rows)
    for named in (rows, rows.tolist(), pd.Series(rows), pd.Index(rows), mask, mask.tolist()):
        found = ax.retrain(fit, named)
        np.testing.assert_allclose(found.theta, truth, atol=1e-7)
        assert found.rows.tolist() == sorted(rows)
        np.testing.assert_allclose(ax.unlearn(fit, named).theta, truth, atol=1e-3)
    each = ax.retrain_each(fit, rows, ax.MeanLoss("test"))
    assert each.rows.tolist() == rows.tolist()
    for row, theta in zip(rows, each.theta.T, strict=True):
        np.testing.assert_allclose(theta, refitted(fit, np.array([row])), atol=1e-7)


def test_a_series_of_booleans_is_a_mask_by_its_index(fit: ax.Fit) -> None:
    frame = fit.data.train.frame
    chosen = frame["x1"] > 1.2
    shuffled = chosen.sample(frac=1, random_state=0)
    wanted = ax.retrain(fit, chosen.index[chosen]).theta
    np.testing.assert_array_equal(ax.retrain(fit, shuffled).theta, wanted)


def test_targets_of_a_row_take_its_id(fit: ax.Fit) -> None:
    row = int(fit.data.test.ids[5])
    value = ax.Prediction("test", row).bind(fit).value(fit.parameters)
    assert value == pytest.approx(fit.predict(X[[row]])[0], rel=1e-12)
    loss = ax.PointLoss("test", row).bind(fit).value(fit.parameters)
    assert loss == pytest.approx(-np.log(value if Y[row] else 1 - value), rel=1e-12)


def test_what_is_no_id_is_explained(fit: ax.Fit) -> None:
    other = int(fit.data.test.ids[0])
    with pytest.raises(ax.InvalidChoice, match="not in the train split but in the test split"):
        ax.unlearn(fit, [other])
    lost = int(np.setdiff1d(np.arange(fit.n), fit.ids)[0])
    words = rf"position {lost} has the id {fit.ids[lost]} \(data.train.ids\[{lost}\]\)"
    with pytest.raises(ax.InvalidChoice, match=words):
        ax.retrain(fit, [lost])
    with pytest.raises(ax.InvalidChoice, match=rf"here {fit.ids.min()} to {fit.ids.max()}"):
        ax.retrain(fit, [500])
    with pytest.raises(ax.InvalidChoice, match="not in the test split but in the train split"):
        ax.attribute(fit, ax.PointLoss("test", fit.ids[0]))
    with pytest.raises(ax.InvalidChoice, match="a mask of 72 values"):
        ax.retrain(fit, [1.5])


def test_results_name_rows_by_id(fit: ax.Fit) -> None:
    rows = fit.ids[[2, 9]]
    assert ax.unlearn(fit, rows).rows.tolist() == rows.tolist()
    assert ax.Unlearner(fit).remove(rows).rows.tolist() == rows.tolist()
    decisions = ax.flip(fit)
    assert decisions.ids.tolist() == fit.data.test.ids.tolist()
    for person, carried in decisions.sets.items():
        assert person in fit.data.test.ids
        assert np.isin(carried, fit.ids).all()
    groups = ax.patterns(fit, ax.MeanLoss(), depth=1, permutations=1, verify=False)
    assert all(np.isin(one.rows, fit.ids).all() for one in groups)


def test_without_a_data_set_ids_are_positions() -> None:
    objective = ax.Objective(ax.LinearMap(3), "bernoulli", ax.Ridge(0.1), X, Y)
    fit = ax.fit_objective(objective, test=(X[:9], Y[:9]))
    assert fit.ids.tolist() == list(range(120))
    assert ax.unlearn(fit, [0, 5]).rows.tolist() == [0, 5]
    with pytest.raises(ax.InvalidChoice, match="whose rows are 0 to 119"):
        ax.unlearn(fit, [120])
