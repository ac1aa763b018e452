"""Tracing how a module uses its parameters.

Parameters are used by few operations (:mod:`afif_explorer.engine.jacobians.layers.operations`).
:func:`trace_uses` runs a module and records the input and the result of every such operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from afif_explorer.engine.jacobians.layers.operations import OPERATIONS
from afif_explorer.engine.jacobians.layers.uses import NotTraceable, Use


@dataclass(frozen=True)
class Usage:
    """Properties of the operations that use a module's parameters.

    Attributes:
        alone: for each operation, whether its result has no axis of rows (such as a table of positions);
            empty if not known yet.
        altered: whether any result is changed in place, so that a tap must be a copy.
        unsupported: names of the parameters that another operation uses, which are not traced.
    """

    alone: tuple[bool, ...] = ()
    altered: bool = True
    unsupported: frozenset[str] = frozenset()


def trace_uses(
    call: Callable[[Mapping[str, Tensor]], Tensor],
    parameters: Mapping[str, Tensor],
    rows: int,
    usage: Usage,
) -> tuple[Tensor, list[Use]]:
    """Run ``call(parameters)``; returns its outputs ``[n, k]`` and every use of a traced parameter in order.

    ``rows``: their number. ``usage``: from :func:`usage_of`.
    """
    tracer = _Tracer(parameters, rows, usage)
    with torch.enable_grad(), tracer:
        outputs = call(parameters)
    return outputs, tracer.uses


class _Tracer(TorchFunctionMode):
    """Intercepts every torch function called inside its ``with`` block."""

    def __init__(self, parameters: Mapping[str, Tensor], rows: int, usage: Usage) -> None:
        super().__init__()
        self._names = {
            id(value): name for name, value in parameters.items() if name not in usage.unsupported
        }
        self._rows, self._usage = rows, usage
        self.passed: list[Tensor] = []  # the results returned to the module
        self.uses: list[Use] = []
        self.unsupported: set[str] = set()

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        found = (self._names.get(id(one)) for one in _tensors((args, kwargs)))
        names = {name for name in found if name is not None}
        if not names:
            return func(*args, **kwargs)
        operation = OPERATIONS.get(getattr(func, "__name__", ""))
        if operation is not None:
            try:
                return operation(self, *args, **kwargs)
            except NotTraceable:
                self.unsupported |= names
                return func(*args, **kwargs)
        result = func(*args, **kwargs)
        if next(_tensors(result), None) is not None:  # not a shape, a device, ...
            self.unsupported |= names
        return result

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
    unsupported = _traced(call, parameters, 2, Usage()).unsupported
    if len(unsupported) == len(parameters):
        raise NotTraceable("No parameter is used by a supported operation.")
    first = Usage(unsupported=frozenset(unsupported))
    few, more = (_traced(call, parameters, rows, first).passed for rows in (2, 3))
    if len(few) != len(more):
        raise NotTraceable("The module's operations depend on the number of rows.")
    alone = tuple(
        one.shape[:1] != (2,) or two.shape[:1] != (3,) for one, two in zip(few, more, strict=True)
    )
    return replace(first, alone=alone, altered=any(value._version > 0 for value in few))


def _traced(
    call: Callable[..., Tensor], parameters: Mapping[str, Tensor], rows: int, usage: Usage
) -> _Tracer:
    tracer = _Tracer(parameters, rows, usage)
    with torch.enable_grad(), tracer:
        call(parameters, rows=rows)
    return tracer
