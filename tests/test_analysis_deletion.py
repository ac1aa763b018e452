"""DFBETAS and DFFITS against statsmodels and true refits."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.engine.models import LinearMap


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
    truth = ax.retrain_each(fit, rows, ax.MeanLoss("train"))
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
