"""The group lasso: a penalty under which whole groups of parameters become exactly zero."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_whole


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
