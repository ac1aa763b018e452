"""Floating-point operations of matrix products, counted while they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class _Counting:
    # Not in OperationCounter itself: there torch would wrap it in a function that imports its compiler, which
    # takes a second.
    total: int

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        found = function(*args, **(kwargs or {}))
        if count := _FORMULAS.get(_name(function.overloadpacket)):
            self.total += count(*args, **(kwargs or {}), out_val=found)
        return found


class OperationCounter(_Counting, TorchDispatchMode):
    """Counts the cost of matrix products inside a ``with`` block; ``[a, b] [b, c]`` costs ``2abc``.

    Unlike torch's own counter it includes in-place products and products with a vector, and supports
    nested derivatives.

    Attributes:
        total: floating-point operations so far. Only matrix products are counted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0


def _name(packet: object) -> str:
    return str(packet).removesuffix("_")  # in place or not


def _matrix_vector(matrix: torch.Tensor, vector: torch.Tensor, **_: Any) -> int:
    return 2 * matrix.numel()


def _added_matrix_vector(total: torch.Tensor, matrix: torch.Tensor, *_: Any, **__: Any) -> int:
    return 2 * matrix.numel()


_FORMULAS: dict[str, Callable[..., int]] = {
    _name(packet): f for packet, f in flop_registry.items()
} | {
    "aten.mv": _matrix_vector,
    "aten.dot": _matrix_vector,
    "aten.addmv": _added_matrix_vector,
}
