"""DFBETAS and DFFITS against statsmodels and true refits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.engine.models.model import LinearMap


def test_ordinary_least_squares_is_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    data = ax.load_dataset("diabetes")
    fit = ax.fit(data, model="linear", penalty=None)
    X = np.column_stack([data.train.X, np.ones(fit.n)])
    wanted = sm.OLS(data.train.y, X).fit().get_influence()
    found = ax.dfbetas(fit)
    np.testing.assert_allclose(found, wanted.dfbetas, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ax.dffits(fit)["output 0"], wanted.dffits[0], rtol=1e-8, atol=1e-10)
    assert found.columns.tolist() == [*data.feature_names, "intercept"]
    np.testing.assert_array_equal(found.index, data.train.ids)


def test_a_logistic_models_are_close_to_true_refits() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-3))
    rows = np.arange(0, fit.n, fit.n // 12)
    truth = ax.retrain_each(fit, fit.ids[rows], ax.MeanLoss("train"))
    hessian = np.linalg.inv(ax.Hessian(fit.objective, fit.theta).dense().numpy())
    wanted = (fit.theta[:, None] - truth.theta).T / np.sqrt(np.diag(hessian) / fit.n)
    np.testing.assert_allclose(ax.dfbetas(fit).to_numpy()[rows], wanted, rtol=0.05, atol=3e-4)


def test_every_model_and_output_has_its_columns() -> None:
    data = ax.load_dataset("digits")
    X, y = data.train.X[:150, :5], data.train.y[:150]
    softmax = ax.fit_objective(
        ax.Objective(LinearMap(5, len(data.classes)), "categorical", ax.Ridge(1e-2), X, y)
    )
    damped = ax.AFIF(damping=1e-3)
    assert ax.dfbetas(softmax, damped).shape == (150, softmax.objective.p)
    assert ax.dffits(softmax, damped).shape == (150, len(data.classes))
    assert ax.dfbetas(softmax, damped).columns[0] == "theta[0]"


def coded(n: int) -> pd.DataFrame:
    """A table whose dummy columns add up to the intercept, twice."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": draw.normal(size=n),
            "c": draw.choice(list("abcde"), n),
            "d": draw.choice(list("uvw"), n),
        }
    )
    frame["y"] = frame["x"] + (frame["c"] == "a") + draw.normal(size=n)
    return frame


@pytest.mark.parametrize("baseline", [True, False])
def test_columns_that_add_up_count_by_their_rank(baseline: bool) -> None:
    sm = pytest.importorskip("statsmodels.api")
    frame = coded(80)
    dummies = pd.get_dummies(frame[["c", "d"]], drop_first=True).astype(float)
    wanted = sm.OLS(frame["y"], sm.add_constant(np.c_[frame["x"], dummies])).fit().get_influence()
    data = ax.Dataset.from_frame(frame, target="y", validation=0, test=0, baseline=baseline)
    fit = ax.fit(data, penalty=None)
    close = {"rtol": 1e-8, "atol": 1e-12}
    np.testing.assert_allclose(
        ax.diagnostics(fit)["cooks_distance"], wanted.cooks_distance[0], **close
    )
    np.testing.assert_allclose(ax.dffits(fit)["output 0"], wanted.dffits[0], **close)
    place = data.feature_names.index("x")
    np.testing.assert_allclose(ax.dfbetas(fit).iloc[:, place], wanted.dfbetas[:, 1], **close)


def test_the_rank_is_that_of_the_rows() -> None:
    draw = np.random.default_rng(2)
    X = draw.normal(size=(50, 4))
    X = np.c_[X, X[:, 0] + X[:, 1], np.ones(50)]  # a sum, and a second intercept
    cases = [
        (ax.LinearMap(6), "gaussian", X[:, 0] + draw.normal(size=50), 5),
        (ax.LinearMap(6, 3), "categorical", np.arange(50) % 3, 2 * 5),  # one class less
    ]
    for model, loss, y, wanted in cases:
        for penalty in (ax.Ridge(1e-2), ax.Ridge(1e-9)):
            fit = ax.fit_objective(ax.Objective(model, loss, penalty, X, y))
            assert prepared(ax.AFIF(), fit).rank == wanted
    few = ax.fit_objective(ax.Objective(ax.LinearMap(6), "gaussian", ax.Ridge(1), X[:3], X[:3, 0]))
    assert prepared(ax.AFIF(), few).rank == 3
    assert np.isnan(ax.diagnostics(few)["cooks_distance"]).all()  # no row is left for the variance
    lasso = ax.fit_objective(
        ax.Objective(ax.LinearMap(6), "gaussian", ax.Lasso(0.3), X, 2 * X[:, 2] + 1)
    )
    assert prepared(ax.AFIF(), lasso).rank == 2  # one weight and the intercept


def test_without_a_degree_of_freedom_there_is_no_standard_error() -> None:
    X = np.random.default_rng(3).normal(size=(5, 4))
    fit = ax.fit_objective(ax.Objective(LinearMap(4), "gaussian", ax.Ridge(1e-2), X, X[:, 0]))
    assert np.isnan(ax.dfbetas(fit)).all(axis=None)
    assert np.isnan(ax.dffits(fit)).all(axis=None)
