"""One table of small objectives over all losses and maps: what the engine's tests run through.

Each case builds the same rows, model and targets for the same seed. ``outputs`` and ``nll`` say once more,
without the engine, what the model and its loss are; :mod:`tests.helpers.twin` derives everything from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Normal, Poisson
from torch.func import functional_call

from afif_explorer.engine.models.model import LinearMap, Model
from afif_explorer.engine.models.module_model import MLP, ModuleModel
from afif_explorer.engine.problem.group_lasso import GroupLasso
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import ElasticNet, Lasso, Penalty, Ridge

N, D = 40, 4


class Gated(nn.Module):
    """A module with a skip connection, a buffer, a frozen parameter and a product of two branches."""

    def __init__(self, d: int, k: int) -> None:
        super().__init__()
        self.inner, self.gate = nn.Linear(d, 3), nn.Linear(d, 3, bias=False)
        self.frozen = nn.Parameter(torch.full((3,), 0.7), requires_grad=False)
        self.register_buffer("shift", torch.full((3,), 0.2))
        self.skip, self.head = nn.Linear(d, k, bias=False), nn.Linear(3, k)

    def forward(self, X: Tensor) -> Tensor:
        gated = torch.tanh(self.inner(X)) * torch.sigmoid(self.gate(X) + self.shift)
        return self.head(gated * self.frozen) + self.skip(X)


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective, a ``theta`` that is no minimum, and independent formulas for its parts."""

    objective: Objective
    theta: Tensor
    outputs: Callable[[Tensor, Tensor], Tensor]  # theta [p], X [n, d] -> [n, k]
    nll: Callable[[Tensor, Tensor], Tensor]  # f [k], y (one row) -> scalar
    ridge: float


@dataclass(frozen=True)
class Case:
    """A loss on a map; ``canonical`` if the map is linear."""

    name: str
    loss: str
    kind: str  # "linear" | "mlp" | "module"
    k: int = 1
    ridge: float = 0.1
    intercept: bool = True
    kinks: str = ""  # "lasso" | "elastic net" | "group lasso"; the ridge's strength is then theirs

    @property
    def canonical(self) -> bool:
        return self.kind == "linear"

    def make(self, seed: int = 0, n: int = N, d: int = D, spread: float = 1.0) -> Problem:
        """The problem for a seed; ``spread`` scales the parameters."""
        draw = np.random.default_rng(seed)
        X = draw.normal(size=(n, d))
        y = _targets(draw, self.loss, X, self.k)
        model, outputs = _map(self, d, seed)
        objective = Objective(model, self.loss, _penalty(self, model), X, y)
        theta = torch.as_tensor(0.5 * spread * draw.normal(size=model.p))
        return Problem(objective, theta, outputs, NLL[self.loss], self.ridge)


def _targets(draw: np.random.Generator, loss: str, X: np.ndarray, k: int) -> np.ndarray:
    score = X @ draw.normal(size=(X.shape[1], k)) * 0.7
    if loss == "gaussian":
        y = score + 0.5 * draw.normal(size=score.shape)
        return y[:, 0] if k == 1 else y
    if loss == "bernoulli":
        return (draw.random(len(X)) < 1 / (1 + np.exp(-score[:, 0]))).astype(float)
    if loss == "poisson":
        return draw.poisson(np.exp(np.clip(score[:, 0], -3, 2))).astype(float)
    classes = (score + draw.gumbel(size=score.shape)).argmax(1)
    classes[:k] = np.arange(k)  # every class occurs
    return classes


def _map(case: Case, d: int, seed: int) -> tuple[Model, Callable[[Tensor, Tensor], Tensor]]:
    if case.kind == "linear":
        model = LinearMap(d, case.k, intercept=case.intercept)
        return model, _linear(d, case.k, case.intercept)
    if case.kind == "mlp":
        return MLP(d, (3,), case.k), _two_layers(d, 3, case.k)
    torch.manual_seed(seed)
    module = Gated(d, case.k).double()
    return ModuleModel(module, torch.zeros(4, d, dtype=torch.float64)), _by_name(module)


