"""Losses as targets: of a split, and of one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.targets.base import RowTarget, Target
from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.engine.targets.predictions import has_classes
from afif_explorer.errors import InvalidChoice


@dataclass(frozen=True)
class MeanLoss(Target):
    """``T = (1/m) sum_i l(f(x_i; theta), y_i)`` over the ``m`` rows of a split, without penalty.

    With sample weights ``sum_i a_i l_i / sum_i a_i``. In nats, or half squared target units.

    Args:
        split: "train", "validation" or "test".

    Source: Koh and Liang, Understanding Black-box Predictions via Influence Functions (2017).

    >>> import afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test")
    >>> loss = target.bind(fit).value(fit.parameters)
    >>> abs(loss - fit.metrics["mean_loss"]) < 1e-12
    True
    """

    split: str = "test"

    @property
    def where(self) -> str:
        return self.split

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = fit.objective.loss
        return lambda f: sample.mean(loss.value(f, sample.y))


@dataclass(frozen=True)
class SoftAccuracy(Target):
    """``T = (1/m) sum_i p(y_i | x_i; theta)``, the mean probability of the observed class on a split.

    A smooth stand-in for the accuracy, whose decisions have no derivative: the expected accuracy if classes
    were drawn from the predicted probabilities. With sample weights ``sum_i a_i p_i / sum_i a_i``. In units
    of probability.

    Args:
        split: "train", "validation" or "test".

    Raises:
        InvalidChoice: when used with a fit that does not predict one of several classes.

    Source: Gneiting and Raftery, Strictly Proper Scoring Rules (2007), the linear score.

    >>> import afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring")), ax.SoftAccuracy("test")
    >>> 0.5 < target.bind(fit).value(fit.parameters) < fit.metrics["accuracy"]
    True
    """

    split: str = "test"

    @property
    def where(self) -> str:
        return self.split

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        if not has_classes(fit.objective):
            raise InvalidChoice("SoftAccuracy needs a fit that predicts one of several classes.")
        loss = fit.objective.loss
        return lambda f: sample.mean((-loss.value(f, sample.y)).exp())


@dataclass(frozen=True)
class PointLoss(RowTarget):
    """``T = l(f(x_i; theta), y_i)``, the loss of one row of a split, whatever its sample weight.

    In nats, or half squared target units.

    Args:
        split: "train", "validation" or "test".
        i: id of the row, as in ``data.test.ids``.

    Raises:
        InvalidChoice: when used with a fit whose split does not have that row.

    Source: Koh and Liang (2017).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> ax.attribute(fit, [ax.PointLoss("test", i) for i in fit.data.test.ids[:10]]).shape
    (1400, 10)
    """

    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = fit.objective.loss
        return lambda f: loss.value(f, sample.y)
