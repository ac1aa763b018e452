"""The layers of a multilayer perceptron, and their state at one ``theta``: the forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]
ELEMENTWISE = (nn.Tanh, nn.ReLU, nn.Sigmoid, nn.Softplus, nn.GELU, nn.SiLU, nn.ELU, nn.Identity)


@dataclass(frozen=True)
class DenseLayer:
    """One fully connected layer with its activation: ``a = phi(W x + b)``."""

    inputs: int
    outputs: int
    bias: bool
    activation: Activation | None  # None for the last layer

    @property
    def width(self) -> int:
        """Number of parameters per output."""
        return self.inputs + self.bias

    @property
    def size(self) -> int:
        return self.outputs * self.width


def chain_of(module: nn.Module) -> tuple[DenseLayer, ...] | None:
    """The layers of a ``Sequential`` of ``Linear`` and elementwise activations; None if it is not one."""
    if not isinstance(module, nn.Sequential) or not all(
        p.requires_grad for p in module.parameters()
    ):
        return None
    layers: list[DenseLayer] = []
    parts = list(module)
    for place, part in enumerate(parts):
        after = parts[place + 1] if place + 1 < len(parts) else None
        if type(part) is nn.Linear:
            follows = after if isinstance(after, ELEMENTWISE) else None
            if after is not None and follows is None:
                return None
            layers.append(
                DenseLayer(part.in_features, part.out_features, part.bias is not None, follows)
            )
        elif not (isinstance(part, ELEMENTWISE) and place and type(parts[place - 1]) is nn.Linear):
            return None
    parameters = [id(value) for part in parts for value in part.parameters()]
    shared = len(set(parameters)) < len(parameters)  # a layer used twice, or tied weights
    return None if shared or not layers else tuple(layers)


@dataclass(eq=False)
class LayerState:
    """The state of one layer ``z_l = W_l a_{l-1} + b_l`` on some rows."""

    activation: Activation | None
    layer_input: Tensor  # [n, inputs], a_{l-1}
    z: Tensor  # [n, outputs]
    slope: Tensor | None  # [n, outputs], phi'(z_l)

    @cached_property
    def second_derivative(self) -> Tensor:
        """``phi''(z_l)`` ``[n, outputs]``, needed only for second derivatives."""
        assert self.activation is not None
        return _second(self.activation, self.z)

    def take(self, rows: Tensor | slice) -> LayerState:
        """The state of some rows only."""
        slope = None if self.slope is None else self.slope[rows]
        part = LayerState(self.activation, self.layer_input[rows], self.z[rows], slope)
        if "second_derivative" in vars(self):
            part.second_derivative = self.second_derivative[rows]
        return part


def states_of(
    layers: Sequence[DenseLayer], parameters: Iterable[tuple[Tensor, Tensor | None]], X: Tensor
) -> tuple[list[LayerState], Tensor]:
    """The state of every layer, and the outputs ``[n, k]``.

    ``parameters``: of each layer the weight ``[o, i, 1]`` and the bias ``[o, 1]``.
    """
    states, layer_input = [], X
    for layer, (weight, bias) in zip(layers, parameters, strict=True):
        z = layer_input @ weight[:, :, 0].T
        if bias is not None:
            z = z + bias[:, 0]
        output, slope = _first(layer.activation, z)
        states.append(LayerState(layer.activation, layer_input, z, slope))
        layer_input = output
    return states, layer_input


def _first(activation: Activation | None, z: Tensor) -> tuple[Tensor, Tensor | None]:
    """An elementwise activation with its derivative at ``z``."""
    if activation is None:
        return z, None
    at = z.detach().requires_grad_()
    with torch.enable_grad():
        output = activation(at)
        (slope,) = torch.autograd.grad(output.sum(), at)
    return output.detach(), slope


def _second(activation: Activation, z: Tensor) -> Tensor:
    """The second derivative of an elementwise activation at ``z``."""
    at = z.detach().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(activation(at).sum(), at, create_graph=True)
        if not slope.requires_grad:  # piecewise linear
            return torch.zeros_like(z)
        (second_derivative,) = torch.autograd.grad(slope.sum(), at, materialize_grads=True)
    return second_derivative
