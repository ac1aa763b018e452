"""Several labels or numbers for each row: a linear map is as many separate models, one for each."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, hamming_loss, r2_score, root_mean_squared_error
from torch import nn

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.heldout.crossvalidation import held_out
from afif_explorer.errors import DataError, InvalidChoice

N, D, K = 60, 3, 3
LOSSES = ["bernoulli", "gaussian", "poisson"]
draw = np.random.default_rng(6)
X = draw.normal(size=(N, D))
SCORE = X @ draw.normal(size=(D, K)) + draw.normal(size=(N, K))
TARGETS = {
    "bernoulli": (SCORE > 0).astype(float),
    "gaussian": SCORE,
    "poisson": draw.poisson(np.exp(SCORE / 3)).astype(float),
}


@pytest.fixture(scope="module", params=LOSSES)
def loss(request) -> str:
    return request.param


def fitted(loss: str, y: np.ndarray) -> ax.Fit:
    model = ax.LinearMap(D, y.shape[1] if y.ndim == 2 else 1)
    objective = ax.Objective(model, loss, ax.Ridge(0.1), X, y)
    return ax.fit_objective(objective, test=(X[:20], y[:20]))


@pytest.fixture(scope="module")
def fit(loss) -> ax.Fit:
    return fitted(loss, TARGETS[loss])


@pytest.fixture(scope="module")
def separate(loss) -> list[ax.Fit]:
    return [fitted(loss, column) for column in TARGETS[loss].T]


def test_the_fit_is_those_of_each_output(fit, separate):
    weights, intercepts = fit.theta[: D * K].reshape(K, D), fit.theta[D * K :]
    for place, one in enumerate(separate):
        np.testing.assert_allclose(weights[place], one.theta[:D], atol=1e-7)
        np.testing.assert_allclose(intercepts[place], one.theta[D], atol=1e-7)
    assert fit.predict(X).shape == (N, K)
    np.testing.assert_allclose(fit.predict(X).T, [one.predict(X) for one in separate], atol=1e-7)
    losses = [one.metrics["mean_loss"] for one in separate]
    assert fit.metrics["mean_loss"] == pytest.approx(sum(losses))


def test_effects_are_those_of_each_output(fit, separate):
    """Leverage correction removes the row from all outputs, which have no part in common.

    One step only: further steps are taken for rows that need them in some output.
    """
    step = partial(ax.attribute, refine=False)
    for place, one in enumerate(separate):
        found = step(fit, ax.Prediction("test", 4, output=place))
        np.testing.assert_allclose(found, step(one, ax.Prediction("test", 4)), atol=1e-8)
    for target in (ax.MeanLoss("test"), ax.PointLoss("test", 2)):
        total = sum(np.asarray(step(one, target)) for one in separate)
        np.testing.assert_allclose(step(fit, target), total, atol=1e-8)


def test_tables_are_sums_over_outputs(fit, separate):
    table, each = ax.diagnostics(fit), [ax.diagnostics(one) for one in separate]
    for name in ("leverage", "loss", "self_influence"):
        np.testing.assert_allclose(table[name], sum(one[name] for one in each), atol=1e-7)
    for place, one in enumerate(each):
        np.testing.assert_allclose(table[f"residual {place}"], one["residual"], atol=1e-7)
    together, *apart = (
        held_out(prepared(ax.AFIF(), one), None, 0, refine=False).losses for one in (fit, *separate)
    )
    np.testing.assert_allclose(together, sum(apart), atol=1e-7)


def test_the_residual_variance_is_that_of_all_outputs():
    """Cook's distance and DFFITS of least squares with one variance for all outputs."""
    y = TARGETS["gaussian"]
    fits = [
        ax.fit_objective(ax.Objective(ax.LinearMap(D, k), "gaussian", None, X, one))
        for k, one in ((K, y), *((1, column) for column in y.T))
    ]
    joint, each = fits[0], fits[1:]
    residual = y - joint.predict(X)
    phi, degrees = (residual**2).sum() / (K * (N - D - 1)), N - D - 1
    sizes = sum(
        ax.diagnostics(one)["cooks_distance"] * (D + 1) * (e**2).sum() / degrees
        for one, e in zip(each, residual.T, strict=True)
    )
    found = ax.diagnostics(joint)["cooks_distance"]
    np.testing.assert_allclose(found, sizes / (K * (D + 1) * phi), rtol=1e-8)
    left = ax.diagnostics(each[0])["leverage"].to_numpy()
    row = 5
    squares = (residual**2).sum() - (residual[row] ** 2).sum() / (1 - left[row])  # without the row
    spread = squares / (K * (N - 1) - K * (D + 1))
    own = residual[row] * left[row] / (1 - left[row])  # f_i minus f_i without the row
    errors = np.sqrt(spread * left[row])
    np.testing.assert_allclose(np.abs(ax.dffits(joint).iloc[row]), np.abs(own) / errors, rtol=1e-8)


