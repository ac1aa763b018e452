"""Group disparities as targets: highest minus lowest group mean of something.

The two groups (and, for equalised odds, the condition) are fixed at the unperturbed fit. The soft form,
with the mean prediction in place of the decision, is what has a gradient; :meth:`GroupDisparity.hard`
gives the form with decisions, which agrees with fairlearn's metrics of the same names.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.engine.targets.predictions import decided, hits, predicted
from afif_explorer.errors import InvalidChoice, UndefinedMeasure

Score = Callable[[Tensor], Tensor]  # outputs [n, k] -> a number of each row [n]
WITH, WITHOUT = "with the outcome", "without the outcome"
PREDICTED = "with the predicted outcome"
OUTCOME_WORDS = (WITH, WITHOUT, PREDICTED)  # the name of the outcome may follow


class Condition(NamedTuple):
    """Which rows a mean is over.

    Attributes:
        words: as words after "rows"; empty if all.
        weight: of each row in the mean, at least 0, ``[n]``; rows of weight 0 don't count.
    """

    words: str
    weight: Tensor


@dataclass(frozen=True)
class Comparison:
    """The two groups that a disparity compares.

    Attributes:
        highest, lowest: the two groups. rows: the number of relevant rows of each. among: the condition on
            these rows, as words after "rows"; empty if all.
        gap: the difference of their means.
        left_out: for each condition the groups of the split without rows that satisfy it; their mean is
            undefined.
        as_zero: the gap if an undefined mean counted as 0, as in fairlearn.
    """

    highest: str
    lowest: str
    rows: tuple[int, int]
    among: str
    gap: float
    left_out: Mapping[str, tuple[str, ...]]
    as_zero: float


@dataclass(frozen=True, eq=False)
class Pair:
    """Two groups.

    Attributes:
        highest, lowest: their names. high, low: masks ``[n]`` of their rows that count. among: which these
            are, as words after "rows"; empty if all.
        contrast: weights ``[n]`` whose product with the score is the highest minus the lowest mean.
    """

    highest: str
    lowest: str
    high: Tensor
    low: Tensor
    among: str
    contrast: Tensor


def weighted_mean(score: Tensor, weight: Tensor, rows: Tensor) -> Tensor:
    """``sum_i weight_i score_i / sum_i weight_i`` over the rows of a mask ``[n]``."""
    return (weight[rows] @ score[rows]) / weight[rows].sum()


def _range_as_zero(score: Tensor, groups: Mapping[str, Tensor], condition: Condition) -> float:
    """Highest minus lowest mean of all groups; 0 where no row of a group meets the condition."""
    weight = condition.weight
    means = [
        float(weighted_mean(score, weight, mask)) if bool((mask & (weight > 0)).any()) else 0.0
        for mask in groups.values()
    ]
    return max(means) - min(means)


@dataclass(frozen=True)
class GroupDisparity(Target):
    """Highest minus lowest group mean of a score ``s``: ``T = max_g mean_g(s) - min_g mean_g(s)``.

    At least 0 at the fit, where the two groups are fixed; a positive effect means that removing the row
    widens the gap.

    Args:
        sensitive: name of the sensitive attribute.
        split: the rows it is measured on.
        outcome: the positive class (the last if None).

    Raises :class:`InvalidChoice` for an unknown attribute and :class:`UndefinedMeasure` if fewer than two
    groups have rows in the split (or rows that satisfy the measure's condition). Other groups without such
    rows are left out: :meth:`compare` names them.
    Source: Barocas, Hardt and Narayanan, Fairness and Machine Learning, chapter 3.
    """

    sensitive: str = ""
    split: str = "test"
    outcome: int | None = None

    @property
    def where(self) -> str:
        return self.split

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        score = self.score(fit, sample, soft=True)
        contrast = self.widest(fit, sample).contrast
        return lambda outputs: contrast @ score(outputs)

    def hard(self, fit: Fitted, theta: Tensor) -> float:
        """The disparity of decisions at ``theta`` ``[p]``; its groups are those of ``theta`` itself."""
        return self.compare(fit, theta, soft=False).gap

    def compare(self, fit: Fitted, theta: Tensor, *, soft: bool = True) -> Comparison:
        """The two groups that the gap at ``theta`` ``[p]`` compares, and their rows.

        ``soft``: of mean predictions; else of decisions. Raises :class:`UndefinedMeasure` if fewer than two
        groups have relevant rows.
        """
        sample = self.rows(fit)
        f = fit.objective.model.outputs(theta, sample.X)
        score = self.score(fit, sample, soft=soft)(f)
        conditions = self.conditions(fit, sample, f, soft=soft)
        widest = self._widest(score, conditions, sample)
        every = self._group_masks(sample, torch.ones_like(widest.high))
        left_out = {
            words: tuple(
                name for name, mask in every.items() if not bool((mask & (weight > 0)).any())
            )
            for words, weight in conditions
        }
        return Comparison(
            highest=widest.highest,
            lowest=widest.lowest,
            rows=(int(widest.high.sum()), int(widest.low.sum())),
            among=widest.among,
            gap=float(widest.contrast @ score),
            left_out={words: names for words, names in left_out.items() if names},
            as_zero=max(_range_as_zero(score, every, met) for met in conditions),
        )

    def group_means(self, fit: Fitted, theta: Tensor) -> dict[str, float]:
        """Mean score of each group at ``theta`` ``[p]``, under the first condition."""
        sample = self.rows(fit)
        f = fit.objective.model.outputs(theta, sample.X)
        score = self.score(fit, sample, soft=True)(f)
        weight = self.conditions(fit, sample, f, soft=True)[0].weight
        masks = self._group_masks(sample, weight > 0)
        return {name: float(weighted_mean(score, weight, mask)) for name, mask in masks.items()}

    def widest(self, fit: Fitted, sample: Sample) -> Pair:
        """The groups with the highest and the lowest mean prediction at the fit."""
        f = fit.objective.model.outputs(fit.parameters, sample.X)
        score = self.score(fit, sample, soft=True)(f)
        return self._widest(score, self.conditions(fit, sample, f, soft=True), sample)

    def _widest(self, score: Tensor, conditions: list[Condition], sample: Sample) -> Pair:
        """The same for any score, under the condition of the largest gap."""
        pairs = [self._pair(score, condition, sample) for condition in conditions]
        return max(pairs, key=lambda pair: float(pair.contrast @ score))

    def _pair(self, score: Tensor, condition: Condition, sample: Sample) -> Pair:
        words, weight = condition
        masks = self._group_masks(sample, weight > 0)
        if len(masks) < 2:
            among = f"among rows {words} " if words else ""
            which = "".join(f" ({name!r})" for name in masks)
            raise UndefinedMeasure(
                f"A disparity needs two groups, but {among}{'only 1' if masks else 'no'} group of "
                f"{self.sensitive!r}{which} has rows in the {self.split} split."
            )
        names = list(masks)
        means = torch.stack([weighted_mean(score, weight, mask) for mask in masks.values()])
        highest, lowest = names[int(means.argmax())], names[int(means.argmin())]
        high, low = masks[highest], masks[lowest]
        contrast = high * weight / weight[high].sum() - low * weight / weight[low].sum()
        return Pair(highest, lowest, high, low, words, contrast)

    def _group_masks(self, sample: Sample, counts: Tensor) -> dict[str, Tensor]:
        """The rows ``[n]`` of each group that has any that count."""
        if self.sensitive not in sample.groups:
            known = ", ".join(map(repr, sample.groups)) or "none"
            raise InvalidChoice(
                f"{self.sensitive!r} is not a sensitive attribute of these data; there are: {known}."
            )
        codes = torch.as_tensor(np.asarray(sample.groups[self.sensitive]), device=counts.device)
        masks = {
            name: (codes == code) & counts
            for code, name in enumerate(sample.group_names[self.sensitive])
        }
        return {name: mask for name, mask in masks.items() if bool(mask.any())}

    def conditions(
        self, fit: Fitted, sample: Sample, outputs: Tensor, *, soft: bool
    ) -> list[Condition]:
        """Which rows count at these outputs ``[n, k]``; of several the one with the largest gap is taken."""
        return [Condition("", outputs.new_ones(len(outputs)))]

    @abstractmethod
    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        """The per-row score whose group means are compared."""


class _OfPredictions(GroupDisparity):
    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        read = predicted if soft else decided
        return lambda f: read(fit.objective.loss, f, self.outcome)


@dataclass(frozen=True)
class DemographicParityDifference(_OfPredictions):
    """``max_g E[prediction | group g] - min_g E[prediction | group g]``, in units of probability.

    0: the mean prediction is the same for every group. At least 0 at the fit, where the two groups are
    chosen; positive effects widen the gap. For regression it is in the target's units.

    Args:
        sensitive: display name of the sensitive column.
        split: the rows it is measured on: "train", "validation" or "test".
        outcome: number of the class in question; None: the last one.

    Raises:
        InvalidChoice, UndefinedMeasure: when used with a fit without that column, or with fewer than two
            groups in the split.

    Source: Barocas, Hardt and Narayanan, Fairness and Machine Learning (2023), chapter 3 (independence).

    >>> import afif_explorer as ax
    >>> fit, gap = ax.fit(ax.load_dataset("hiring")), ax.DemographicParityDifference("group")
    >>> compared = gap.compare(fit, fit.parameters)
    >>> compared.highest, compared.lowest
    ('blue', 'green')
    >>> 0 < compared.gap < 1
    True
    """


@dataclass(frozen=True)
class MeanPredictionDifference(_OfPredictions):
    """``max_g E[prediction | group g] - min_g E[prediction | group g]`` for regression, in target units.

    The counterpart of :class:`DemographicParityDifference` for regression and counts.

    Args:
        sensitive, split, outcome: as for :class:`DemographicParityDifference`.

    Source: Calders et al., Controlling Attribute Effect in Linear Regression (2013).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("diabetes"))
    >>> ax.attribute(fit, ax.MeanPredictionDifference(fit.data.sensitive[0])).shape == (fit.n,)
    True
    """


class ClassDisparity(_OfPredictions):
    """A disparity that is defined for classes only."""

    def observed(self, fit: Fitted, sample: Sample) -> Tensor:
        """Whether each row has the outcome in question, ``[n]`` bool."""
        loss = fit.objective.loss
        if not isinstance(loss, Bernoulli | Categorical):
            raise InvalidChoice(
                f"{type(self).__name__} is defined for classification; for regression choose "
                "MeanPredictionDifference or GroupLossDifference."
            )
        return hits(loss, sample.y, self.outcome, fit.objective.model.k)


@dataclass(frozen=True)
class EqualOpportunityDifference(ClassDisparity):
    """``max_g E[prediction | g, outcome 1] - min_g E[prediction | g, outcome 1]``.

    The difference of true positive rates with the mean prediction in place of the decision: the mean is
    over rows whose observed class is the outcome in question.

    Args:
        sensitive, split, outcome: as for :class:`DemographicParityDifference`.

    Raises:
        InvalidChoice: when used with a regression model.

    Source: Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning (2016).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> gap = ax.EqualOpportunityDifference("group", split="validation")
    >>> gap.compare(fit, fit.parameters).among
    'with the outcome'
    """

    def conditions(
        self, fit: Fitted, sample: Sample, outputs: Tensor, *, soft: bool
    ) -> list[Condition]:
        return [Condition(WITH, self.observed(fit, sample).to(outputs.dtype))]


@dataclass(frozen=True)
class EqualizedOddsDifference(ClassDisparity):
    """``max_o (max_g E[prediction | g, o] - min_g E[prediction | g, o])`` over outcome ``o`` 1 and 0.

    The larger of two gaps: of the true and of the false positive rates, with the mean prediction in place
    of the decision. In units of probability.

    Args:
        sensitive, split, outcome: as for :class:`DemographicParityDifference`.

    Raises:
        InvalidChoice: when used with a regression model.

    Source: Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning (2016).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> gaps = ax.EqualizedOddsDifference("group"), ax.EqualOpportunityDifference("group")
    >>> odds, opportunity = (gap.compare(fit, fit.parameters).gap for gap in gaps)
    >>> odds >= opportunity
    True
    """

    def conditions(
        self, fit: Fitted, sample: Sample, outputs: Tensor, *, soft: bool
    ) -> list[Condition]:
        observed = self.observed(fit, sample).to(outputs.dtype)
        return [Condition(WITH, observed), Condition(WITHOUT, 1 - observed)]


@dataclass(frozen=True)
class GroupLossDifference(GroupDisparity):
    """``max_g E[l | group g] - min_g E[l | group g]`` of the losses; nats, or half squared target units.

    Args:
        sensitive, split, outcome: as for :class:`DemographicParityDifference`; losses do not depend on
            ``outcome``.

    Source: Agarwal, Dudik and Wu, Fair Regression (2019), who bound the loss of every group.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> means = ax.GroupLossDifference("group").group_means(fit, fit.parameters)
    >>> sorted(means)
    ['blue', 'green']
    """

    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        return lambda f: fit.objective.loss.value(f, sample.y)
