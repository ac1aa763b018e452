"""Small convolutional and recurrent networks on rows ``[n, 6]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

WIDTH = 6


class Picture(nn.Module):
    """A row as a picture: the products of its entries, ``[n, 1, 6, 6]``, through layers to a head."""

    def __init__(self, *layers: nn.Module, features: int, outputs: int = 3) -> None:
        super().__init__()
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(features, outputs)

    def forward(self, X: Tensor) -> Tensor:
        pixels = torch.tanh(X[:, None, :, None] * X[:, None, None, :] / WIDTH - 1)
        return self.head(self.layers(pixels).flatten(1))


class Signal(nn.Module):
    """A row as a signal with one channel, ``[n, 1, 6]``, through layers to a head."""

    def __init__(self, *layers: nn.Module, features: int) -> None:
        super().__init__()
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(features, 2)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(self.layers(X[:, None] / WIDTH - 1).flatten(1))


class Recurrent(nn.Module):
    """A row as a sequence of numbers ``[n, 6, 1]``, read by a recurrent layer."""

    def __init__(self, layer: nn.Module, features: int) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(features, 2)

    def forward(self, X: Tensor) -> Tensor:
        steps = X[:, :, None] / WIDTH - 1
        if getattr(self.layer, "batch_first", True):
            return self.head(self.layer(steps)[0][:, -1])
        return self.head(self.layer(steps.transpose(0, 1))[0].mean(0))


class Cells(nn.Module):
    """The cell of a recurrent layer, applied step by step."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell, self.head = cell, nn.Linear(cell.hidden_size, 2)

    def forward(self, X: Tensor) -> Tensor:
        state = None
        for step in X[:, :, None].unbind(1):
            state = self.cell(step / WIDTH - 1, state)
        return self.head(state[0] if isinstance(state, tuple) else state)


def picture() -> nn.Module:
    return Picture(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 2, 2), nn.Tanh(), features=2
    )


def with_norms() -> nn.Module:
    """Batch normalisation in ``eval`` mode with statistics of its own, and group normalisation."""
    norm = nn.BatchNorm2d(4)
    net = Picture(
        nn.Conv2d(1, 4, 3, stride=2, padding=(1, 0), bias=False),
        norm,
        nn.PReLU(4),
        nn.Conv2d(4, 4, 2, padding="same", dilation=2, groups=2),
        nn.GroupNorm(2, 4),
        nn.ReLU(inplace=True),
        nn.AvgPool2d(2),
        features=4,
    )
    nn.init.uniform_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.5, 2.0)
    nn.init.uniform_(norm.weight)
    return net.eval()


def twice() -> nn.Module:
    """One convolution applied twice."""
    again = nn.Conv1d(2, 2, 3, padding=1, padding_mode="circular")
    return Signal(nn.Conv1d(1, 2, 2, padding="valid"), again, nn.Tanh(), again, features=10)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "convolutions": picture,
    "convolutions with norms": with_norms,
    "depthwise": lambda: Signal(
        nn.Conv1d(1, 4, 2), nn.Conv1d(4, 4, 3, groups=4), nn.Tanh(), features=12
    ),
    "one convolution twice": twice,
    "LSTM": lambda: Recurrent(nn.LSTM(1, 3, batch_first=True), 3),
    "LSTM, two layers, both directions, projected": lambda: Recurrent(
        nn.LSTM(1, 2, 2, bidirectional=True, proj_size=1, dropout=0.3), 2
    ).eval(),
    "GRU, both directions": lambda: Recurrent(nn.GRU(1, 2, bidirectional=True), 4),
    "RNN, two layers without bias": lambda: Recurrent(
        nn.RNN(1, 3, 2, nonlinearity="relu", bias=False, batch_first=True), 3
    ),
    "GRU cells": lambda: Cells(nn.GRUCell(1, 3)),
}


def flat_gradient(value: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """The gradient of a scalar, which can be differentiated again, as one vector."""
    if not value.requires_grad:  # linear there
        return torch.zeros(sum(one.numel() for one in parameters), dtype=torch.float64)
    found = torch.autograd.grad(value, parameters, create_graph=True, materialize_grads=True)
    return torch.cat([one.reshape(-1) for one in found])


def network(name: str) -> nn.Module:
    """One of them in float64, with parameters of seed 1."""
    torch.manual_seed(1)
    return NETWORKS[name]().double()
