"""``fit.to_module``: a module of torch's own layers has the outputs of the fit."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

import afif_explorer as ax
from tests.helpers.cases import CASES, Case, D

draw = np.random.default_rng(2)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_outputs_are_those_of_the_formula(case: Case):
    problem, rows = case.make(), torch.tensor(draw.normal(size=(30, D)))
    state = torch.random.get_rng_state()
    module = problem.objective.model.to_module(problem.theta)
    assert torch.equal(state, torch.random.get_rng_state())
    assert {value.dtype for value in module.state_dict().values()} == {torch.float64}
    with torch.no_grad():
        wanted = problem.outputs(problem.theta, rows)
        torch.testing.assert_close(module(rows), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("model", ["linear", "logistic", "softmax", "poisson", "mlp"])
def test_predictions_follow_from_the_module(model: str):
    X = draw.normal(size=(60, 3))
    y = {"linear": X[:, 0], "poisson": np.arange(60) % 12, "softmax": np.arange(60) % 3}
    data = ax.Dataset.from_arrays(X, y.get(model, np.arange(60) % 2), validation=0)
    fit = ax.fit(data, model, ax.Ridge(0.1), max_steps=3)
    means = {
        "linear": lambda f: f[:, 0],
        "poisson": lambda f: f[:, 0].exp(),
        "softmax": lambda f: torch.softmax(f, 1),
    }
    with torch.no_grad():
        found = means.get(model, lambda f: torch.sigmoid(f[:, 0]))(
            fit.to_module()(torch.tensor(data.test.X))
        )
    np.testing.assert_allclose(found, fit.predict(data.test.X), rtol=1e-12, atol=1e-12)


class Tied(nn.Module):
    """A matrix under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(D, D), nn.Linear(D, D)
        self.second.weight = self.first.weight

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return self.second(torch.tanh(self.first(X)))


class Attentive(nn.Module):
    """Attention over a row's numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Linear(1, 4)
        self.layer = nn.MultiheadAttention(4, 2, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        wide = self.wide(X[..., None])
        return self.head(self.layer(wide, wide, wide)[0].mean(1))


@pytest.mark.parametrize(
    "make", [Tied, Attentive, lambda: nn.Linear(D, 2), lambda: nn.Sequential(nn.Linear(D, 2))]
)
def test_an_own_module_comes_back_with_theta(make):
    torch.manual_seed(0)
    own = make().eval()
    before = copy.deepcopy(own.state_dict())
    X, y = draw.normal(size=(40, D)), np.arange(40) % 2
    fit = ax.fit_objective(ax.Objective(own, "categorical", ax.Ridge(0.1), X, y), max_steps=2)
    found = fit.to_module()
    assert [type(part) for part in found.modules()] == [type(part) for part in own.modules()]
    assert not found.training
    torch.testing.assert_close(own.state_dict(), before, rtol=0, atol=0)
    values = torch.cat([value.reshape(-1) for value in found.parameters()])
    np.testing.assert_array_equal(values.detach(), fit.theta)
    with torch.no_grad():
        rows = torch.tensor(X)
        wanted = fit.objective.model.outputs(fit.parameters, rows)
        torch.testing.assert_close(found(rows), wanted, rtol=1e-12, atol=1e-12)
    found.requires_grad_(False).zero_grad()
    torch.testing.assert_close(fit.to_module()(rows).detach(), wanted, rtol=1e-12, atol=1e-12)
