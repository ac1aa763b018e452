"""Tracing how a module uses its parameters.

Parameters are used by few operations: ``F.linear``, ``F.embedding``, ``F.layer_norm``, and sums and products
of tensors. :func:`trace_uses` runs a module and records the input and the result (the tap) of every such
operation. With the derivative ``g`` of the outputs with respect to the tap, a row's derivative with respect
to the parameter follows: ``sum_t g_t a_t'`` for a weight with inputs ``a_t`` at the positions ``t`` of a
sequence.
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
    """How a parameter is used."""

    WEIGHT = "weight"  # of a linear layer; stored: its input [n, T, i]
    TABLE = "table"  # of an embedding; stored: the indices [n, T]
    SCALE = "scale"  # multiplied elementwise; stored: the other factor
    SHIFT = "shift"  # added; stored: nothing


@dataclass(frozen=True, eq=False)
class Use:
    """One use of a parameter.

    Attributes:
        name: of the parameter. tap: the operation's result, ``[n, ...]``; ``g`` is the derivative there.
        kept: see :class:`Kind`. bias: for a weight, whether the use includes its bias.
    """

    kind: Kind
    name: str
    tap: Tensor
    kept: Tensor | None = None
    bias: bool = False


@dataclass(frozen=True)
class Usage:
    """Properties of the operations that use a module's parameters.

    Attributes:
        alone: for each operation, whether its result has no axis of rows (such as a table of positions);
            empty if not known yet.
        altered: whether any result is changed in place, so that a tap must be a copy.
    """

    alone: tuple[bool, ...] = ()
    altered: bool = True


class NotTraceable(Exception):
    """A parameter is used in an unsupported way."""


def trace_uses(
    call: Callable[[Mapping[str, Tensor]], Tensor],
    parameters: Mapping[str, Tensor],
    rows: int,
    usage: Usage,
) -> tuple[Tensor, list[Use]]:
    """Run ``call(parameters)`` and return its outputs ``[n, k]`` and every use of a parameter, in order.

    ``rows``: their number. ``usage``: from :func:`usage_of`.
    Raises :class:`NotTraceable`.
    """
    tracer = _Tracer(parameters, rows, usage)
    with torch.enable_grad(), tracer:
        outputs = call(parameters)
    return outputs, tracer.uses


class _Tracer(TorchFunctionMode):
    """Intercepts every torch function called inside its ``with`` block."""

    def __init__(self, parameters: Mapping[str, Tensor], rows: int, usage: Usage) -> None:
        super().__init__()
        self._names = {id(value): name for name, value in parameters.items()}
        self._rows, self._usage = rows, usage
        self.passed: list[Tensor] = []  # the results returned to the module
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
            raise NotTraceable(f"A parameter is used by {getattr(func, '__name__', func)}.")
        return result  # a shape, a device, ...

    def name(self, value: Any) -> str | None:
        return self._names.get(id(value))

    def tapped(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """The result returned to the module, and a tap with an axis of rows."""
        alone = self._usage.alone
        if alone and alone[len(self.passed)]:
            shape = value.shape[1:] if len(value) == 1 and value.ndim > 2 else value.shape
            value = value.expand(self._rows, *shape)
        tap = value if value.requires_grad else value.detach().requires_grad_()
        self.passed.append(tap.clone() if self._usage.altered else tap)
        return self.passed[-1], tap

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if self.name(x):
            raise NotTraceable("A parameter is the input of a linear layer.")
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
            raise NotTraceable("An embedding with a norm or frequencies of its own.")
        value, tap = self.tapped(F.embedding(index, weight))
        if padding_idx is not None:  # its row of the table has no gradient
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
            raise NotTraceable("A parameter is normalised.")
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
            raise NotTraceable("A product of two parameters.")
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
    "linear": _Tracer.linear,
    "embedding": _Tracer.embedding,
    "layer_norm": _Tracer.layer_norm,
    "add": _Tracer.add,
    "__add__": _Tracer.add,
    "__radd__": _Tracer.add,
    "mul": _Tracer.mul,
    "__mul__": _Tracer.mul,
    "__rmul__": _Tracer.mul,
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


def usage_of(call: Callable[..., Tensor], parameters: Mapping[str, Tensor]) -> Usage:
    """The usage of a module, determined on a few rows.

    ``call(parameters, rows)`` runs it on so many rows. An axis of rows is one whose size differs for two and
    three rows. Raises :class:`NotTraceable`.
    """
    results = []
    for rows in (2, 3):
        tracer = _Tracer(parameters, rows, Usage())
        with torch.enable_grad(), tracer:
            call(parameters, rows=rows)
        results.append(tracer.passed)
    if len(results[0]) != len(results[1]):
        raise NotTraceable("The module's operations depend on the number of rows.")
    alone = [
        one.shape[:1] != (2,) or two.shape[:1] != (3,) for one, two in zip(*results, strict=True)
    ]
    return Usage(tuple(alone), any(value._version > 0 for value in results[0]))
