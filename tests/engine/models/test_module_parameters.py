"""User-defined modules: tied weights, layers used twice, and detection of the intercept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

import afif_explorer as ax
from afif_explorer.engine.models.module_model import ModuleModel

draw = np.random.default_rng(1)
X = draw.normal(size=(80, 4))
Y = (X[:, 0] + 0.4 * draw.normal(size=80) > 0).astype(float)


class Repeated(nn.Module):
    """One layer that is applied three times, registered once or under three names."""

    def __init__(self, names: int) -> None:
        super().__init__()
        one = nn.Linear(4, 4)
        self.layers, self.out = nn.ModuleList([one] * names), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        for step in range(3):
            x = torch.tanh(self.layers[step % len(self.layers)](x))
        return self.out(x)


def tied_sequence() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    module[2].weight = module[0].weight
    return module


class SharedBuffer(nn.Module):
    """A normalisation without parameters under two names."""

    def __init__(self) -> None:
        super().__init__()
        scaled = nn.BatchNorm1d(4, affine=False)
        scaled.running_var.mul_(3.0)
        self.first, self.second, self.out = scaled, scaled, nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.second(torch.tanh(self.first(x))))


def logistic(design: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
    """Logistic regression with a ridge on every coefficient, by scipy."""

    def value(theta: np.ndarray) -> float:
        score = design @ theta
        return np.mean(np.logaddexp(0, score) - y * score) + strength * theta @ theta / 2

    def slope(theta: np.ndarray) -> np.ndarray:
        mean = 1 / (1 + np.exp(-design @ theta))
        return design.T @ (mean - y) / len(y) + strength * theta

    start = np.zeros(design.shape[1])
    return minimize(value, start, jac=slope, tol=1e-12, options={"gtol": 1e-9}).x


MODULES = {
    "one name": lambda: Repeated(1),
    "three names": lambda: Repeated(3),
    "tied weights": tied_sequence,
    "shared buffer": lambda: SharedBuffer().eval(),
    "one layer twice": lambda: nn.Sequential(*[nn.Linear(4, 4), nn.Tanh()] * 2, nn.Linear(4, 1)),
}


@pytest.mark.parametrize("make", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize("precision", [torch.float32, torch.float64], ids=str)
def test_a_fit_answers_as_the_module_itself_does(make, precision: torch.dtype) -> None:
    torch.manual_seed(1)
    module = make().to(precision)
    fit = ax.fit_objective(ax.Objective(module, "bernoulli", ax.Ridge(1e-2), X, Y))
    own, theta = module.double(), torch.tensor(fit.theta)
    sizes = [value.numel() for value in own.parameters()]
    assert len(theta) == sum(sizes)
    with torch.no_grad():
        for value, part in zip(own.parameters(), theta.split(sizes), strict=True):
            value.copy_(part.reshape(value.shape))
        wanted = torch.sigmoid(own(torch.tensor(X)))[:, 0].numpy()
    np.testing.assert_allclose(fit.predict(X), wanted, atol=1e-12)
    gradient = torch.cat([g.reshape(-1) for g in _gradient(own)])
    np.testing.assert_allclose(fit.objective.at(theta).gradient(), gradient, atol=1e-12)


def _gradient(module: nn.Module) -> tuple[Tensor, ...]:
    """Of mean loss and ridge, by torch from the module alone; its last bias is the intercept."""
    values = list(module.parameters())
    outputs = module(torch.tensor(X))[:, 0]
    loss = nn.functional.binary_cross_entropy_with_logits(outputs, torch.tensor(Y))
    ridge = 1e-2 * sum(value.square().sum() for value in values[:-1]) / 2
    return torch.autograd.grad(loss + ridge, values)


class Hidden(nn.Module):
    """Keeps a second copy of its weights, which no parameter vector reaches."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(4, 1)
        self.plain = [self.out.weight]

    def forward(self, x: Tensor) -> Tensor:
        return self.out(x) + nn.functional.linear(torch.tanh(x), self.plain[0])


