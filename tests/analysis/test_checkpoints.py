"""Checkpoints of any architecture: effects equal dense matrices, and no parameter moves."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import afif_explorer as ax
from tests.helpers.dense import dense_effects

N, NEW, CLASSES, STRENGTH = 30, 8, 3, 0.05
PLAIN = ax.AFIF(leverage_correction=False)
seed = torch.Generator().manual_seed(3)
TOKENS = torch.randint(0, 11, (N + NEW, 6), generator=seed)
SERIES = torch.randn(N + NEW, 5, 4, generator=seed, dtype=torch.float64)
IMAGES = torch.randn(N + NEW, 1, 6, 6, generator=seed, dtype=torch.float64)
NUMBERS = torch.randn(N + NEW, 4, generator=seed, dtype=torch.float64)
Y = torch.randint(0, CLASSES, (N + NEW,), generator=seed)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, CLASSES))


def cnn() -> nn.Module:
    """Its batch norm has statistics of its own, which are used in eval mode."""
    norm = nn.BatchNorm2d(3)
    norm.running_mean.add_(0.2)
    norm.running_var.mul_(2.0)
    flat = [nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, CLASSES)]
    return nn.Sequential(nn.Conv2d(1, 3, 3), norm, nn.ReLU(), *flat)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(4, 3, batch_first=True), nn.Linear(3, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(x)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self, *, tied: bool = False) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.1, batch_first=True)
        self.table, self.body = nn.Embedding(11, 4), nn.TransformerEncoder(layer, 1)
        self.middle = nn.Linear(4, 11, bias=False)
        self.head = nn.Linear(11, CLASSES)
        if tied:
            self.middle.weight = self.table.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(torch.tanh(self.middle(self.body(self.table(ids)).mean(1))))


def frozen() -> nn.Module:
    module = Encoder()
    for value in module.body.parameters():
        value.requires_grad_(False)
    return module


class Adapted(nn.Module):
    """A frozen layer with a trainable correction of low rank."""

    def __init__(self, base: nn.Linear, rank: int = 2) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(0.3 * torch.randn(rank, base.in_features))
        self.B = nn.Parameter(0.3 * torch.randn(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + nn.functional.linear(nn.functional.linear(x, self.A), self.B)


def lora() -> nn.Module:
    return nn.Sequential(Adapted(nn.Linear(4, 5)), nn.Tanh(), Adapted(nn.Linear(5, CLASSES)))


class Multiplied(nn.Module):
    """The correction is added to the weight itself, so that no layer shows what a parameter meets."""

    def __init__(self) -> None:
        super().__init__()
        self.base = nn.Linear(4, CLASSES).requires_grad_(False)
        self.A = nn.Parameter(0.3 * torch.randn(1, 4))
        self.B = nn.Parameter(0.3 * torch.randn(CLASSES, 1))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(torch.tanh(x), self.base.weight + self.B @ self.A)


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.numbers = nn.Embedding(11, 3), nn.Linear(4, 3)
        self.head = nn.Linear(3, CLASSES)

    def forward(self, input_ids: Tensor, numbers: Tensor, mask: Tensor | None = None) -> Tensor:
        assert not input_ids.is_floating_point()
        words = self.table(input_ids)
        if mask is not None:
            assert mask.dtype == torch.bool
            words = words * mask[:, :, None]
        return self.head(torch.tanh(words.mean(1) + self.numbers(numbers)))


class Wrapped(nn.Module):
    """Returns its logits inside a mapping or an object."""

    def __init__(self, kind: Callable[..., Any]) -> None:
        super().__init__()
        self.inner, self.kind = mlp(), kind

    def forward(self, x: Tensor) -> Any:
        return self.kind(hidden=x, logits=self.inner(x))


BOTH = {"input_ids": TOKENS, "numbers": NUMBERS, "mask": TOKENS > 2}
CASES: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    "MLP": (mlp, NUMBERS),
    "CNN": (cnn, IMAGES),
    "LSTM": (Recurrent, SERIES),
    "transformer": (Encoder, TOKENS),
    "tied weights": (lambda: Encoder(tied=True), TOKENS),
    "partly frozen": (frozen, TOKENS),
    "LoRA": (lora, NUMBERS),
    "LoRA of a weight": (Multiplied, NUMBERS),
    "inputs by name": (TwoInputs, BOTH),
    "inputs in order": (TwoInputs, (TOKENS.to(torch.uint8), NUMBERS)),
    "mapping": (lambda: Wrapped(dict), NUMBERS),
    "object": (lambda: Wrapped(SimpleNamespace), NUMBERS),
}


def part(X: Any, rows: slice) -> Any:
    if isinstance(X, dict):
        return {name: one[rows] for name, one in X.items()}
    return tuple(one[rows] for one in X) if isinstance(X, tuple) else X[rows]


def logits(module: nn.Module, X: Any) -> Tensor:
    """Those of the module itself, called by hand."""
    if isinstance(X, dict):
        return module(**X)
    if isinstance(X, tuple):
        return module(*(one if one.is_floating_point() else one.long() for one in X))
    found = module(X)
    if isinstance(found, dict):
        return found["logits"]
    return found if isinstance(found, Tensor) else found.logits


def checkpoint(make: Callable[[], nn.Module]) -> nn.Module:
    """A fresh module with the parameters of a saved one, away from their start."""
    torch.manual_seed(0)
    saved, file = make(), io.BytesIO()
    with torch.no_grad():
        for value in saved.parameters():
            value.add_(0.3 * torch.randn_like(value))
    torch.save(saved.state_dict(), file)
    file.seek(0)
    fresh = make()
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return fresh.eval()


@pytest.mark.parametrize("method", [PLAIN, ax.AFIF()], ids=["plain", "default"])
@pytest.mark.parametrize(("make", "X"), CASES.values(), ids=CASES)
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotAtMinimum")
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NegativeCurvature")
def test_effects_of_a_checkpoint_are_those_of_dense_matrices(make, X, method) -> None:
    module = checkpoint(make)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    train, test = part(X, slice(N)), part(X, slice(N, None))
    names = [name for name, value in module.named_parameters() if value.requires_grad]
    fit = ax.from_trained(
        module,
        train,
        Y[:N],
        "categorical",
        ax.Ridge(STRENGTH),
        penalised=names,
        test=(test, Y[N:]),
    )
    found = ax.attribute(fit, ax.MeanLoss("test"), method)
    wanted = dense_effects(
        module,
        lambda own: (logits(own, train), logits(own, test)),
        Y[:N],
        Y[N:],
        STRENGTH,
        corrected=method is not PLAIN,
    )
    error = (torch.tensor(np.asarray(found)) - wanted).abs().max() / wanted.abs().max()
    assert float(error) < 1e-8
    after = module.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    own = torch.softmax(logits(fit.to_module(), test), 1).detach()
    np.testing.assert_allclose(fit.predict(test), own, rtol=1e-9)
