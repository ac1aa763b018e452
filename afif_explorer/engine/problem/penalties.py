"""Penalties ``strength * pi(theta)`` on the parameters that a model marks as penalised.

A penalty may have a smooth part, specified by its gradient and (diagonal) Hessian, and a non-smooth
part, specified by its proximal operator and its derivatives where it is smooth. ``strength`` multiplies
both.

To define your own penalty, subclass :class:`Penalty` (smooth: ``value``, ``gradient``, ``hessian``) or
:class:`NonsmoothPenalty` (``value``, ``prox``, ``active``, ``kink_gradient``; ``kink_hessian`` if it is
curved).

Sources: Tibshirani (1996); Zou and Hastie (2005); Parikh and Boyd, Proximal Algorithms (2014), section 6.5.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_number
from afif_explorer.wording import quoted


@dataclass(frozen=True)
class Penalty(ABC):
    """``strength * pi(theta)``, added to the mean (not the sum) of the losses.

    Subclass it to define your own smooth penalty: ``value``, ``gradient`` and ``hessian``. All methods
    include ``strength`` and take penalised parameters only: ``theta`` is ``[q]`` or ``[q, m]``, values are
    scalars or ``[m]``.

    Args:
        strength: at least 0.

    Raises:
        InvalidChoice: for a strength below 0 or not finite.

    >>> import torch, afif_explorer as ax
    >>> class TowardsOne(ax.Penalty):
    ...     def value(self, theta):
    ...         return 0.5 * self.strength * ((theta - 1) ** 2).sum(0)
    ...
    ...     def gradient(self, theta):
    ...         return self.strength * (theta - 1)
    ...
    ...     @property
    ...     def hessian(self):
    ...         return self.strength
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=TowardsOne(1e3))
    >>> bool((abs(fit.theta[:-1] - 1) < 0.01).all())
    True
    """

    strength: float

    def __post_init__(self) -> None:
        if not (is_number(self.strength) and self.strength >= 0):
            raise InvalidChoice(
                f"The strength of a penalty must be a number of at least 0, not {quoted(self.strength)}."
            )

    @abstractmethod
    def value(self, theta: Tensor) -> Tensor:
        """``strength * pi(theta)``, including the non-smooth part."""

    @abstractmethod
    def gradient(self, theta: Tensor) -> Tensor:
        """Gradient of the smooth part; the shape of ``theta``."""

    @property
    @abstractmethod
    def hessian(self) -> float:
        """Diagonal of the smooth part's Hessian (the same for every parameter)."""


@dataclass(frozen=True)
class Ridge(Penalty):
    """``strength * ||theta||^2 / 2``; gradient ``strength * theta``, Hessian ``strength * I``.

    In scikit-learn's terms, with mean losses: ``alpha = n * strength`` for ``Ridge``, ``alpha = strength``
    for ``PoissonRegressor``, ``C = 1 / (n * strength)`` for ``LogisticRegression``.

    Args:
        strength: at least 0.

    Raises:
        InvalidChoice: for a strength below 0.

    Source: Hoerl and Kennard, Ridge Regression: Biased Estimation for Nonorthogonal Problems (1970).

    >>> import torch, afif_explorer as ax
    >>> ax.Ridge(0.1).value(torch.tensor([3.0, 4.0])).item()
    1.25
    """

    def value(self, theta: Tensor) -> Tensor:
        return 0.5 * self.strength * (theta**2).sum(0)

    def gradient(self, theta: Tensor) -> Tensor:
        return self.strength * theta

    @property
    def hessian(self) -> float:
        return self.strength