def test_refits_are_those_of_each_output(fit, separate):
    target = ax.MeanLoss("test")
    found = ax.retrain_each(fit, [0, 5], target).effects
    total = sum(ax.retrain_each(one, [0, 5], target).effects for one in separate)
    np.testing.assert_allclose(found, total, atol=1e-7)


def test_metrics_are_scikit_learns():
    y = TARGETS["bernoulli"]
    fit = fitted("bernoulli", y)
    decided = fit.predict(X[:20]) > 0.5
    assert fit.metrics["label_accuracy"] == pytest.approx(1 - hamming_loss(y[:20], decided))
    assert fit.metrics["subset_accuracy"] == pytest.approx(accuracy_score(y[:20], decided))
    number = fitted("gaussian", TARGETS["gaussian"])
    truth, mean = TARGETS["gaussian"][:20], number.predict(X[:20])
    assert number.metrics["r2"] == pytest.approx(r2_score(truth, mean))
    assert number.metrics["rmse"] == pytest.approx(root_mean_squared_error(truth, mean))


def test_a_trained_network_of_labels():
    """The Fisher against ``sum_ij s_ij (1 - s_ij) J_ij J_ij'`` by autograd, and no parameter moves."""
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(D, 2), nn.Tanh(), nn.Linear(2, K)).double()
    y = TARGETS["bernoulli"]
    fit = ax.from_trained(module, X, y, "bernoulli", ax.Ridge(0.1), test=(X, y))
    total = torch.diag(0.1 * fit.objective.penalised.double())
    for f in module(torch.as_tensor(X)).reshape(-1):
        parts = torch.autograd.grad(f, list(module.parameters()), retain_graph=True)
        J = torch.cat([part.reshape(-1) for part in parts])
        s = torch.sigmoid(f.detach())
        total += s * (1 - s) * torch.outer(J, J) / N
    fisher = ax.Fisher(fit.objective, fit.theta).dense()
    torch.testing.assert_close(fisher, total, atol=1e-12, rtol=1e-10)
    before = torch.cat([part.detach().reshape(-1) for part in module.parameters()])
    np.testing.assert_array_equal(fit.theta, before)


def test_the_class_of_a_label_must_keep_a_row():
    y = TARGETS["bernoulli"].copy()
    y[:, 1] = 0.0
    y[7, 1] = 1.0
    fit = fitted("bernoulli", y)
    with pytest.raises(DataError, match="class 1 of label 1 would be left"):
        ax.retrain(fit, [7])
    with pytest.warns(ax.Undefined, match="row 7 is NaN"):
        effects = ax.attribute(fit, ax.MeanLoss("test"))
    assert np.flatnonzero(np.isnan(effects)).tolist() == [7]
    assert np.isfinite(ax.retrain_each(fit, [0], ax.MeanLoss("test")).effects).all()


def test_what_needs_one_output_says_so():
    labels = fitted("bernoulli", TARGETS["bernoulli"])
    with pytest.raises(InvalidChoice, match=r"3 labels or numbers .* output="):
        ax.attribute(labels, ax.Prediction("test", 0))
    with pytest.raises(InvalidChoice, match="outputs are 0 to 2"):
        ax.attribute(labels, ax.Prediction("test", 0, output=3))
    chance = [
        ax.attribute(labels, ax.Prediction("test", 0, outcome=outcome, output=1))
        for outcome in (0, 1)
    ]
    np.testing.assert_allclose(chance[0], -chance[1], atol=1e-15)
    with pytest.raises(InvalidChoice, match="of 3 outputs makes no decisions"):
        ax.flip(labels)
    with pytest.raises(InvalidChoice, match="need one output"):
        ax.rstandard(labels)


def test_targets_of_another_shape_are_refused():
    y = TARGETS["bernoulli"]
    with pytest.raises(InvalidChoice, match="needs 3 outputs per row"):
        ax.Objective(ax.LinearMap(D, 2), "bernoulli", None, X, y)
    with pytest.raises(DataError, match=r"Class numbers must be \[n\]"):
        ax.Objective(ax.LinearMap(D, 3), "categorical", None, X, y)
    with pytest.raises(DataError, match=r"must be \[n\] or \[n, k\]"):
        ax.Objective(ax.LinearMap(D, 3), "bernoulli", None, X, y[:, :, None])
