"""Penalties ``strength * pi(theta)`` on the parameters that a model marks as penalised.

A smooth penalty is told by its value, gradient and (diagonal) Hessian; one that is not smooth by its
value and its proximal operator. ``strength`` multiplies ``pi``; nothing else does.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.errors import ChoiceError


@dataclass(frozen=True)
class Penalty(ABC):
    """``strength * pi(theta)``. All methods include ``strength`` and see penalised parameters only.

    Shapes: ``theta`` is ``[q]`` or ``[q, m]``; values are scalars or ``[m]``.
    """

    strength: float
    smooth = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.strength) and self.strength >= 0):
            raise ChoiceError(
                f"The strength of a penalty must be a number of at least 0, not {self.strength!r}."
            )

    @abstractmethod
    def value(self, theta: Tensor) -> Tensor:
        """``strength * pi(theta)``."""

    @abstractmethod
    def gradient(self, theta: Tensor) -> Tensor:
        """Gradient of the smooth part; the shape of ``theta``."""

    @property
    @abstractmethod
    def hessian(self) -> float:
        """Diagonal of the smooth part's Hessian (the same for every parameter)."""


@dataclass(frozen=True)
class Ridge(Penalty):
    """``strength * ||theta||^2 / 2``."""

    def value(self, theta: Tensor) -> Tensor:
        return 0.5 * self.strength * (theta**2).sum(0)

    def gradient(self, theta: Tensor) -> Tensor:
        return self.strength * theta

    @property
    def hessian(self) -> float:
        return self.strength
