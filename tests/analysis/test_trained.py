"""A model trained elsewhere: unchanged parameters, and effects equal to those from dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import afif_explorer as ax

draw = np.random.default_rng(5)
X, NEW = draw.normal(size=(120, 5)), draw.normal(size=(30, 5))
Y, ANSWERS = (X[:, 0] > 0).astype(int), (NEW[:, 0] > 0).astype(int)


def trained(steps: int = 60) -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    optimiser = torch.optim.Adam(module.parameters(), 1e-2, weight_decay=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(module(torch.tensor(X)), torch.tensor(Y)).backward()
        optimiser.step()
    return module


def flat(module: nn.Module) -> np.ndarray:
    return torch.cat([v.detach().reshape(-1) for v in module.parameters()]).double().numpy()


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_no_parameter_moves(precision: type) -> None:
    module = trained().to(torch.float32 if precision is np.float32 else torch.float64)
    fit = ax.from_trained(module, X.astype(precision), Y, "categorical", ax.Ridge(1e-2))
    np.testing.assert_array_equal(fit.theta, flat(module).astype(precision))
    assert not fit.converged
    assert f"{fit.gradient_norm:.1g}, above {fit.gradient_threshold:.1g}" in fit.advice
    with torch.no_grad():
        own = torch.softmax(module.double()(torch.tensor(NEW)), 1)
    np.testing.assert_allclose(fit.predict(NEW.astype(precision)), own, rtol=1e-5)


def test_effects_are_those_of_dense_matrices() -> None:
    module = trained()
    fit = ax.from_trained(module, X, Y, "categorical", ax.Ridge(1e-2), test=(NEW, ANSWERS))
    names = [name for name, _ in module.named_parameters()]
    shapes = [value.shape for value in module.parameters()]
    theta = torch.tensor(flat(module))

    def outputs(theta: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        parts = theta.split([shape.numel() for shape in shapes])
        named = {n: v.reshape(s) for n, v, s in zip(names, parts, shapes, strict=True)}
        return torch.func.functional_call(module, named, (torch.tensor(rows),))

    def loss(theta: torch.Tensor, rows: np.ndarray, y: np.ndarray) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs(theta, rows), torch.tensor(y), reduction="none")

    jacobian = torch.func.jacrev(outputs)(theta, X)
    p = torch.softmax(outputs(theta, X), 1).detach()
    inner = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    held = torch.full((len(theta),), 1e-2, dtype=torch.float64)
    held[-2:] = 0
    fisher = torch.einsum("nka,nkl,nlb->ab", jacobian, inner, jacobian) / len(X)
    fisher += torch.diag(held + 1e-3)
    slope = torch.func.grad(lambda t: loss(t, NEW, ANSWERS).mean())(theta)
    wanted = torch.func.jacrev(loss)(theta, X, Y) @ torch.linalg.solve(fisher, slope) / len(X)
    found = ax.attribute(fit, ax.MeanLoss("test"), ax.AFIF(damping=1e-3))
    np.testing.assert_allclose(found, wanted.detach(), rtol=1e-8, atol=1e-15)
    assert fit.metrics["mean_loss"] == pytest.approx(float(loss(theta, NEW, ANSWERS).mean()))


def test_a_minimum_is_known_as_one() -> None:
    module = trained()
    fit = ax.fit_objective(ax.Objective(module, "categorical", ax.Ridge(1e-2), X, Y))
    parts = torch.tensor(fit.theta).split([v.numel() for v in module.parameters()])
    with torch.no_grad():
        for value, part in zip(module.parameters(), parts, strict=True):
            value.copy_(part.reshape(value.shape))
    again = ax.from_trained(module, X, Y, "categorical", ax.Ridge(1e-2))
    assert again.converged is fit.converged is True
    assert not again.advice
    assert again.steps == 0


@pytest.mark.parametrize("wrap", [lambda layer: layer, nn.Sequential])
def test_a_linear_layer_is_a_linear_map(wrap) -> None:
    """Its effects have the second-order term too, as those of a LinearMap at the same parameters."""
    y = Y.astype(float)
    plain = ax.fit_objective(
        ax.Objective(ax.LinearMap(5), "bernoulli", ax.Ridge(1e-2), X, y), test=(NEW, ANSWERS)
    )
    layer = nn.Linear(5, 1).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(plain.theta[None, :5]))
        layer.bias.copy_(torch.tensor(plain.theta[5:]))
    fit = ax.from_trained(wrap(layer), X, y, "bernoulli", ax.Ridge(1e-2), test=(NEW, ANSWERS))
    assert fit.converged
    for target in (ax.MeanLoss("test"), ax.PointLoss("test", 3)):
        np.testing.assert_allclose(
            ax.attribute(fit, target), ax.attribute(plain, target), rtol=1e-9, atol=1e-16
        )
    named = ax.Objective(layer, "bernoulli", ax.Ridge(1e-2), X, y, penalised=["bias"])
    assert named.penalised.tolist() == [False] * 5 + [True]