def test_a_module_with_weights_out_of_reach_is_refused() -> None:
    with pytest.raises(ax.InvalidChoice, match="weights outside theta"):
        ax.Objective(Hidden().double(), "bernoulli", ax.Ridge(1e-2), X, Y)


class Declared(nn.Module):
    """A linear map whose parts are declared in any order and shape."""

    def __init__(self, order: str, shape: tuple[int, ...] = (1,)) -> None:
        super().__init__()
        for name in order:
            size = (1, 4) if name == "W" else shape
            self.register_parameter(name, nn.Parameter(torch.zeros(size, dtype=torch.float64)))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.W.T + self.b


@pytest.mark.parametrize(
    ("order", "shape"), [("Wb", (1,)), ("bW", (1,)), ("bW", (1, 1)), ("bW", ())]
)
def test_the_intercept_is_free_wherever_it_is_declared(order: str, shape: tuple[int, ...]) -> None:
    fit = ax.fit_objective(
        ax.Objective(Declared(order, shape), "bernoulli", ax.Ridge(0.5), X + 1, Y)
    )
    plain = ax.fit_objective(ax.Objective(ax.LinearMap(4), "bernoulli", ax.Ridge(0.5), X + 1, Y))
    np.testing.assert_allclose(fit.predict(X), plain.predict(X), atol=1e-8)


class Scaled(nn.Module):
    """Its last parameter holds one number but multiplies."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.scale = nn.Linear(4, 1, bias=False), nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.inner(x)) * self.scale


def test_a_last_parameter_that_is_not_added_is_penalised() -> None:
    assert ModuleModel(Scaled(), torch.tensor(X)).penalised.all()


@pytest.mark.parametrize("wanted", [["W"], "W", np.array([False, True, True, True, True])])
def test_what_is_penalised_can_be_said(wanted) -> None:
    found = ax.Objective(Declared("bW"), "bernoulli", ax.Ridge(0.5), X, Y, penalised=wanted)
    assert found.penalised.tolist() == [False, True, True, True, True]
    everything = ax.Objective(
        Declared("bW"), "bernoulli", ax.Ridge(0.5), X + 1, Y, penalised=["b", "W"]
    )
    design = np.c_[np.ones(80), X + 1]
    np.testing.assert_allclose(
        ax.fit_objective(everything).theta, logistic(design, Y, 0.5), atol=1e-6
    )


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["w"], "no trainable parameter 'w'; the names are: b, W"),
        ([True], "a mask of 5"),
        ([1, 0, 1, 1, 1], "a mask of 5"),
        (3, "a mask of 5"),
    ],
)
def test_what_cannot_be_penalised_is_refused(wanted, message: str) -> None:
    with pytest.raises(ax.InvalidChoice, match=message):
        ax.Objective(Declared("bW"), "bernoulli", ax.Ridge(0.5), X, Y, penalised=wanted)


def test_a_frozen_parameter_cannot_be_penalised() -> None:
    model = Declared("bW")
    model.b.requires_grad_(requires_grad=False)
    with pytest.raises(ax.InvalidChoice, match="no trainable parameter 'b'; the names are: W"):
        ax.Objective(model, "bernoulli", ax.Ridge(0.5), X, Y, penalised=["b"])


def test_a_data_set_is_fitted_with_the_same_choice() -> None:
    data = ax.load_dataset("hiring")
    held = np.ones(data.d + 1, dtype=bool)
    fit = ax.fit(data, penalty=ax.Ridge(1e-1), penalised=held)
    design = np.c_[data.train.X, np.ones(fit.n)]
    np.testing.assert_allclose(fit.theta, logistic(design, data.train.y, 1e-1), atol=1e-6)
    path = ax.cross_validation_path(fit, [1e-1])
    np.testing.assert_allclose(path.thetas[0], fit.theta, atol=1e-7)
