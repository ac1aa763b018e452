"""Checks of a module on some rows: which rows it takes, and that each row has its own, fixed outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from afif_explorer.engine.models.inputs import inputs, row_shape
from afif_explorer.engine.models.rows import check_finite
from afif_explorer.errors import AfifError, DataError, InvalidChoice

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
        except Exception as error:  # whatever it may raise
            failed.append(error)
        else:
            return Taken(_few(form), form is not example, _is_altered(rows))
    shape = row_shape(example)
    told = "; as floating-point numbers: ".join(dict.fromkeys(_reason(error) for error in failed))
    raise InvalidChoice(
        f"The module cannot take rows of shape {shape}: {told.rstrip('.')}."
    ) from failed[0]


def _reason(error: Exception) -> str:
    """What went wrong, in one line; the kind of errors whose text alone says little."""
    told = " ".join(str(error).split())
    plain = isinstance(error, RuntimeError | ValueError | TypeError | IndexError) and told
    return told if plain else f"{type(error).__name__} {told}".rstrip()


@contextmanager
def taking(rows: Tensor) -> Iterator[None]:
    """Raises :class:`DataError` where a module, tested on other rows, fails on these."""
    try:
        yield
    except AfifError:
        raise
    except (IndexError, ValueError, KeyError, RuntimeError) as error:
        raise DataError(
            f"The module took the first training rows but fails on some of {len(rows)} rows of shape "
            f"{row_shape(rows)}: {_reason(error).rstrip('.')}; correct these rows."
        ) from error


def check_differentiable(
    call: Callable[[Tensor, Tensor], Tensor], theta: Tensor, rows: Tensor
) -> None:
    """Raise :class:`InvalidChoice` for outputs without derivatives in ``theta``."""
    at = theta.detach().clone().requires_grad_()
    try:
        with torch.enable_grad():
            torch.autograd.grad(call(at, rows).sum(), at)
    except RuntimeError as error:
        raise InvalidChoice(
            "The module's outputs cannot be differentiated with respect to its parameters "
            f"({_reason(error).rstrip('.')}); leave out detach(), no_grad() and NumPy in its forward."
        ) from error


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
    if not bool(outputs.isfinite().all()):
        raise InvalidChoice(
            f"The module's outputs for the first {len(rows)} rows are not finite; check its parameters, or "
            "scale the rows."
        )
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
