"""What a chain of fully connected layers keeps of its rows at one ``theta``: one pass forwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.layers import Layer

Activation = Callable[[Tensor], Tensor]


@dataclass(eq=False)
class LayerState:
    """What the rows keep of one layer ``z_l = W_l a_{l-1} + b_l``."""

    activation: Activation | None
    entered: Tensor  # [n, inputs], a_{l-1}
    z: Tensor  # [n, outputs]
    slope: Tensor | None  # [n, outputs], phi'(z_l)

    @cached_property
    def bow(self) -> Tensor:
        """``phi''(z_l)`` ``[n, outputs]``, which only second derivatives ask for."""
        assert self.activation is not None
        return _second(self.activation, self.z)

    def take(self, rows: Tensor | slice) -> LayerState:
        """Of some rows only."""
        slope = None if self.slope is None else self.slope[rows]
        part = LayerState(self.activation, self.entered[rows], self.z[rows], slope)
        if "bow" in vars(self):
            part.bow = self.bow[rows]
        return part


def states_of(
    layers: Sequence[Layer], parameters: Iterable[tuple[Tensor, Tensor | None]], X: Tensor
) -> tuple[list[LayerState], Tensor]:
    """The state of every layer, and the outputs ``[n, k]``.

    ``parameters``: of each layer the weight ``[o, i, 1]`` and the bias ``[o, 1]``.
    """
    states, entered = [], X
    for layer, (weight, bias) in zip(layers, parameters, strict=True):
        z = entered @ weight[:, :, 0].T
        if bias is not None:
            z = z + bias[:, 0]
        left, slope = _first(layer.activation, z)
        states.append(LayerState(layer.activation, entered, z, slope))
        entered = left
    return states, entered


def _first(activation: Activation | None, z: Tensor) -> tuple[Tensor, Tensor | None]:
    """An elementwise activation with its derivative at ``z``."""
    if activation is None:
        return z, None
    at = z.detach().requires_grad_()
    with torch.enable_grad():
        left = activation(at)
        (slope,) = torch.autograd.grad(left.sum(), at)
    return left.detach(), slope


def _second(activation: Activation, z: Tensor) -> Tensor:
    """The second derivative of an elementwise activation at ``z``."""
    at = z.detach().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(activation(at).sum(), at, create_graph=True)
        if not slope.requires_grad:  # piecewise linear
            return torch.zeros_like(z)
        (bow,) = torch.autograd.grad(slope.sum(), at, materialize_grads=True)
    return bow
