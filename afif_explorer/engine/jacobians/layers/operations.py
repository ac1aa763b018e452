"""The operations that use parameters, each computed with its tap and recorded as uses.

A convolution is a linear layer applied to the patches of its input, so that its positions are those of the
output. Normalisations scale and shift an input that has been normalised without parameters; with fixed
statistics (``eval`` mode) that also holds for batch normalisation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from afif_explorer.engine.jacobians.layers.uses import Kind, NotTraceable, Use


class Recorder(Protocol):
    """What an operation needs of the trace."""

    uses: list[Use]

    def name(self, value: Any) -> str | None:
        """The name of a parameter; None for anything else."""
        ...

    def tapped(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """A result as returned to the module, and its tap."""
        ...


def _linear(trace: Recorder, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if trace.name(x):
        raise NotTraceable("A parameter is the input of a linear layer.")
    value, tap = trace.tapped(F.linear(x, weight, bias))
    if name := trace.name(weight):
        trace.uses.append(Use(Kind.WEIGHT, name, tap, weight.shape, x.detach()))
    _shifted(trace, bias, tap)
    return value


def _embedding(
    trace: Recorder,
    index: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    if max_norm is not None or scale_grad_by_freq or trace.name(index):
        raise NotTraceable("An embedding with a norm or frequencies of its own.")
    value, tap = trace.tapped(F.embedding(index, weight))
    if padding_idx is not None:  # its row of the table has no gradient
        index = torch.where(index == padding_idx % len(weight), -1, index)
    kept = index.expand(tap.shape[:-1])
    trace.uses.append(Use(Kind.TABLE, str(trace.name(weight)), tap, weight.shape, kept))
    return value


def _convolution(
    axes: int,
    trace: Recorder,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    if trace.name(x) or x.ndim != axes + 2:
        raise NotTraceable("A convolution of a parameter, or of rows without channels.")
    steps, gaps = _each(stride, axes), _each(dilation, axes)
    patches = _patches(x, weight.shape[2:], steps, padding, gaps)
    channels = weight.shape[1]
    name, found = trace.name(weight), []
    biases = (None,) * groups if bias is None else bias.chunk(groups)
    for group, (own, shift) in enumerate(zip(weight.chunk(groups), biases, strict=True)):
        matrix = own.flatten(1)
        part = patches[..., group * channels : (group + 1) * channels, :].flatten(-2)
        value, tap = trace.tapped(F.linear(part, matrix, shift))
        if name:
            offset = group * matrix.numel()
            trace.uses.append(Use(Kind.WEIGHT, name, tap, matrix.shape, part.detach(), offset))
        if shift is not None:
            _shifted(trace, bias, tap, part=(group * len(shift), shift.shape))
        found.append(value)
    return _channels_second(torch.cat(found, -1) if groups > 1 else found[0])


def _each(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value) * (axes // len(value))


def _patches(
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: int | str | Sequence[int],
    dilation: Sequence[int],
) -> Tensor:
    """The part of ``[n, C, ...]`` under the kernel at every position: ``[n, ..., C, prod(kernel)]``."""
    axes = len(kernel)
    spans = [gap * (size - 1) for gap, size in zip(dilation, kernel, strict=True)]
    if padding == "same":
        sides = [(span // 2, span - span // 2) for span in spans]
    else:
        sides = [(one, one) for one in _each(0 if isinstance(padding, str) else padding, axes)]
    x = F.pad(x, [one for side in reversed(sides) for one in side])
    for axis in range(axes):
        x = x.unfold(axis + 2, spans[axis] + 1, stride[axis])[..., :: dilation[axis]]
    x = x.movedim(1, 1 + axes)  # [n, positions, C, kernel]
    return x.reshape(*x.shape[: axes + 2], prod(kernel))


def _channels_second(value: Tensor) -> Tensor:
    """``[n, ..., C]`` as ``[n, C, ...]``, contiguous because modules take views of it."""
    return value.movedim(-1, 1).contiguous()


def _layer_norm(
    trace: Recorder,
    x: Tensor,
    shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    return _normalised(trace, x, F.layer_norm(x, shape, None, None, eps), weight, bias)


def _rms_norm(
    trace: Recorder,
    x: Tensor,
    shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    return _normalised(trace, x, F.rms_norm(x, shape, None, eps), weight, None)


def _batch_norm(
    trace: Recorder,
    x: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    if training or mean is None:
        raise NotTraceable("Batch normalisation with the statistics of the batch.")
    plain = F.batch_norm(x, mean, variance, eps=eps).movedim(1, -1)
    return _channels_second(_normalised(trace, x, plain, weight, bias))


def _normalised(
    trace: Recorder, x: Tensor, plain: Tensor, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """``weight * plain + bias``, for the input ``x`` normalised without parameters."""
    if trace.name(x):
        raise NotTraceable("A parameter is normalised.")
    value, tap = trace.tapped(_scaled(plain, weight, bias))
    if (name := trace.name(weight)) and weight is not None:
        trace.uses.append(Use(Kind.SCALE, name, tap, weight.shape, plain.detach()))
    _shifted(trace, bias, tap)
    return value


def _scaled(plain: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    if weight is not None and bias is not None:
        return torch.addcmul(bias, plain, weight)
    value = plain if weight is None else plain * weight
    return value if bias is None else value + bias


def _add(trace: Recorder, one: Any, other: Any) -> Tensor:
    value, tap = trace.tapped(torch.add(one, other))
    for side in (one, other):
        _shifted(trace, side, tap)
    return value


def _mul(trace: Recorder, one: Any, other: Any) -> Tensor:
    if trace.name(one) and trace.name(other):
        raise NotTraceable("A product of two parameters.")
    value, tap = trace.tapped(torch.mul(one, other))
    weight, kept = (one, other) if trace.name(one) else (other, one)
    if isinstance(kept, Tensor):
        kept = kept.detach().expand(tap.shape)
    else:
        kept = torch.full_like(tap, kept, requires_grad=False)
    trace.uses.append(Use(Kind.SCALE, str(trace.name(weight)), tap, weight.shape, kept))
    return value


def _shifted(
    trace: Recorder, bias: Any, tap: Tensor, part: tuple[int, torch.Size] | None = None
) -> None:
    """Record an added parameter, or a part of it from an offset."""
    if name := trace.name(bias):
        offset, shape = part or (0, bias.shape)
        trace.uses.append(Use(Kind.SHIFT, name, tap, shape, offset=offset))


OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "linear": _linear,
    "embedding": _embedding,
    "conv1d": partial(_convolution, 1),
    "conv2d": partial(_convolution, 2),
    "conv3d": partial(_convolution, 3),
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "batch_norm": _batch_norm,
    "add": _add,
    "__add__": _add,
    "__radd__": _add,
    "mul": _mul,
    "__mul__": _mul,
    "__rmul__": _mul,
}
