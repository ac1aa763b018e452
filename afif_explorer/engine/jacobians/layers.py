"""The layers of a stack of fully connected ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

ELEMENTWISE = (nn.Tanh, nn.ReLU, nn.Sigmoid, nn.Softplus, nn.GELU, nn.SiLU, nn.ELU, nn.Identity)


@dataclass(frozen=True)
class Layer:
    """One fully connected layer and what follows it: ``a = phi(W x + b)``."""

    inputs: int
    outputs: int
    bias: bool
    activation: Callable[[Tensor], Tensor] | None  # None after the last layer

    @property
    def width(self) -> int:
        """Parameters of one output."""
        return self.inputs + self.bias

    @property
    def size(self) -> int:
        return self.outputs * self.width


def chain_of(module: nn.Module) -> tuple[Layer, ...] | None:
    """The layers of a ``Sequential`` of ``Linear`` and elementwise activations; None if it is not one."""
    if not isinstance(module, nn.Sequential) or not all(
        p.requires_grad for p in module.parameters()
    ):
        return None
    layers: list[Layer] = []
    parts = list(module)
    for place, part in enumerate(parts):
        after = parts[place + 1] if place + 1 < len(parts) else None
        if type(part) is nn.Linear:
            follows = after if isinstance(after, ELEMENTWISE) else None
            if after is not None and follows is None:
                return None
            layers.append(
                Layer(part.in_features, part.out_features, part.bias is not None, follows)
            )
        elif not (isinstance(part, ELEMENTWISE) and place and type(parts[place - 1]) is nn.Linear):
            return None
    held = [id(value) for part in parts for value in part.parameters()]
    shared = len(set(held)) < len(held)  # by one layer used twice, or by tied weights
    return None if shared or not layers else tuple(layers)
