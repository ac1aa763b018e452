"""The uses of a module's parameters: what a trace records.

A parameter is used by an operation that acts on each position of a row separately. With the input ``a_t`` of
the operation and the derivative ``g_t`` of the outputs with respect to its result (the tap), a row's
derivative with respect to the parameter follows: ``sum_t g_t a_t'`` for a weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor


class Kind(Enum):
    """How a parameter is used."""

    WEIGHT = "weight"  # of a linear layer or a convolution; stored: its input [n, T, i]
    TABLE = "table"  # of an embedding; stored: the indices [n, T]
    SCALE = "scale"  # multiplied elementwise; stored: the other factor
    SHIFT = "shift"  # added; stored: nothing


@dataclass(frozen=True, eq=False)
class Use:
    """One use of a parameter, or of a part of it (one group of a convolution's channels).

    Attributes:
        name: of the parameter. tap: the operation's result, ``[n, ...]``; ``g`` is the derivative there.
        shape: of the part that is used; ``[o, i]`` for a weight. kept: see :class:`Kind`.
        offset: of the part within the parameter. bias: for a weight, whether the use includes its bias.
    """

    kind: Kind
    name: str
    tap: Tensor
    shape: torch.Size
    kept: Tensor | None = None
    offset: int = 0
    bias: bool = False


class NotTraceable(Exception):
    """A parameter is used in an unsupported way."""
