"""The networks of the benchmark, plain torch, so that every library's environment can build them.

All trainable parameters sit in ``nn.Linear`` layers and all networks return logits for
``cross_entropy``: that is the most that each of the libraries can handle. Each ends in a bias that the
penalty leaves alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

PIXELS = 8  # a digit is a picture of 8 x 8


class Logistic(nn.Module):
    """Logistic regression with its output as the second of two logits; the first is 0."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.layer = nn.Linear(d, 1)

    def forward(self, X: Tensor) -> Tensor:
        f = self.layer(X)
        return torch.cat([torch.zeros_like(f), f], dim=-1)


class Reader(nn.Module):
    """A transformer with one block that reads a digit as a sequence of eight rows of pixels."""

    def __init__(self, width: int = 16, heads: int = 2, inner: int = 32) -> None:
        super().__init__()
        self.heads = heads
        self.embed = nn.Linear(PIXELS, width)
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.widen, self.narrow = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.head = nn.Linear(width, 10)
        angle = torch.arange(PIXELS)[:, None] / 10 ** (torch.arange(width) // 2 * 2 / width)
        even = torch.arange(width) % 2 == 0
        self.register_buffer("place", torch.where(even, angle.sin(), angle.cos()))

    def forward(self, X: Tensor) -> Tensor:
        read = self.embed(X.reshape(-1, PIXELS, PIXELS)) + self.place
        read = read + self.attend(self.norm(read))
        read = read + self.narrow(torch.tanh(self.widen(self.norm(read))))
        return self.head(read.mean(1))

    def attend(self, read: Tensor) -> Tensor:
        """Attention in plain matrix products, which every kind of derivative can pass through."""
        query, key, value = (
            layer(read).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        share = torch.softmax(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5, dim=-1)
        return self.mix((share @ value).transpose(1, 2).flatten(2))


def perceptron(d: int) -> nn.Module:
    """64-32-10, tanh."""
    return nn.Sequential(nn.Linear(d, 32), nn.Tanh(), nn.Linear(32, 10))


def build(name: str, d: int, seed: int = 0) -> nn.Module:
    """The network of that name for rows of ``d`` numbers, with starting weights drawn for ``seed``."""
    torch.manual_seed(seed)
    return {"logistic": Logistic, "perceptron": perceptron, "transformer": lambda _: Reader()}[
        name
    ](d)


def set_parameters(network: nn.Module, theta: Tensor) -> None:
    """Copy a flat ``theta`` into the network, in the order of its parameters."""
    nn.utils.vector_to_parameters(theta.to(next(network.parameters())), network.parameters())
