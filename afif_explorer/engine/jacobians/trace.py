"""What a module does with its parameters, seen while it runs.

A parameter enters a network through few operations: ``F.linear``, ``F.embedding``, ``F.layer_norm``, and
sums and products of tensors. While :func:`record` runs a module it notes at every such operation what went
in, and what came out, the tap. With the derivative ``g`` of the outputs at the tap, a row's derivative with
respect to the parameter needs no more of the network: ``sum_t g_t a_t'`` for a weight that met inputs
``a_t`` at the places ``t`` of a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class Kind(Enum):
    """How a parameter enters."""

    WEIGHT = "weight"  # of a linear layer: kept is its input [n, T, i]
    TABLE = "table"  # of an embedding: kept are the indices [n, T]
    SCALE = "scale"  # multiplied elementwise: kept is what it multiplies
    SHIFT = "shift"  # added: nothing is kept


@dataclass(frozen=True, eq=False)
class Use:
    """One meeting of a parameter with the rows.

    Attributes:
        name: of the parameter. tap: what came out, ``[n, ...]``; the derivative at it is ``g``.
        kept: see :class:`Kind`. bias: of a weight, whether its bias enters with it.
    """

    kind: Kind
    name: str
    tap: Tensor
    kept: Tensor | None = None
    bias: bool = False


@dataclass(frozen=True)
class Usage:
    """What a module does with the results of the operations that its parameters enter.

    Attributes:
        alone: for each operation, whether its result has no axis of rows (a table of positions); none is
            taken to be so where this is still to be found out.
        altered: whether any result is changed in place, so that a tap must be a copy.
    """

    alone: tuple[bool, ...] = ()
    altered: bool = True


class NotRecordable(Exception):
    """A parameter is used in a way that is not known here."""


def record(
    call: Callable[[Mapping[str, Tensor]], Tensor],
    parameters: Mapping[str, Tensor],
    rows: int,
    habits: Usage,
) -> tuple[Tensor, list[Use]]:
    """Run ``call(parameters)`` and return its outputs ``[n, k]`` and every use of a parameter, in order.

    ``rows``: how many it runs on. ``habits``: as :func:`habits_of` found them.
    Raises :class:`NotRecordable`.
    """
    recorder = _Recorder(parameters, rows, habits)
    with torch.enable_grad(), recorder:
        outputs = call(parameters)
    return outputs, recorder.uses


class _Recorder(TorchFunctionMode):
    """Sees every torch function that is called inside its ``with`` block."""

    def __init__(self, parameters: Mapping[str, Tensor], rows: int, habits: Usage) -> None:
        super().__init__()
        self._names = {id(value): name for name, value in parameters.items()}
        self._rows, self._habits = rows, habits
        self.passed: list[Tensor] = []  # the results that the module goes on with
        self.uses: list[Use] = []

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if not any(id(one) in self._names for one in _tensors((args, kwargs))):
            return func(*args, **kwargs)
        handler = _HANDLERS.get(getattr(func, "__name__", ""))
        if handler is not None:
            return handler(self, *args, **kwargs)
        result = func(*args, **kwargs)
        if next(_tensors(result), None) is not None:
            raise NotRecordable(f"A parameter enters {getattr(func, '__name__', func)}.")
        return result  # a shape, a device, ...

    def name(self, value: Any) -> str | None:
        return self._names.get(id(value))

    def tapped(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """What the module goes on with, and a tap at it that has an axis of rows."""
        alone = self._habits.alone
        if alone and alone[len(self.passed)]:
            shape = value.shape[1:] if len(value) == 1 and value.ndim > 2 else value.shape
            value = value.expand(self._rows, *shape)
        tap = value if value.requires_grad else value.detach().requires_grad_()
        self.passed.append(tap.clone() if self._habits.altered else tap)
        return self.passed[-1], tap

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if self.name(x):
            raise NotRecordable("A parameter is the input of a linear layer.")
        value, tap = self.tapped(F.linear(x, weight, bias))
        if name := self.name(weight):
            self.uses.append(Use(Kind.WEIGHT, name, tap, x.detach()))
        if name := self.name(bias):
            self.uses.append(Use(Kind.SHIFT, name, tap))
        return value

    def embedding(
        self,
        index: Tensor,
        weight: Tensor,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Tensor:
        if max_norm is not None or scale_grad_by_freq or self.name(index):
            raise NotRecordable("An embedding with a norm or frequencies of its own.")
        value, tap = self.tapped(F.embedding(index, weight))
        if padding_idx is not None:  # its row of the table is never learnt
            index = torch.where(index == padding_idx % len(weight), -1, index)
        kept = index.expand(tap.shape[:-1])
        self.uses.append(Use(Kind.TABLE, str(self.name(weight)), tap, kept))
        return value

    def layer_norm(
        self,
        x: Tensor,
        shape: Sequence[int],
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: float = 1e-5,
    ) -> Tensor:
        if self.name(x):
            raise NotRecordable("A parameter is normalised.")
        plain = F.layer_norm(x, shape, None, None, eps)
        value, tap = self.tapped(_scaled(plain, weight, bias))
        if name := self.name(weight):
            self.uses.append(Use(Kind.SCALE, name, tap, plain.detach()))
        if name := self.name(bias):
            self.uses.append(Use(Kind.SHIFT, name, tap))
        return value

    def add(self, one: Any, other: Any) -> Tensor:
        value, tap = self.tapped(torch.add(one, other))
        for side in (one, other):
            if name := self.name(side):
                self.uses.append(Use(Kind.SHIFT, name, tap))
        return value

    def mul(self, one: Any, other: Any) -> Tensor:
        if self.name(one) and self.name(other):
            raise NotRecordable("A product of two parameters.")
        value, tap = self.tapped(torch.mul(one, other))
        weight, kept = (one, other) if self.name(one) else (other, one)
        if isinstance(kept, Tensor):
            kept = kept.detach().expand(tap.shape)
        else:
            kept = torch.full_like(tap, kept, requires_grad=False)
        self.uses.append(Use(Kind.SCALE, str(self.name(weight)), tap, kept))
        return value


def _scaled(plain: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    if weight is not None and bias is not None:
        return torch.addcmul(bias, plain, weight)
    value = plain if weight is None else plain * weight
    return value if bias is None else value + bias


_HANDLERS: dict[str, Callable] = {
    "linear": _Recorder.linear,
    "embedding": _Recorder.embedding,
    "layer_norm": _Recorder.layer_norm,
    "add": _Recorder.add,
    "__add__": _Recorder.add,
    "__radd__": _Recorder.add,
    "mul": _Recorder.mul,
    "__mul__": _Recorder.mul,
    "__rmul__": _Recorder.mul,
}


def _tensors(value: Any) -> Any:
    """Every tensor in nested tuples, lists and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def habits_of(call: Callable[..., Tensor], parameters: Mapping[str, Tensor]) -> Usage:
    """The habits of a module, seen on few rows.

    ``call(parameters, rows)`` runs it on so many, two and three here: an axis of rows is one that grows
    with them. Raises :class:`NotRecordable`.
    """
    seen = []
    for rows in (2, 3):
        recorder = _Recorder(parameters, rows, Usage())
        with torch.enable_grad(), recorder:
            call(parameters, rows=rows)
        seen.append(recorder.passed)
    if len(seen[0]) != len(seen[1]):
        raise NotRecordable("The module does other things with more rows.")
    alone = [one.shape[:1] != (2,) or two.shape[:1] != (3,) for one, two in zip(*seen, strict=True)]
    return Usage(tuple(alone), any(value._version > 0 for value in seen[0]))
