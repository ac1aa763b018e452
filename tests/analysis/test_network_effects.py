"""Effects of training rows on networks against dense matrices made by autograd from the module itself."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import afif_explorer as ax
from tests.helpers.networks import WIDTH, flat_gradient, network

STRENGTH, DAMPING, N = 0.02, 0.05, 12
KINDS = [
    "convolutions with norms",
    "depthwise",
    "LSTM, two layers, both directions, projected",
    "GRU, both directions",
    "RNN, two layers without bias",
    "GRU cells",
]
every_kind = pytest.mark.parametrize("kind", KINDS)
pytestmark = pytest.mark.filterwarnings(
    "ignore::afif_explorer.NotAtMinimum", "ignore::afif_explorer.NegativeCurvature"
)  # the parameters are random: the algebra is compared, not a prediction


def rows(n: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    X = 5.0 * torch.rand(n, WIDTH, generator=generator, dtype=torch.float64)
    return X, torch.arange(n) % 2


class BruteForce:
    """Dense Fisher, Hessian and gradients at a module's parameters; only autograd and the module itself."""

    def __init__(self, module: nn.Module) -> None:
        parameters = list(module.parameters())
        X, y = rows(N, seed=2)
        losses = nn.functional.cross_entropy(module(X), y, reduction="none")
        self.gradients = torch.stack([flat_gradient(loss, parameters) for loss in losses])
        slope = flat_gradient(losses.mean(), parameters)
        hessian = torch.stack([flat_gradient(one, parameters) for one in slope])
        fisher = torch.zeros_like(hessian)
        for outputs in module(X):
            jacobian = torch.stack([flat_gradient(one, parameters) for one in outputs])
            p = torch.softmax(outputs, 0)
            fisher += jacobian.T @ (p.diag() - torch.outer(p, p)) @ jacobian / N
        self.fisher, self.hessian = fisher.detach(), hessian.detach()
        X, y = rows(5, seed=3)
        self.target = flat_gradient(nn.functional.cross_entropy(module(X), y), parameters)

    def effects(self, fit: ax.Fit, curvature: Tensor, damping: float) -> Tensor:
        diagonal = torch.diag(STRENGTH * fit.objective.penalised.double() + damping)
        solved = torch.linalg.solve(curvature + diagonal, self.target.detach())
        return self.gradients.detach() @ solved / N


@cache
def case(kind: str) -> tuple[ax.Fit, BruteForce]:
    module = network(kind)
    X, y = rows(N, seed=2)
    fit = ax.from_trained(module, X, y, "categorical", ax.Ridge(STRENGTH), test=rows(5, seed=3))
    return fit, BruteForce(module)


@every_kind
@pytest.mark.parametrize("solver", ["auto", "block_conjugate_gradient"])
def test_afif_equals_dense_brute_force(kind: str, solver: str) -> None:
    fit, brute = case(kind)
    method = ax.AFIF(damping=DAMPING, solver=solver, leverage_correction=False)
    same(ax.attribute(fit, ax.MeanLoss("test"), method), brute.effects(fit, brute.fisher, DAMPING))


@every_kind
def test_the_infinitesimal_jackknife_equals_dense_brute_force(kind: str) -> None:
    fit, brute = case(kind)
    damping = DAMPING - min(0.0, float(torch.linalg.eigvalsh(brute.hessian)[0]))
    method = ax.InfinitesimalJackknife(damping=damping, leverage_correction=False)
    same(ax.attribute(fit, ax.MeanLoss("test"), method), brute.effects(fit, brute.hessian, damping))


def same(found: object, wanted: Tensor) -> None:
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=0, atol=1e-8 * wanted.abs().max())


@pytest.mark.filterwarnings("ignore::afif_explorer.AnotherBasin")  # any minimum will do
@pytest.mark.parametrize("kind", ["depthwise", "GRU cells"])
def test_a_refit_is_at_the_modules_own_minimum(kind: str) -> None:
    fit, _ = case(kind)
    gone = [3, 7]
    truth = ax.retrain(fit, gone)
    module, theta = network(kind), torch.as_tensor(truth.theta)
    nn.utils.vector_to_parameters(theta, module.parameters())
    X, y = rows(N, seed=2)
    kept = torch.ones(N, dtype=torch.float64).index_fill(0, torch.tensor(gone), 0.0)
    loss = nn.functional.cross_entropy(module(X), y, reduction="none") @ kept / N
    slope = flat_gradient(loss, list(module.parameters()))
    assert (slope + STRENGTH * theta * fit.objective.penalised).norm().item() < 1e-8
