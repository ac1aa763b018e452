"""A simulated device: tensors on it are in main memory, but follow the rules of a GPU.

Work on a GPU goes wrong where a tensor is made on the wrong device, two devices meet in one operation, or
numpy reaches for memory that it cannot see. ``with pretended():`` gives :data:`DEVICE` these rules, so that
all of that fails here as it would there, without a GPU. What a kernel of a GPU would round otherwise it
does not tell; ``benchmarks/devices.py`` does, where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

# The only type of device that torch lets anybody use without a driver. What it usually means, tensors
# without values, never happens: every operation on it comes to `_run`.
DEVICE = torch.device("meta")
CPU = torch.device("cpu")

ATEN = torch.ops.aten
ACROSS = {ATEN.copy_.default}  # operations that may take tensors of two devices
INDEXED = {  # where a place may be told from the CPU
    ATEN.index.Tensor,
    ATEN.index_put.default,
    ATEN.index_put_.default,
    ATEN._index_put_impl_.default,
}


class There(Tensor):
    """A tensor on the pretended device; ``held`` is where its numbers are."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> There:
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=DEVICE,
        )
        made.held = held
        return made

    def tolist(self) -> Any:
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(
        cls, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(operation, args, kwargs or {})


class _Watch(TorchDispatchMode):
    """Sees what makes tensors out of nothing, too."""

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(operation, args, kwargs or {})


class _Literals(TorchFunctionMode):
    """Numbers of Python reach the device like any other GPU: made here, then sent."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if function in (torch.tensor, torch.as_tensor) and _is_there(kwargs.get("device")):
            return function(*args, **{**kwargs, "device": CPU}).to(DEVICE)
        return function(*args, **kwargs)


@contextmanager
def pretended() -> Iterator[torch.device]:
    """:data:`DEVICE`, to be used as any other."""
    with _Literals(), _Watch():
        yield DEVICE


def _run(operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [*_tensors(args), *_tensors(kwargs.values())]
    there = any(type(tensor) is There for tensor in tensors)
    asked = kwargs.get("device")
    if asked is not None:
        there = _is_there(asked)
        kwargs = {**kwargs, "device": CPU}
    elif there:
        _check_together(operation, args, tensors)
    else:
        return operation(*args, **kwargs)
    if there and kwargs.get("generator") is not None:
        raise RuntimeError(f"{operation}: a generator of the CPU for a tensor on {DEVICE}")
    found = operation(*_each(_held, args), **{key: _each(_held, v) for key, v in kwargs.items()})
    if not there:
        return found
    known = {id(tensor.held): tensor for tensor in tensors if type(tensor) is There}
    return _each(lambda leaf: known[id(leaf)] if id(leaf) in known else _sent(leaf), found)


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors, also in lists. (torch's own functions for trees take most of an operation's time.)"""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif type(value) in (list, tuple):
            yield from _tensors(value)


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    """A value, or a list or tuple of them, with each changed."""
    kind = type(value)
    return kind(_each(change, one) for one in value) if kind in (list, tuple) else change(value)


def _is_there(device: Any) -> bool:
    return device is not None and torch.device(device) == DEVICE


def _held(leaf: Any) -> Any:
    return leaf.held if type(leaf) is There else leaf


def _sent(leaf: Any) -> Any:
    return There(leaf) if isinstance(leaf, Tensor) else leaf


def _check_together(operation: Any, args: Any, tensors: list[Tensor]) -> None:
    """A GPU takes single numbers from the CPU, and nothing else."""
    if operation in ACROSS:
        return
    if operation in INDEXED and isinstance(args[0], There):
        tensors = [args[0], *args[2:3]] if len(args) > 2 else [args[0]]
    if any(not isinstance(tensor, There) and tensor.ndim for tensor in tensors):
        raise RuntimeError(f"{operation}: tensors on {DEVICE} and on the CPU")