class NonsmoothPenalty(Penalty):
    """A penalty with a non-smooth part, specified by its proximal operator.

    Subclass it to define your own: ``value``, ``prox``, ``active`` and ``kink_gradient``, and
    ``kink_hessian`` if the non-smooth part is curved; ``gradient`` and ``hessian`` if there is a smooth
    part.

    Args:
        strength: at least 0.

    >>> import torch, afif_explorer as ax
    >>> penalty = ax.Lasso(0.5)
    >>> isinstance(penalty, ax.NonsmoothPenalty), penalty.hessian
    (True, 0.0)
    >>> penalty.active(torch.tensor([0.0, 2.0])).tolist()
    [False, True]
    """

    def gradient(self, theta: Tensor) -> Tensor:
        return torch.zeros_like(theta)

    @property
    def hessian(self) -> float:
        return 0.0

    @abstractmethod
    def prox(self, v: Tensor, step: float) -> Tensor:
        """``argmin_t ||t - v||^2 / 2 + step * (non-smooth part)(t)``; the shape of ``v``."""

    @abstractmethod
    def active(self, theta: Tensor) -> Tensor:
        """True where the non-smooth part is differentiable, ``[q]`` or ``[q, m]`` bool."""

    @abstractmethod
    def kink_gradient(self, theta: Tensor) -> Tensor:
        """Gradient of the non-smooth part where it is active, 0 elsewhere; the shape of ``theta``."""

    def kink_hessian(self, theta: Tensor) -> Tensor | None:
        """Its Hessian ``[q, q]`` at ``[q]``; None if the non-smooth part is piecewise linear."""
        return None

    def kink_product(self, theta: Tensor, vectors: Tensor) -> Tensor:
        """Products with that Hessian, ``[q]``, ``[q, m] -> [q, m]``."""
        hessian = self.kink_hessian(theta)
        return torch.zeros_like(vectors) if hessian is None else hessian @ vectors

    @property
    def piecewise_linear(self) -> bool:
        """True if the non-smooth part is piecewise linear, so that it has no Hessian."""
        return type(self).kink_hessian is NonsmoothPenalty.kink_hessian

    @property
    def threshold(self) -> float | None:
        """``a`` for a non-smooth part ``a ||theta||_1``: a parameter stays 0 while ``|gradient| <= a``.

        None for any other, whose parameters do not become zero one by one.
        """
        return None

    def restricted(self, places: Tensor) -> NonsmoothPenalty | None:
        """The penalty of the parameters at ``places`` ``[s]``, ascending, while all others are 0.

        None if it depends on which of all parameters they are, in a way that this kind cannot express.
        """
        return None if self.threshold is None else self


@dataclass(frozen=True)
class Lasso(NonsmoothPenalty):
    """``strength * ||theta||_1``; its prox is ``sign(v) max(|v| - step * strength, 0)``.

    Since losses are averaged, ``strength`` equals scikit-learn's ``alpha``.

    Args:
        strength: at least 0.

    Source: Tibshirani, Regression Shrinkage and Selection via the Lasso (1996).

    >>> import torch, afif_explorer as ax
    >>> ax.Lasso(0.5).prox(torch.tensor([2.0, -0.25]), step=1.0).tolist()
    [1.5, -0.0]
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Lasso(0.02))
    >>> bool((fit.theta == 0).any())
    True
    """

    def value(self, theta: Tensor) -> Tensor:
        return self.strength * theta.abs().sum(0)

    @property
    def threshold(self) -> float:
        return self.strength

    def prox(self, v: Tensor, step: float) -> Tensor:
        return _shrunk(v, step * self.strength)

    def active(self, theta: Tensor) -> Tensor:
        return theta != 0

    def kink_gradient(self, theta: Tensor) -> Tensor:
        return self.strength * theta.sign()


@dataclass(frozen=True)
class ElasticNet(NonsmoothPenalty):
    """``strength * (l1_ratio ||theta||_1 + (1 - l1_ratio) ||theta||^2 / 2)``, as in scikit-learn.

    The square is the smooth part and belongs to the curvature; the prox is that of the rest.

    Args:
        strength: at least 0.
        l1_ratio: above 0, at most 1; for 0 use :class:`Ridge`.

    Raises:
        InvalidChoice: unless ``0 < l1_ratio <= 1``.

    Source: Zou and Hastie, Regularization and Variable Selection via the Elastic Net (2005).

    >>> import torch, afif_explorer as ax
    >>> ax.ElasticNet(1.0, l1_ratio=0.5).value(torch.tensor([2.0])).item()
    2.0
    """

    l1_ratio: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (is_number(self.l1_ratio) and 0 < self.l1_ratio <= 1):
            raise InvalidChoice(
                f"An ElasticNet's l1_ratio must be above 0 and at most 1, not {quoted(self.l1_ratio)}; "
                "for 0 use Ridge."
            )

    @property
    def threshold(self) -> float:
        return self.strength * self.l1_ratio

    def value(self, theta: Tensor) -> Tensor:
        return self.threshold * theta.abs().sum(0) + 0.5 * self.hessian * (theta**2).sum(0)

    def gradient(self, theta: Tensor) -> Tensor:
        return self.hessian * theta

    @property
    def hessian(self) -> float:
        return self.strength * (1 - self.l1_ratio)

    def prox(self, v: Tensor, step: float) -> Tensor:
        return _shrunk(v, step * self.threshold)

    def active(self, theta: Tensor) -> Tensor:
        return theta != 0

    def kink_gradient(self, theta: Tensor) -> Tensor:
        return self.threshold * theta.sign()


def _shrunk(v: Tensor, by: float) -> Tensor:
    """Soft-thresholding."""
    return v.sign() * (v.abs() - by).clamp(min=0)
