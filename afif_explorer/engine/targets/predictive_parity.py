"""Predictive parity: how often the predicted outcome is the observed one, by group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.engine.targets.comparison import PREDICTED, Condition, weighted_mean
from afif_explorer.engine.targets.disparities import ClassDisparity
from afif_explorer.engine.targets.disparity import Score
from afif_explorer.engine.targets.predictions import decided, predicted


@dataclass(frozen=True)
class PredictiveParityDifference(ClassDisparity):
    """``max_g v_g - min_g v_g`` of the positive predictive values ``v_g = sum_g p_i y_i / sum_g p_i``.

    ``y_i`` is 1 for rows with the favourable outcome and else 0; ``p_i`` is the predicted probability of
    that outcome. With decisions for ``p_i`` (the hard form) ``v_g`` is the share of correct ones among the
    rows with the predicted outcome; a group without such rows is left out. In units of probability.

    Args:
        sensitive, split, outcome, favourable, groups, minimum, merge_small, merge: as for
            :class:`DemographicParityDifference`.

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
        observed, favourable = self.observed(fit, sample), self.favourable_class(fit, sample)

        def gap(outputs: Tensor) -> Tensor:
            weight = sample.weighted(predicted(loss, outputs, favourable))
            y = observed.to(weight.dtype)
            return weighted_mean(y, weight, pair.high) - weighted_mean(y, weight, pair.low)

        return gap

    def conditions(
        self, fit: Fitted, sample: Sample, outputs: Tensor, *, soft: bool
    ) -> list[Condition]:
        words, read = ("", predicted) if soft else (PREDICTED, decided)
        favourable = self.favourable_class(fit, sample)
        return [Condition(words, read(fit.objective.loss, outputs, favourable))]

    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        observed = self.observed(fit, sample)
        return lambda outputs: observed.to(outputs.dtype)

    def measured(self, favourable: str, *, soft: bool) -> str:
        return f"positive predictive value of {favourable}"

    def class_matters(self, classes: int) -> bool:
        return classes > 1
