"""Checks of a module on some rows: which rows it takes, and that each row has its own, fixed outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from afif_explorer.engine.models.inputs import inputs, row_shape
from afif_explorer.engine.models.rows import check_finite
from afif_explorer.errors import AfifError, InvalidChoice

Call = Callable[[Tensor], Tensor]  # a module at fixed parameters: rows to outputs

SAME = (
    1e-9  # two calls may differ by rounding, since memory alignment affects the order of summation
)
FEW = 4  # rows on which a module is tested
_DROPOUT = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)
_FAILURES = (RuntimeError, ValueError, TypeError, IndexError)


@dataclass(frozen=True)
class Taken:
    """How a module takes rows.

    Attributes:
        rows: the first ones, in float64. floating: whether integers must become floating-point numbers.
        alters: whether it changes its inputs in place.
    """

    rows: Tensor
    floating: bool
    alters: bool


def taken(call: Call, example: Tensor) -> Taken:
    """Try integers as they are, then as floating-point numbers.

    Raises :class:`InvalidChoice` if the module takes neither, :class:`DataError` for rows that are not
    finite.
    """
    check_finite(example[:FEW])
    several = inputs(example)
    forms = [example]
    if several is not None and len(several.floats) < len(several.parts):
        forms.append(cast(Tensor, several.floating()))
    failed: list[Exception] = []
    for form in forms:
        rows = _few(form)
        try:
            with torch.no_grad():
                call(rows)
        except AfifError:
            raise
        except _FAILURES as error:
            failed.append(error)
        else:
            return Taken(_few(form), form is not example, _is_altered(rows))
    shape = row_shape(example)
    told = "; as floating-point numbers: ".join(dict.fromkeys(str(error) for error in failed))
    raise InvalidChoice(
        f"The module cannot take rows of shape {shape}: {told.rstrip('.')}."
    ) from failed[0]


def _few(rows: Tensor) -> Tensor:
    return rows[:FEW].to(dtype=torch.float64).clone()


def _is_altered(fresh: Tensor) -> bool:
    several = inputs(fresh)
    parts = [fresh] if several is None else several.parts.values()
    return any(part._version > 0 for part in parts)


def check_mode(module: nn.Module) -> None:
    """Raise :class:`InvalidChoice` for active dropout, which may be too rare to show on some rows."""
    for name, part in module.named_modules():
        rate = part.p if isinstance(part, _DROPOUT) else 0.0
        if isinstance(part, nn.RNNBase | nn.MultiheadAttention):
            rate = part.dropout
        if part.training and rate > 0:
            raise InvalidChoice(
                "The module gives different outputs for the same rows, because "
                f"{name or 'it'} ({type(part).__name__}) drops units at random; call eval() on the module."
            )


def checked_outputs(call: Call, rows: Tensor) -> Tensor:
    """Outputs ``[n, k]``. Raises :class:`InvalidChoice` unless each row has its own, fixed outputs."""
    with torch.no_grad():
        outputs, again = call(rows), call(rows)
    if outputs.ndim != 2 or len(outputs) != len(rows):
        raise InvalidChoice("The module must return one row of outputs for each row, [n, k].")
    if not torch.allclose(outputs, again, rtol=SAME, atol=SAME):
        raise InvalidChoice(
            "The module gives different outputs for the same rows; remove its randomness, "
            "or call eval() on it to disable dropout."
        )
    if not _answers_alone(call, rows, outputs):
        raise InvalidChoice(
            "The module's output for one row depends on the other rows, so the influence of one "
            "row is not defined; call eval() on it to freeze batch statistics."
        )
    return outputs


def _answers_alone(call: Call, rows: Tensor, outputs: Tensor) -> bool:
    """Whether every row has the same outputs on its own; batch statistics reject a single row."""
    try:
        with torch.no_grad():
            alone = torch.cat([call(rows[i : i + 1]) for i in range(len(rows))])
    except (RuntimeError, ValueError):
        return False
    return torch.allclose(outputs, alone, rtol=1e-6, atol=1e-8)
