"""The networks of the benchmarks, in plain torch, so that every library's environment can build them.

All return logits for ``cross_entropy``, and end in an unpenalised bias. Except for the encoder, all trainable
parameters are in ``nn.Linear`` layers, which every library supports.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

PIXELS = 8  # a digit is an image of 8 x 8
TOKENS, TOPICS = 500, 4  # size of the vocabulary, number of classes


class Logistic(nn.Module):
    """Logistic regression with its output as the second of two logits; the first is 0."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.layer = nn.Linear(d, 1)

    def forward(self, X: Tensor) -> Tensor:
        f = self.layer(X)
        return torch.cat([torch.zeros_like(f), f], dim=-1)


class Attention(nn.Module):
    """Self-attention as plain matrix products, which support every kind of derivative."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))

    def forward(self, read: Tensor) -> Tensor:
        query, key, value = (
            layer(read).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        weights = torch.softmax(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5, dim=-1)
        return self.mix((weights @ value).transpose(1, 2).flatten(2))


class Reader(nn.Module):
    """A transformer with one block on digits as sequences of eight rows of pixels."""

    def __init__(self, width: int = 16, heads: int = 2, inner: int = 32) -> None:
        super().__init__()
        self.embed, self.attend = nn.Linear(PIXELS, width), Attention(width, heads)
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


class Block(nn.Module):
    """A pre-norm transformer block: attention and a feed-forward layer, each with a residual connection."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.first, self.attend = nn.LayerNorm(width), Attention(width, heads)
        self.second = nn.LayerNorm(width)
        self.widen, self.narrow = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, read: Tensor) -> Tensor:
        read = read + self.attend(self.first(read))
        return read + self.narrow(torch.tanh(self.widen(self.second(read))))


class Encoder(nn.Module):
    """A transformer with two blocks on sequences of tokens: 133,380 parameters."""

    def __init__(self, length: int, width: int = 64, heads: int = 4, inner: int = 256) -> None:
        super().__init__()
        self.table = nn.Embedding(TOKENS, width)
        self.place = nn.Parameter(torch.randn(length, width) / width**0.5)
        self.blocks = nn.Sequential(*(Block(width, heads, inner) for _ in range(2)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, TOPICS)

    def forward(self, X: Tensor) -> Tensor:
        read = self.blocks(self.table(X.long()) + self.place)
        return self.head(self.norm(read).mean(1))


def perceptron(*widths: int) -> nn.Module:
    """Linear layers of these widths with tanh between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


BUILDERS: dict[str, Callable[[int], nn.Module]] = {
    "logistic": Logistic,
    "perceptron": lambda d: perceptron(d, 32, 10),
    "deep perceptron": lambda d: perceptron(d, 64, 64, 2),
    "transformer": lambda _: Reader(),
    "encoder": Encoder,
}


def build(name: str, d: int, seed: int = 0) -> nn.Module:
    """The network of that name for rows of ``d`` numbers, initialised with ``seed``."""
    torch.manual_seed(seed)
    return BUILDERS[name](d)


def set_parameters(network: nn.Module, theta: Tensor) -> None:
    """Copy a flat ``theta`` into the network, in the order of its parameters."""
    nn.utils.vector_to_parameters(theta.to(next(network.parameters())), network.parameters())
