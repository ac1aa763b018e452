"""Differentiation without batching: the same numbers as with it, for modules that cannot be batched."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.jacobians.looped import LoopedLinearization, generic_linearization

draw = torch.Generator().manual_seed(2)


def drawn(*size: int) -> Tensor:
    return torch.randn(*size, generator=draw, dtype=torch.float64)


X, THETA = drawn(7, 3), drawn(8)


def smooth(theta: Tensor, X: Tensor) -> Tensor:
    return torch.tanh(X @ theta[:6].reshape(3, 2)) * theta[6:]


def branching(theta: Tensor, X: Tensor) -> Tensor:
    return smooth(theta, X) if bool((X < 100).all()) else X[:, :2]


def recurrent(theta: Tensor, X: Tensor) -> Tensor:
    cell = nn.LSTM(1, 2, batch_first=True).double()
    shapes = {name: value.shape for name, value in cell.named_parameters()}
    parts = theta.repeat(5).split([shape.numel() for shape in shapes.values()])
    named = {n: v.reshape(s) for (n, s), v in zip(shapes.items(), parts, strict=True)}
    return torch.func.functional_call(cell, named, (X[:, :, None],))[0][:, -1]


def test_every_product_is_that_of_batched_differentiation() -> None:
    batched, looped = (
        ModuleLinearization(smooth, THETA, X),
        LoopedLinearization(branching, THETA, X),
    )
    vectors, cotangents, weights = drawn(8, 3), drawn(7, 2, 3), drawn(7, 2)
    for product in (
        lambda one: one.outputs,
        lambda one: one.jvp(vectors),
        lambda one: one.vjp(cotangents),
        lambda one: one.vjp_rows(cotangents),
        lambda one: one.hvp(weights, vectors),
        lambda one: one.take(slice(2, 5)).jvp(vectors),
    ):
        torch.testing.assert_close(product(looped), product(batched), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (smooth, ModuleLinearization),
        (branching, LoopedLinearization),
        (recurrent, LoopedLinearization),
    ],
)
def test_batching_is_used_where_it_works(function, kind: type) -> None:
    assert generic_linearization(function, THETA, X) is kind