def _penalty(case: Case, model: Model) -> Penalty | None:
    if not case.kinks:
        return Ridge(case.ridge) if case.ridge else None
    if case.kinks == "lasso":
        return Lasso(case.ridge)
    if case.kinks == "elastic net":
        return ElasticNet(case.ridge, l1_ratio=0.6)
    # Threes; for linear maps the last of all is in no group. A network with a free weight need not have
    # a minimum: that weight can grow while those before it shrink.
    places = range(int(model.penalised.sum()) - case.canonical)
    return GroupLasso(case.ridge, tuple(tuple(places[at : at + 3]) for at in places[::3]))


def _linear(d: int, k: int, intercept: bool) -> Callable[[Tensor, Tensor], Tensor]:
    def outputs(theta: Tensor, X: Tensor) -> Tensor:
        f = X @ theta[: k * d].reshape(k, d).T
        return f + theta[k * d :] if intercept else f

    return outputs


def _two_layers(d: int, h: int, k: int) -> Callable[[Tensor, Tensor], Tensor]:
    def outputs(theta: Tensor, X: Tensor) -> Tensor:
        inner, bias, outer, last = theta.split([h * d, h, k * h, k])
        return torch.tanh(X @ inner.reshape(h, d).T + bias) @ outer.reshape(k, h).T + last

    return outputs


def _by_name(module: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    free = [(n, v.shape, v.numel()) for n, v in module.named_parameters() if v.requires_grad]

    def outputs(theta: Tensor, X: Tensor) -> Tensor:
        parts = theta.split([size for _, _, size in free])
        named = {
            name: part.reshape(shape) for (name, shape, _), part in zip(free, parts, strict=True)
        }
        return functional_call(module, named, (X,))

    return outputs


NLL: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gaussian": lambda f, y: (
        -Normal(f, 1.0, validate_args=False).log_prob(y).sum() - 0.5 * np.log(2 * np.pi) * f.numel()
    ),
    "bernoulli": lambda f, y: -(y * f[0] - torch.log1p(torch.exp(f[0]))),
    "poisson": lambda f, y: -Poisson(torch.exp(f[0]), validate_args=False).log_prob(y),
    "categorical": lambda f, y: -Categorical(logits=f, validate_args=False).log_prob(y),
}

CASES = (
    Case("least squares", "gaussian", "linear"),
    Case(
        "least squares without penalty or intercept", "gaussian", "linear", ridge=0, intercept=False
    ),
    Case("two numbers", "gaussian", "linear", k=2),
    Case("logistic", "bernoulli", "linear"),
    Case("softmax", "categorical", "linear", k=3),
    Case("Poisson", "poisson", "linear"),
    Case("MLP of a number", "gaussian", "mlp"),
    Case("MLP of two classes", "bernoulli", "mlp"),
    Case("MLP of three classes", "categorical", "mlp", k=3),
    Case("MLP of two numbers", "gaussian", "mlp", k=2),
    Case("module of counts", "poisson", "module"),
    Case("module of three classes", "categorical", "module", k=3),
)
KINKED = (
    Case("lasso", "gaussian", "linear", ridge=0.05, kinks="lasso"),
    Case("logistic elastic net", "bernoulli", "linear", ridge=0.05, kinks="elastic net"),
    Case("softmax with groups", "categorical", "linear", k=3, ridge=0.02, kinks="group lasso"),
    Case("Poisson lasso", "poisson", "linear", ridge=0.1, kinks="lasso"),
    Case("MLP lasso", "gaussian", "mlp", ridge=0.03, kinks="lasso"),
    Case("MLP with groups", "bernoulli", "mlp", ridge=0.02, kinks="group lasso"),
    Case("module with elastic net", "categorical", "module", k=3, ridge=0.03, kinks="elastic net"),
)
CANONICAL = tuple(case for case in CASES if case.canonical)
CURVED = tuple(case for case in CASES if not case.canonical)
