"""Losses given as functions: built-in ones written as such, and one whose curvature depends on the target."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, hessian, jacrev
from torch.nn import functional

import afif_explorer as ax
from afif_explorer.errors import CurvatureError, DataError, InvalidChoice

N, D = 40, 3
GGN = "generalised Gauss-Newton matrix"


def expectile(f, y):
    error = y - f[:, 0]
    return torch.where(error > 0, 0.8, 0.2) * error**2


def poisson(f, y):
    return (torch.exp(f[:, 0]) - f[:, 0] * y) + torch.lgamma(y + 1)


FUNCTIONS = {
    "gaussian": lambda f, y: 0.5 * (f[:, 0] - y) ** 2,
    "bernoulli": lambda f, y: functional.binary_cross_entropy_with_logits(
        f[:, 0], y, reduction="none"
    ),
    "categorical": nn.CrossEntropyLoss(reduction="none"),
    "poisson": poisson,
}


def rows(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    draw = np.random.default_rng(4)
    X = draw.normal(size=(N, D))
    score = X @ np.array([1.0, -0.5, 0.3]) + draw.normal(size=N)
    y = {
        "bernoulli": (score > 0).astype(float),
        "categorical": np.digitize(score, [-0.7, 0.7]),
        "poisson": draw.poisson(np.exp(score / 2)).astype(float),
    }.get(name, score)
    return torch.as_tensor(X), torch.as_tensor(y)


def network(k: int = 1) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(D, 3), nn.Tanh(), nn.Linear(3, k)).double()


@pytest.mark.parametrize("linear", [True, False], ids=["linear", "network"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_built_in_loss_as_a_function(name, linear):
    X, y = rows(name)
    k = 3 if name == "categorical" else 1
    weight = torch.linspace(0.5, 2, N)
    fits = [
        ax.fit_objective(
            ax.Objective(
                ax.LinearMap(D, k) if linear else network(k),
                loss,
                ax.Ridge(0.1),
                X,
                y,
                sample_weight=weight,
            )
        )
        for loss in (name, FUNCTIONS[name])
    ]
    losses = [fit.objective.at(fit.theta).losses() for fit in fits]
    torch.testing.assert_close(losses[1], losses[0], atol=1e-6, rtol=0)
    here = [fit.objective.at(fits[0].theta) for fit in fits]
    for kind in (ax.Fisher, ax.Hessian):
        ours, built_in = (kind.of(point).dense() for point in here[::-1])
        torch.testing.assert_close(ours, built_in, atol=1e-12, rtol=1e-10)
    effects = [
        ax.attribute(fit, [ax.MeanLoss("train"), ax.PointLoss("train", 1)], ax.AFIF())
        for fit in fits
    ]
    np.testing.assert_allclose(effects[1], effects[0], atol=1e-6)
    target = ax.MeanLoss("train")
    responses = [ax.bregman_response(fit, [2]).effects(target)[target] for fit in fits]
    assert responses[1] == pytest.approx(responses[0], abs=1e-6)
    held_out = [ax.cross_validate(fit).losses for fit in fits]
    np.testing.assert_allclose(held_out[1], held_out[0], atol=1e-5)
    many = torch.stack(
        [here[0].outputs, 2 * here[0].outputs], dim=2
    )  # parameter vectors side by side
    for part in ("value", "residual"):
        built_in, ours = (getattr(fit.objective.loss, part)(many, y) for fit in fits)
        torch.testing.assert_close(ours, built_in)


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    X, y = rows("gaussian")
    return ax.fit_objective(ax.Objective(network(), expectile, ax.Ridge(0.1), X, y))


def test_its_matrix_is_the_gauss_newton_matrix_by_brute_force(fit):
    module, (X, y) = fit.to_module(), rows("gaussian")
    parameters = dict(module.named_parameters())
    names = list(parameters)

    def outputs(values, x):
        return functional_call(module, values, x[None])[0]

    total = torch.zeros(fit.objective.p, fit.objective.p, dtype=torch.float64)
    for x, target in zip(X, y, strict=True):
        parts = jacrev(outputs)(parameters, x)
        J = torch.cat([parts[name].reshape(1, -1) for name in names], dim=1).detach()
        f = outputs(parameters, x).detach()
        A = hessian(lambda f, t=target: expectile(f[None], t[None])[0])(f)
        total += J.T @ A @ J / N
    total += torch.diag(0.1 * fit.objective.penalised.double())
    fisher = ax.Fisher(fit.objective, fit.theta)
    torch.testing.assert_close(fisher.dense(), total, atol=1e-12, rtol=1e-10)
    vectors = torch.randn(len(total), 2, dtype=total.dtype, generator=torch.manual_seed(0))
    torch.testing.assert_close(fisher @ vectors, total @ vectors, atol=1e-12, rtol=1e-10)
    assert fisher.name == GGN
    assert ax.Hessian(fit.objective, fit.theta).name == "Hessian"
    assert ax.Fisher.name == "Fisher"


def test_effects_follow_refits():
    X, y = rows("gaussian")
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(D), expectile, ax.Ridge(0.1), X, y))
    target = ax.MeanLoss("train")
    predicted = np.asarray(ax.attribute(fit, target))
    refitted = ax.retrain_each(fit, np.arange(N), target).effects
    assert np.corrcoef(predicted, refitted)[0, 1] > 0.999
    assert np.polyfit(predicted, refitted, 1)[0] == pytest.approx(1, abs=0.05)


def test_only_its_losses_are_measured(fit):
    assert list(fit.metrics) == ["mean_loss"]
    np.testing.assert_array_equal(
        fit.predict(rows("gaussian")[0].numpy()),
        fit.objective.model.outputs(fit.parameters, fit.objective.X)[:, 0].detach(),
    )


def test_mean_predictions_can_be_given():
    X, y = rows("bernoulli")
    loss = ax.CallableLoss(FUNCTIONS["bernoulli"], mean=torch.sigmoid, name="logistic")
    objectives = [
        ax.Objective(ax.LinearMap(D), one, ax.Ridge(0.1), X, y) for one in (loss, "bernoulli")
    ]
    fits = [ax.fit_objective(one) for one in objectives]
    target = ax.Prediction("train", 3)
    np.testing.assert_allclose(*(ax.attribute(one, target) for one in fits), atol=1e-7)
    np.testing.assert_allclose(*(one.predict(X.numpy()) for one in fits), atol=1e-6)


def test_a_trained_module():
    X, y = rows("gaussian")
    fit = ax.fit_objective(ax.Objective(network(), expectile, ax.Ridge(0.1), X, y))
    found = ax.from_trained(fit.to_module(), X, y, expectile, ax.Ridge(0.1))
    assert found.converged
    with pytest.raises(InvalidChoice, match="CallableLoss cannot be saved"):
        found.save("nowhere")


@pytest.mark.parametrize(
    ("loss", "error", "told"),
    [
        (
            lambda f, y: ((f[:, 0] - y) ** 2).mean(),
            InvalidChoice,
            r"one loss for each row, .*\(2,\)",
        ),
        (lambda f, y: (f - y) ** 2, InvalidChoice, "one loss for each row"),
        (lambda f, y: (f[:, 0] - y) ** 2 / len(y), InvalidChoice, "depends on the rows beside it"),
        (lambda f, y: f[:, 0].round().detach() + y, InvalidChoice, "not differentiable"),
        (lambda f, y: f[:, 7], DataError, r"failed on outputs \(2, 1\) .*IndexError"),
        (lambda f, y: 1.0, InvalidChoice, "not float"),
        (ax.Gaussian, InvalidChoice, "no loss"),
        (3, InvalidChoice, "no loss 3"),
    ],
)
def test_other_functions_are_refused(loss, error, told):
    X, y = rows("gaussian")
    with pytest.raises(error, match=told):
        ax.Objective(ax.LinearMap(D), loss, None, X, y)


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (
            lambda f, y: torch.log1p((f[:, 0] - y) ** 2),
            "not convex in the outputs at .* of 40 rows",
        ),
        (lambda f, y: (f[:, 0] - y).abs(), "no curvature at any row"),
    ],
)
def test_losses_without_a_curvature_are_refused(loss, told):
    X, y = rows("gaussian")
    objective = ax.Objective(ax.LinearMap(D), loss, ax.Ridge(0.1), X, 3 * y)
    with pytest.raises(CurvatureError, match=told):
        ax.fit_objective(objective)


def test_a_loss_that_is_flat_at_some_rows():
    """Huber's: rows in its linear part have a gradient but no curvature."""
    X, y = rows("gaussian")
    fit = ax.fit_objective(
        ax.Objective(
            ax.LinearMap(D),
            lambda f, y: functional.huber_loss(f[:, 0], y, reduction="none", delta=0.8),
            ax.Ridge(0.1),
            X,
            y,
        )
    )
    far = (fit.objective.at(fit.theta).plain_residual()[:, 0].abs() >= 0.8).numpy()
    assert 0 < far.sum() < N
    table = ax.diagnostics(fit)
    assert (table["leverage"][far] == 0).all()
    assert (table["self_influence"][far] > 0).all()
