"""Sparse rows: everything equals the same with the rows dense, and the fit that of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.linear_model import Lasso as SkLasso

import afif_explorer as ax
from afif_explorer.engine.jacobians.restricted import restricted
from afif_explorer.errors import DataError

LOSSES = {"gaussian": 1, "bernoulli": 1, "poisson": 1, "categorical": 3}


def rows(n: int = 60, d: int = 15, seed: int = 0) -> tuple[scipy.sparse.csr_array, np.ndarray]:
    draw = np.random.default_rng(seed)
    X = scipy.sparse.random_array((n, d), density=0.3, rng=draw, format="csr")
    return X, X @ draw.normal(size=d) + 0.3 * draw.normal(size=n)


def targets(loss: str, score: np.ndarray) -> np.ndarray:
    if loss == "gaussian":
        return score
    if loss == "categorical":
        return np.digitize(score, np.quantile(score, [0.3, 0.7]))
    counts = (score > 0).astype(float)
    return counts if loss == "bernoulli" else 2 * counts + 1


@pytest.mark.parametrize("loss", LOSSES)
def test_fit_predictions_and_effects_are_those_of_dense_rows(loss: str) -> None:
    X, score = rows()
    y, k = targets(loss, score), LOSSES[loss]
    thin, thick = (
        ax.fit_objective(
            ax.Objective(ax.LinearMap(X.shape[1], k), loss, ax.Ridge(0.1), data[:40], y[:40]),
            test=(data[40:], y[40:]),
        )
        for data in (X, X.toarray())
    )
    np.testing.assert_allclose(thin.theta, thick.theta, atol=1e-10)
    np.testing.assert_allclose(thin.predict(X), thick.predict(X.toarray()), atol=1e-10)
    np.testing.assert_allclose(thin.predict(X.toarray()), thick.predict(X), atol=1e-10)
    several = [ax.MeanLoss("test"), ax.PointLoss("test", 3), ax.Prediction("train", 1)]
    for solver in ("cholesky", "conjugate_gradient", "dual"):
        method = ax.AFIF(solver=solver, damping=0.01)
        found, wanted = (ax.attribute(fit, several, method) for fit in (thin, thick))
        np.testing.assert_allclose(found, wanted, atol=1e-9)
    np.testing.assert_allclose(
        ax.diagnostics(thin)["leverage"], ax.diagnostics(thick)["leverage"], atol=1e-10
    )
    refits = [ax.retrain(fit, [1, 5]).theta for fit in (thin, thick)]
    np.testing.assert_allclose(*refits, atol=1e-8)


@pytest.mark.parametrize("k", [1, 2])
def test_some_parameters_only(k: int) -> None:
    X, _ = rows()
    model, y = ax.LinearMap(15, k), np.zeros((60, k) if k > 1 else 60)
    theta = torch.linspace(-1, 1, model.p, dtype=torch.float64)
    places = torch.tensor([0, 3, 4, 11, model.p - 1])
    thick = model.linearize(theta, torch.from_numpy(X.toarray()))
    thin = ax.Objective(model, "gaussian", None, X, y)
    part = restricted(thin.at(theta).linearization, places)
    V = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    wide = torch.zeros(model.p, 2, dtype=torch.float64)
    wide[places] = V
    U = torch.randn(60, k, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(part.jvp(V), thick.jvp(wide))
    torch.testing.assert_close(part.vjp(U), thick.vjp(U)[places])
    torch.testing.assert_close(part.vjp_rows(U), thick.vjp_rows(U)[:, :, places])


def test_sparse_rows_need_a_linear_map_and_finite_numbers() -> None:
    X, y = rows()
    module = torch.nn.Sequential(torch.nn.Linear(15, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    with pytest.raises(DataError, match="need a linear map"):
        ax.Objective(module, "gaussian", None, X, y)
    X.data[3] = np.nan
    with pytest.raises(DataError, match="not finite"):
        ax.Objective(ax.LinearMap(15), "gaussian", None, X, y)


def test_a_lasso_of_many_inputs_is_scikit_learns_and_its_effects_are_refits() -> None:
    """More inputs than a dense matrix is formed for, and twice as many as rows."""
    draw = np.random.default_rng(0)
    X = scipy.sparse.random_array((300, 3100), density=0.03, rng=draw, format="csr")
    y = 3 * np.asarray(X[:, :8].sum(axis=1)).ravel() + 0.1 * draw.normal(size=300)
    objective = ax.Objective(ax.LinearMap(3100), "gaussian", ax.Lasso(2e-3), X[:200], y[:200])
    fit = ax.fit_objective(objective, test=(X[200:], y[200:]))
    twin = SkLasso(alpha=2e-3, tol=1e-12, max_iter=100_000).fit(X[:200], y[:200])
    np.testing.assert_allclose(fit.theta[:-1], twin.coef_, atol=1e-7)
    assert fit.converged
    target, few = ax.PointLoss("test", 0), np.arange(12)
    refits = ax.retrain_each(fit, few, target)
    # A Newton step is exact for least squares, and this is its matrix but for the removed row.
    found = ax.attribute(fit, target, ax.AFIF(leverage_correction=True), order=1)
    assert np.corrcoef(found[few], refits.effects)[0, 1] > 0.95


@pytest.mark.parametrize("layout", [torch.sparse_csr, torch.sparse_coo, torch.sparse_csc])
@pytest.mark.filterwarnings("ignore:Sparse")
def test_a_sparse_tensor_is_the_same_as_scipys_matrix(layout: torch.layout) -> None:
    X, score = rows()
    tensor = torch.from_numpy(X.toarray()).to_sparse(layout=layout)
    fits = [
        ax.fit_objective(ax.Objective(ax.LinearMap(15), "gaussian", ax.Ridge(0.1), given, score))
        for given in (X, tensor)
    ]
    np.testing.assert_array_equal(fits[0].theta, fits[1].theta)
    np.testing.assert_array_equal(fits[0].predict(X), fits[1].predict(tensor))


@pytest.mark.filterwarnings("ignore:Sparse")
def test_a_sparse_tensor_of_another_kind_is_refused() -> None:
    wrong = torch.ones(4, 2, 2, dtype=torch.float64).to_sparse()
    with pytest.raises(DataError, match=r"Sparse rows must be real numbers \[n, d\]"):
        ax.Objective(ax.LinearMap(2), "gaussian", ax.Ridge(0.1), wrong, np.zeros(4))
