"""Calling a module on rows: from :class:`Inputs` to arguments, and from what it returns to ``[n, k]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

from afif_explorer.engine.models.inputs import inputs
from afif_explorer.errors import InvalidChoice

LOGITS = "logits"


def call(module: nn.Module, X: Tensor, tensors: Mapping[str, Tensor] | None = None) -> Tensor:
    """The module's outputs for rows, with ``tensors`` in place of its parameters and buffers if given.

    Raises :class:`InvalidChoice` if it does not return a tensor, or a mapping or an object with ``logits``.
    """
    args, kwargs = _arguments(X)
    if tensors is None:
        return _logits(module(*args, **kwargs))
    return _logits(functional_call(module, dict(tensors), args, kwargs, tie_weights=False))


def _arguments(X: Tensor) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
    several = inputs(X)
    if several is None:
        return (X,), {}
    found = several.converted()
    named = {name: part for name, part in found.items() if isinstance(name, str)}
    return ((), named) if named else (tuple(found.values()), {})


def _logits(result: Any) -> Tensor:
    if isinstance(result, Tensor):
        return result
    if isinstance(result, Mapping):
        found = result[LOGITS] if LOGITS in result else _only(list(result.values()))
    else:
        found = getattr(result, LOGITS, None)
    if not isinstance(found, Tensor):
        names = (
            f" with the entries {', '.join(map(str, result))}"
            if isinstance(result, Mapping)
            else ""
        )
        raise InvalidChoice(
            f"The module returns a {type(result).__name__}{names}; return a tensor [n, k], or a mapping or "
            "an object with logits."
        )
    return found


def _only(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else None
