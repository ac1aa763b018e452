"""Targets ``T(theta)``: what a user watches while rows come and go.

A target is a function of the model's outputs on a sample of rows. Bound to a fit it gives its value at
any ``theta`` and its gradient at the fit, ``c = J' dT/df``: one :class:`Bound` per target.

A disparity is the highest minus the lowest group mean; which two groups these are is fixed at the
unperturbed fit, so that it is positive there and differentiable. 0 means that all groups are alike.
Definitions follow Barocas, Hardt and Narayanan, Fairness and Machine Learning, chapter 3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Loss
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.errors import ChoiceError, DataError
from afif_explorer.numeric import is_whole


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows on which targets are measured.

    Attributes:
        X: ``[n, ...]``; y: ``[n]``.
        groups: for each sensitive attribute the group number of each row ``[n]``, -1 if unknown.
        group_names: for each sensitive attribute the names of its groups.
    """

    X: Tensor
    y: Tensor
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    group_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@runtime_checkable
class Fitted(Protocol):
    """What a target needs to know of a fit."""

    @property
    def objective(self) -> Objective: ...

    @property
    def parameters(self) -> Tensor: ...

    def sample(self, split: str) -> Sample: ...


def checked_fit(fit: Fitted) -> Fitted:
    """The fit itself. Raises :class:`ChoiceError` for what is none."""
    if not isinstance(fit, Fitted):
        raise ChoiceError(
            f"What is asked about its rows is a fit, not a {type(fit).__name__}; make one by ax.fit."
        )
    return fit


class Bound:
    """A target on a fit's rows: a smooth function of ``theta``."""

    def __init__(self, fit: Fitted, sample: Sample, function: Callable[[Tensor], Tensor]) -> None:
        self._model, self._sample, self._function = fit.objective.model, sample, function
        self._fit = fit

    def value(self, theta: Tensor) -> float:
        """``T(theta)``, in the target's units."""
        return float(self._function(self._model.outputs(theta, self._sample.X)))

    def gradient(self) -> Tensor:
        """``grad T`` at the fit, ``[p]``."""
        linearization, _, slope = self._slope
        return linearization.pull(slope.detach()[:, :, None])[:, 0]

    def bend(self, vectors: Tensor) -> Tensor:
        """``(grad^2 T) V`` at the fit, ``[p, m] -> [p, m]``."""
        linearization, f, slope = self._slope
        pushed = linearization.push(vectors)
        bent = torch.zeros_like(pushed)
        if slope.requires_grad:  # otherwise T is linear in the outputs
            for column in range(vectors.shape[1]):
                (bent[:, :, column],) = torch.autograd.grad(
                    slope, f, pushed[:, :, column], retain_graph=True, materialize_grads=True
                )
        return linearization.pull(bent) + linearization.bend(slope.detach(), vectors)

    @property
    def outputs(self) -> int:
        """How many outputs the target reads: rows of its sample times outputs of a row."""
        return len(self._sample.X) * self._model.k

    def own_bend(self) -> tuple[Tensor, Tensor]:
        """``dT/df`` ``[q]`` and ``d^2 T/df^2`` ``[q, q]`` at the fit, for the few outputs that it reads."""
        _, f, slope = self._slope
        flat = slope.reshape(-1)
        bent = f.new_zeros(len(flat), len(flat))
        if slope.requires_grad:
            for place, one in enumerate(flat):
                (found,) = torch.autograd.grad(one, f, retain_graph=True, materialize_grads=True)
                bent[place] = found.reshape(-1)
        return flat.detach(), bent

    def seen(self, vectors: Tensor) -> Tensor:
        """How these outputs move along the vectors ``[p, m]``, at first order: ``[q, m]``."""
        return self._slope[0].push(vectors).flatten(0, 1)

    @cached_property
    def _slope(self) -> tuple[Linearization, Tensor, Tensor]:
        """The sample's linearization, its outputs ``[n, k]`` and ``dT/df`` there, differentiable.

        By ``torch.autograd``: the first call of ``torch.func`` imports a compiler, for seconds.
        """
        linearization = self._model.linearize(self._fit.parameters, self._sample.X)
        f = linearization.outputs.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self._function(f), f, create_graph=True)
        return linearization, f, slope


@dataclass(frozen=True)
class Target(ABC):
    """What to watch: ``T(theta)``, a smooth function of the outputs ``[n, k]`` on the rows of a split.

    Subclass it for a target of your own: ``function`` is all there is to it, and ``where`` names the split.
    Effects of rows are changes of ``T``, in its units, positive if it rises without the row.
    """

    @property
    @abstractmethod
    def where(self) -> str:
        """The split whose rows the target reads: "train", "validation" or "test"."""

    @abstractmethod
    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        """``T`` as a differentiable function of the outputs ``[n, k]`` of the sample's rows."""

    def bind(self, fit: Fitted) -> Bound:
        """The target on this fit. Raises :class:`DataError` if the split has no rows."""
        sample = self.rows(fit)
        return Bound(fit, sample, self.function(fit, sample))

    def rows(self, fit: Fitted) -> Sample:
        """The rows that the target reads.

        Raises :class:`ChoiceError` for an unknown split or row, :class:`DataError` for a split without rows.
        """
        sample = fit.sample(self.where)
        if len(sample.X) == 0:
            raise DataError(
                f"The {self.where} split has no rows to measure the target on; choose another split, "
                "or give it a share of the data."
            )
        return sample


