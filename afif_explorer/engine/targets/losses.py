"""Losses as targets: of a split, and of one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.targets.base import RowTarget, Target
from afif_explorer.engine.targets.bound import Fitted, Sample


@dataclass(frozen=True)
class MeanLoss(Target):
    """``T = (1/m) sum_i l(f(x_i; theta), y_i)`` over the ``m`` rows of a split, without penalty.

    In nats, or half squared target units.

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
        return lambda f: loss.value(f, sample.y).mean()


@dataclass(frozen=True)
class PointLoss(RowTarget):
    """``T = l(f(x_i; theta), y_i)``, the loss of one row of a split.

    In nats, or half squared target units.

    Args:
        split: "train", "validation" or "test".
        i: position of the row in the split, from 0.

    Raises:
        InvalidChoice: when used with a fit whose split does not have that row.

    Source: Koh and Liang (2017).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> ax.attribute(fit, [ax.PointLoss("test", i) for i in range(10)]).shape
    (1400, 10)
    """

    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = fit.objective.loss
        return lambda f: loss.value(f, sample.y)
