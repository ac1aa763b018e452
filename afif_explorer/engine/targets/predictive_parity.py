"""Predictive parity: how often the predicted outcome is the observed one, by group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.engine.targets.disparities import (
    PREDICTED,
    ClassDisparity,
    Condition,
    Score,
    weighted_mean,
)
from afif_explorer.engine.targets.predictions import decided, predicted


@dataclass(frozen=True)
class PredictiveParityDifference(ClassDisparity):
    """``max_g v_g - min_g v_g`` of the positive predictive values ``v_g = sum_g p_i y_i / sum_g p_i``.

    ``y_i`` is 1 for rows with the outcome in question and else 0; ``p_i`` is the predicted probability of
    that outcome. With decisions for ``p_i`` (the hard form) ``v_g`` is the share of correct ones among the
    rows with the predicted outcome; a group without such rows is left out. In units of probability.

    Args:
        sensitive: display name of the sensitive column.
        split: the rows it is measured on: "train", "validation" or "test".
        outcome: number of the class in question; None: the last one.

    Raises:
        InvalidChoice: when used with a model of numbers.

    Source: Chouldechova, Fair prediction with disparate impact (2017).

    >>> import afif_explorer as ax
    >>> fit, gap = ax.fit(ax.load_dataset("hiring")), ax.PredictiveParityDifference("group")
    >>> gap.compare(fit, fit.parameters, soft=False).among
    'with the predicted outcome'
    """

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss, pair = fit.objective.loss, self.widest(fit, sample)
        observed = self.observed(fit, sample)

        def gap(outputs: Tensor) -> Tensor:
            weight = predicted(loss, outputs, self.outcome)
            y = observed.to(weight.dtype)
            return weighted_mean(y, weight, pair.high) - weighted_mean(y, weight, pair.low)

        return gap

    def conditions(
        self, fit: Fitted, sample: Sample, outputs: Tensor, *, soft: bool
    ) -> list[Condition]:
        words, read = ("", predicted) if soft else (PREDICTED, decided)
        return [Condition(words, read(fit.objective.loss, outputs, self.outcome))]

    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        observed = self.observed(fit, sample)
        return lambda outputs: observed.to(outputs.dtype)
