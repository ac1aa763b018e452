"""Linearization of a module that ``torch.func`` cannot batch, one row and one vector at a time.

Such a module branches on the values of its inputs, or uses an operation without a batching rule. It needs
nothing but reverse differentiation, and is much slower.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.autograd import ROWS_AT_ONCE, ModuleLinearization
from afif_explorer.errors import InvalidChoice

Function = Callable[[Tensor, Tensor], Tensor]  # theta and rows to outputs


class LoopedLinearization(ModuleLinearization):
    """Any differentiable ``f(theta, X)``, by reverse differentiation without batching."""

    def jvp(self, vectors: Tensor) -> Tensor:
        return torch.cat([self._pushed(X, vectors) for X in self._split()])

    def _pushed(self, X: Tensor, vectors: Tensor) -> Tensor:
        """``J V`` as the derivative of ``J' u``, which is linear in ``u``."""
        theta, outputs = self._graph(X)
        u = torch.zeros_like(outputs, requires_grad=True)
        (pulled,) = torch.autograd.grad(outputs, theta, u, create_graph=True)
        columns = [
            torch.autograd.grad(pulled, u, vector, retain_graph=True)[0] for vector in vectors.T
        ]
        return torch.stack(columns, dim=2)

    def vjp(self, cotangents: Tensor) -> Tensor:
        total = cotangents.new_zeros(self.p, cotangents.shape[2])
        for X, piece in zip(self._split(), cotangents.split(ROWS_AT_ONCE), strict=True):
            total += self._pulled(X, piece).T
        return total

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        rows = [self._pulled(self.X[i : i + 1], cotangents[i : i + 1]) for i in range(self.n)]
        return torch.stack(rows)

    def _pulled(self, X: Tensor, cotangents: Tensor) -> Tensor:
        """``sum_i J_i' U_i`` of some rows for each column of ``U``: ``[r, p]``."""
        theta, outputs = self._graph(X)
        columns = [
            torch.autograd.grad(outputs, theta, column, retain_graph=True)[0]
            for column in cotangents.unbind(2)
        ]
        return torch.stack(columns)

    def _graph(self, X: Tensor) -> tuple[Tensor, Tensor]:
        theta = self._theta.detach().requires_grad_()
        with torch.enable_grad():
            return theta, self._function(theta, X)

    def hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        columns = [super(LoopedLinearization, self).hvp(weights, v[:, None]) for v in vectors.T]
        return torch.cat(columns, dim=1)


def generic_linearization(
    function: Function, theta: Tensor, X: Tensor
) -> type[ModuleLinearization]:
    """The linearization of an unknown module: batched, if that works on two rows.

    Raises :class:`InvalidChoice` if neither does, for an operation that cannot be differentiated twice.
    """
    try:
        _try(ModuleLinearization(function, theta, X[:2]))
    except (RuntimeError, TypeError, ValueError):  # NotImplementedError is a RuntimeError
        try:
            _try(LoopedLinearization(function, theta, X[:2]))
        except (RuntimeError, TypeError, ValueError) as error:
            raise InvalidChoice(
                f"The module's outputs cannot be differentiated: {' '.join(str(error).split()).rstrip('.')}; "
                "replace this operation by others."
            ) from error
        return LoopedLinearization
    return ModuleLinearization


def _try(found: ModuleLinearization) -> None:
    found.vjp_rows(torch.ones_like(found.outputs)[:, :, None])
    found.jvp(torch.ones(found.p, 2, dtype=found.outputs.dtype, device=found.outputs.device))