def as_targets(targets: Target | Iterable[Target]) -> list[Target]:
    """One target or several, as a list. Raises :class:`ChoiceError` for what is no target."""
    several = isinstance(targets, Iterable) and not isinstance(targets, str)
    found: list[Any] = list(cast(Iterable[Target], targets)) if several else [targets]
    for one in found:
        if not isinstance(one, Target):
            raise ChoiceError(
                f"A target is one such as MeanLoss('test'), or several in a list, not {one!r}."
            )
    return found


@dataclass(frozen=True)
class MeanLoss(Target):
    """``T = (1/m) sum_i l(f(x_i; theta), y_i)`` over the ``m`` rows of a split, without penalty.

    In nats, or half squared target units. ``split``: "train", "validation" or "test".
    Source: Koh and Liang, Understanding Black-box Predictions via Influence Functions (2017).
    """

    split: str = "test"

    @property
    def where(self) -> str:
        return self.split

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = fit.objective.loss
        return lambda f: loss.value(f, sample.y).mean()


@dataclass(frozen=True)
class _OneRow(Target):
    """A target that reads row ``i`` (a position in the split) only."""

    split: str = "test"
    i: int = 0

    @property
    def where(self) -> str:
        return self.split

    def rows(self, fit: Fitted) -> Sample:
        sample = super().rows(fit)
        if not (is_whole(self.i) and 0 <= self.i < len(sample.X)):
            raise ChoiceError(
                f"Row {self.i} is not in the {self.split} split, whose rows are 0 to "
                f"{len(sample.X) - 1}."
            )
        return Sample(sample.X[self.i : self.i + 1], sample.y[self.i : self.i + 1])


@dataclass(frozen=True)
class PointLoss(_OneRow):
    """``T = l(f(x_i; theta), y_i)`` of row ``i`` of a split, counted from 0 in the order of its rows.

    In nats, or half squared target units. ``split``: "train", "validation" or "test". Raises
    :class:`ChoiceError` for a row that does not exist. Source: Koh and Liang (2017).
    """

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = fit.objective.loss
        return lambda f: loss.value(f, sample.y).mean()


@dataclass(frozen=True)
class Prediction(_OneRow):
    """``T = A'(f(x_i; theta))``, the mean prediction for row ``i``: a probability, a count, a value.

    In units of probability, or of the target. ``split`` and ``i`` as for :class:`PointLoss`; ``outcome`` is
    the class whose probability it is (the last if None). Raises :class:`ChoiceError` for a row or class
    that does not exist.
    """

    outcome: int | None = None

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        return lambda f: predicted(fit.objective.loss, f, self.outcome).mean()


def predicted(loss: Loss, f: Tensor, outcome: int | None = None) -> Tensor:
    """Mean prediction of each row, ``[n]``: of class ``outcome`` (None: the last) if there are classes."""
    mean, wanted = loss.mean(f), _class(loss, f.shape[1], outcome)
    if isinstance(loss, Bernoulli):
        return mean[:, 0] if wanted == 1 else 1 - mean[:, 0]
    return mean[:, wanted]


def decided(loss: Loss, f: Tensor, outcome: int | None = None) -> Tensor:
    """The model's decision for each row as 0.0 or 1.0, ``[n]``; the mean prediction if not classes."""
    mean, wanted = loss.mean(f), _class(loss, f.shape[1], outcome)
    if isinstance(loss, Bernoulli):
        return ((mean[:, 0] >= 0.5) == (wanted == 1)).to(f.dtype)
    if isinstance(loss, Categorical):
        return (mean.argmax(1) == wanted).to(f.dtype)
    return mean[:, wanted]


def hits(loss: Loss, y: Tensor, outcome: int | None, k: int) -> Tensor:
    """Whether each row's observed class is the outcome in question, ``[n]`` bool."""
    return y == _class(loss, k, outcome)


def _class(loss: Loss, k: int, outcome: int | None) -> int:
    """The class in question, or the place of a number among ``k`` outputs: the last if None."""
    several = 2 if isinstance(loss, Bernoulli) else k
    if outcome is None:
        return several - 1
    if several == 1:
        raise ChoiceError(f"A prediction of one number has no class {outcome}; leave outcome out.")
    if not (is_whole(outcome) and 0 <= outcome < several):
        raise ChoiceError(f"There is no class {outcome}; classes are 0 to {several - 1}.")
    return int(outcome)
