"""Targets ``T(theta)``: the quantities whose change is predicted when rows are removed.

A target is a function of the model's outputs on a sample of rows. Bound to a fit it has a value at any
``theta`` and derivatives at the fit: see :class:`~afif_explorer.engine.targets.bound.Bound`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, TypeGuard, cast

import torch
from torch import Tensor

from afif_explorer.engine.problem.row_ids import positions_of
from afif_explorer.engine.targets.bound import Bound, Fitted, Sample
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import is_whole
from afif_explorer.wording import quoted


@dataclass(frozen=True)
class Target(ABC):
    """A quantity of interest ``T(theta)``: a smooth function of the outputs ``[n, k]`` on a split's rows.

    Subclass it to define your own target: ``where`` names the split and ``function(fit, sample)`` returns
    ``T`` as a differentiable function of the outputs. Effects of rows are changes of ``T``, in its units,
    positive if it rises without the row.

    >>> from dataclasses import dataclass
    >>> import afif_explorer as ax
    >>> @dataclass(frozen=True)
    ... class LargestLogit(ax.Target):
    ...     where = "test"
    ...
    ...     def function(self, fit, sample):
    ...         return lambda outputs: outputs.max()
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> ax.attribute(fit, LargestLogit()).shape
    (1400,)
    """

    @property
    @abstractmethod
    def where(self) -> str:
        """The split whose rows the target reads: "train", "validation" or "test"."""

    @abstractmethod
    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        """``T`` as a differentiable function of the outputs ``[n, k]`` of the sample's rows."""

    def bind(self, fit: Fitted) -> Bound:
        """The target on this fit.

        Raises :class:`DataError` if the split has no rows, :class:`InvalidChoice` if :meth:`function` returns
        no function.
        """
        sample = self.rows(fit)
        function = self.function(fit, sample)
        if not callable(function):
            raise InvalidChoice(
                f"{type(self).__name__}.function must return a function of the outputs, not "
                f"{type(function).__name__}."
            )
        return Bound(fit, sample, function)

    def is_value(self) -> bool:
        """Whether all that the target holds is in its fields, so that equal ones are the same."""
        try:
            hash(self)
        except TypeError:
            return False
        return vars(self).keys() <= {one.name for one in fields(self)}

    def rows(self, fit: Fitted) -> Sample:
        """The rows that the target depends on.

        Raises :class:`InvalidChoice` for an unknown split or row, :class:`DataError` for a split without
        rows.
        """
        sample = fit.sample(self.where)
        if len(sample.X) == 0:
            raise DataError(
                f"The {self.where} split has no rows to measure the target on; choose another split, "
                "or give it a share of the data."
            )
        return sample


@dataclass(frozen=True)
class RowTarget(Target):
    """A target that depends only on the row with the id ``i``."""

    split: str = "test"
    i: int = 0

    @property
    def where(self) -> str:
        return self.split

    @abstractmethod
    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        """The same target on every row of a sample: outputs ``[m, k]`` to values ``[m]``."""

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        each = self.each(fit, sample)
        return lambda f: each(f).sum()

    def rows(self, fit: Fitted) -> Sample:
        return self.rows_of(fit, [self.i])

    def rows_of(self, fit: Fitted, ids: Sequence[int]) -> Sample:
        """These rows of the split. Raises :class:`InvalidChoice` for one that does not exist."""
        sample = super().rows(fit)
        for i in ids:
            if not is_whole(i):
                raise InvalidChoice(f"A row is named by its id, a whole number, not {quoted(i)}.")
        places = positions_of([int(i) for i in ids], self.split, fit.row_ids)
        rows = torch.as_tensor(places, device=sample.X.device)
        return Sample(sample.X[rows], sample.y[rows])


def as_targets(targets: Target | Iterable[Target]) -> list[Target]:
    """One target or several, as a list. Raises :class:`InvalidChoice` for anything else."""
    several = isinstance(targets, Iterable) and not isinstance(targets, str)
    found: list[Any] = list(cast(Iterable[Target], targets)) if several else [targets]
    for one in found:
        if not isinstance(one, Target):
            raise InvalidChoice(
                f"Expected a target such as MeanLoss('test'), or a list of targets, got {quoted(one)}."
            )
    return found


def _is_plain(target: Target) -> TypeGuard[RowTarget]:
    """Whether a target is that of :class:`RowTarget`, row by row, whatever a subclass made of it."""
    if not isinstance(target, RowTarget):
        return False
    kind = type(target)
    own = kind.function is not RowTarget.function or kind.rows is not RowTarget.rows
    return not own and target.is_value()


class Group(NamedTuple):
    """Targets that are differentiated together, and their indices among all targets."""

    places: list[int]
    bound: Bound


def gradients_of(groups: Sequence[Group]) -> Tensor:
    """``grad T`` of each target at the fit, in the order of the targets: ``[p, m]``."""
    found = torch.cat([group.bound.gradients() for group in groups], dim=1)
    places = [place for group in groups for place in group.places]
    if places == sorted(places):
        return found
    return found[:, torch.argsort(torch.as_tensor(places)).to(found.device)]


def bind_together(
    fit: Fitted,
    targets: Sequence[Target],
    bind: Callable[[Target, Fitted], Bound] = lambda target, fit: target.bind(fit),
) -> list[Group]:
    """All targets on a fit; those that read one row each of the same split are taken together.

    ``bind`` binds each of the others.
    """
    alike: dict[object, list[int]] = {}
    for place, target in enumerate(targets):
        key = replace(target, i=0) if _is_plain(target) else place
        alike.setdefault(key, []).append(place)
    groups = []
    for places in alike.values():
        first = targets[places[0]]
        if len(places) == 1:
            groups.append(Group(places, bind(first, fit)))
            continue
        assert isinstance(first, RowTarget)
        rows = first.rows_of(fit, [cast(RowTarget, targets[place]).i for place in places])
        sum_of, each = first.function(fit, rows), first.each(fit, rows)
        groups.append(Group(places, Bound(fit, rows, sum_of, len(places), each)))
    return groups
