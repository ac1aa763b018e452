"""Penalties ``strength * pi(theta)`` on the parameters that a model marks as penalised.

A penalty may have a smooth part, specified by its gradient and (diagonal) Hessian, and a non-smooth
part, specified by its proximal operator and its derivatives where it is smooth. ``strength`` multiplies
both.

To define your own penalty, subclass :class:`Penalty` (smooth: ``value``, ``gradient``, ``hessian``) or
:class:`NonsmoothPenalty` (``value``, ``prox``, ``active``, ``kink_gradient``; ``kink_hessian`` if it is
curved).

Sources: Tibshirani (1996); Zou and Hastie (2005); Yuan and Lin (2006); Parikh and Boyd, Proximal
Algorithms (2014), section 6.5.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_number, is_whole


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
                f"The strength of a penalty must be a number of at least 0, not {self.strength!r}."
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
                f"An ElasticNet's l1_ratio must be above 0 and at most 1, not {self.l1_ratio!r}; for 0 use "
                "Ridge."
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


@dataclass(frozen=True)
class GroupLasso(NonsmoothPenalty):
    """``strength * sum_g sqrt(|g|) ||theta_g||_2``: whole groups become exactly zero.

    Args:
        strength: at least 0.
        groups: disjoint tuples of indices into the penalised parameters; parameters in no group are not
            penalised. None: :func:`afif_explorer.fit` groups the columns of ``X`` encoded from the same raw
            column (with their weights for all outputs or hidden units).

    Raises:
        InvalidChoice: for empty or overlapping groups.

    Source: Yuan and Lin, Model Selection and Estimation in Regression with Grouped Variables (2006).

    >>> import torch, afif_explorer as ax
    >>> penalty = ax.GroupLasso(1.0, groups=((0, 1), (2,)))
    >>> penalty.prox(torch.tensor([0.3, 0.4, 3.0]), step=1.0).round(decimals=6).tolist()
    [0.0, 0.0, 2.0]
    """

    groups: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.groups is None:
            return
        try:
            members = [place for group in self.groups for place in group]
        except TypeError:
            members = [-1]
        if not all(is_whole(place) and place >= 0 for place in members):
            raise InvalidChoice(
                "The groups of a GroupLasso must contain indices: whole numbers of at least 0."
            )
        object.__setattr__(self, "groups", tuple(tuple(map(int, group)) for group in self.groups))
        if not all(self.groups) or len(set(members)) < len(members):
            raise InvalidChoice(
                "The groups of a GroupLasso must not be empty and must not overlap."
            )

    def value(self, theta: Tensor) -> Tensor:
        sizes, bounds, _ = self._sizes(theta)
        return (bounds * sizes).sum(0)

    def prox(self, v: Tensor, step: float) -> Tensor:
        sizes, bounds, member = self._sizes(v)
        return v * (1 - step * bounds / _divisor(sizes)).clamp_(min=0)[member]

    def active(self, theta: Tensor) -> Tensor:
        sizes, _, member = self._sizes((theta != 0).double())
        sizes[-1] = 1.0  # in no group: always smooth
        return (sizes > 0)[member]

    def kink_gradient(self, theta: Tensor) -> Tensor:
        sizes, bounds, member = self._sizes(theta)
        return theta * (bounds / _divisor(sizes))[member]

    @property
    def piecewise_linear(self) -> bool:
        return all(len(group) == 1 for group in self._known())  # a lasso

    def restricted(self, places: Tensor) -> GroupLasso | None:
        at = {int(place): number for number, place in enumerate(places)}
        inside = [group for group in self._known() if not at.keys().isdisjoint(group)]
        if any(place not in at for group in inside for place in group):
            return None  # the weight of a group is that of its size
        groups = tuple(tuple(at[place] for place in group) for group in inside)
        return replace(self, groups=groups)

    def kink_product(self, theta: Tensor, vectors: Tensor) -> Tensor:
        sizes, bounds, member = self._sizes(theta)
        inner = vectors.new_zeros(len(sizes), vectors.shape[1])
        inner.index_add_(0, member, theta[:, None] * vectors)
        across = vectors - theta[:, None] * (inner / _divisor(sizes**2)[:, None])[member]
        return across * torch.where(sizes > 0, bounds / _divisor(sizes), 0.0)[member][:, None]

    def kink_hessian(self, theta: Tensor) -> Tensor | None:
        if self.piecewise_linear:
            return None
        hessian = theta.new_zeros(len(theta), len(theta))
        for group in self._known():
            place = torch.tensor(group, device=theta.device)
            part, size = theta[place], theta[place].norm()
            if size > 0:
                flat = torch.eye(len(group), dtype=theta.dtype, device=theta.device)
                flat -= torch.outer(part, part) / size**2
                hessian[place[:, None], place] = self.strength * _weight(group) / size * flat
        return hessian

    def _sizes(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Norms of the groups, ``[g]`` or ``[g, m]``, their multipliers, and each parameter's group.

        The last group holds all parameters without a group; its multiplier is 0.
        """
        member, bounds = _membership(self._known(), len(theta), theta.device, theta.dtype)
        sizes = theta.new_zeros(len(bounds), *theta.shape[1:])
        sizes = sizes.index_add_(0, member, theta.square()).sqrt_()
        return sizes, (self.strength * bounds).reshape(-1, *[1] * (theta.ndim - 1)), member

    def _known(self) -> tuple[tuple[int, ...], ...]:
        if self.groups is None:
            raise InvalidChoice(
                "A GroupLasso needs groups: pass tuples of indices into the penalised parameters."
            )
        return self.groups


def _weight(group: tuple[int, ...]) -> float:
    """Groups are weighted by the square root of their size, so that none is favoured by chance."""
    return math.sqrt(len(group))


@lru_cache(maxsize=64)
def _membership(
    groups: tuple[tuple[int, ...], ...], q: int, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """The group of each of ``q`` parameters, ``[q]``, and the weight of each group, ``[g + 1]``."""
    if max((place for group in groups for place in group), default=-1) >= q:
        raise InvalidChoice(
            f"A group of the GroupLasso exceeds the {q} penalised parameters; check its indices."
        )
    member = torch.full((q,), len(groups))
    for number, group in enumerate(groups):
        member[list(group)] = number
    weights = torch.tensor([*map(_weight, groups), 0.0], dtype=dtype, device=device)
    return member.to(device), weights


def _divisor(sizes: Tensor) -> Tensor:
    """The norms, made safe for division."""
    return sizes.clamp(min=torch.finfo(sizes.dtype).tiny)


def _shrunk(v: Tensor, by: float) -> Tensor:
    """Soft-thresholding."""
    return v.sign() * (v.abs() - by).clamp(min=0)
