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
class PointLoss(RowTarget):
    """``T = l(f(x_i; theta), y_i)`` of row ``i`` of a split, counted from 0 in the order of its rows.

    In nats, or half squared target units. ``split``: "train", "validation" or "test". Raises
    :class:`InvalidChoice` for a row that does not exist. Source: Koh and Liang (2017).
    """

    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = fit.objective.loss
        return lambda f: loss.value(f, sample.y)
