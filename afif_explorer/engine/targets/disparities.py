"""Group disparities as targets: demographic parity, equal opportunity, equalised odds, losses."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.engine.targets.comparison import WITH, WITHOUT, Condition
from afif_explorer.engine.targets.disparity import GroupDisparity, Score
from afif_explorer.engine.targets.predictions import decided, has_classes, hits, predicted
from afif_explorer.errors import InvalidChoice


class _OfPredictions(GroupDisparity):
    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        read = predicted if soft else decided
        favourable = self.favourable_class(fit, sample)
        return lambda f: read(fit.objective.loss, f, favourable)

    def measured(self, favourable: str, *, soft: bool) -> str:
        if not favourable:
            return "mean prediction"
        return f"{'mean probability of' if soft else 'share predicted'} {favourable}"


@dataclass(frozen=True)
class DemographicParityDifference(_OfPredictions):
    """``max_g E[prediction | group g] - min_g E[prediction | group g]``, in units of probability.

    The prediction is the probability of the favourable class. 0: its mean is the same for every group. At
    least 0 at the fit, where the two groups are chosen; positive effects widen the gap. For regression it
    is in the target's units.

    Args:
        sensitive: display name of the sensitive column; the groups of several are their intersections.
        split: the rows it is measured on: "train", "validation" or "test".
        outcome: index of the favourable class, for classes without names.
        favourable: the favourable class by name. With neither, it is ``fit.data.favourable``, a guess from
            the names of the classes, or the last class.
        groups: names of the groups to compare, such as ``("F", "M")``, an intersection as a tuple; None:
            the two with the highest and the lowest mean.
        minimum: groups of which fewer rows count are left out, with the warning :class:`Undefined`.
        merge_small: compare the groups with fewer than ``minimum`` rows in the split as one.
        merge: groups that count as one, by their new name: ``{"young": ["18-25", "26-35"]}``.

    Raises:
        InvalidChoice: when used with a fit without that column, class or group.
        UndefinedMeasure: when used with fewer than two groups in the split.

    Source: Barocas, Hardt and Narayanan, Fairness and Machine Learning (2023), chapter 3 (independence).

    >>> import afif_explorer as ax
    >>> fit, gap = ax.fit(ax.load_dataset("hiring")), ax.DemographicParityDifference("group")
    >>> compared = gap.compare(fit, fit.parameters)
    >>> compared.highest, compared.lowest
    ('blue', 'green')
    >>> 0 < compared.gap < 1
    True
    >>> named = ax.DemographicParityDifference(
    ...     "group", favourable="hired", groups=("blue", "green"), minimum=30
    ... )
    >>> named.compare(fit, fit.parameters).gap == compared.gap
    True
    """


@dataclass(frozen=True)
class MeanPredictionDifference(_OfPredictions):
    """``max_g E[prediction | group g] - min_g E[prediction | group g]`` for regression, in target units.

    The counterpart of :class:`DemographicParityDifference` for regression and counts.

    Args:
        sensitive, split, outcome, favourable, groups, minimum, merge_small, merge: as for
            :class:`DemographicParityDifference`.

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
        if not has_classes(fit.objective):
            raise InvalidChoice(
                f"{type(self).__name__} is defined for classification; for regression choose "
                "MeanPredictionDifference or GroupLossDifference."
            )
        favourable = self.favourable_class(fit, sample)
        return hits(loss, sample.y, favourable, fit.objective.model.k)


@dataclass(frozen=True)
class EqualOpportunityDifference(ClassDisparity):
    """``max_g E[prediction | g, outcome 1] - min_g E[prediction | g, outcome 1]``.

    The difference of true positive rates with the mean prediction in place of the decision: the mean is
    over rows whose observed class is the outcome in question.

    Args:
        sensitive, split, outcome, favourable, groups, minimum, merge_small, merge: as for
            :class:`DemographicParityDifference`.

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

    def class_matters(self, classes: int) -> bool:
        return classes > 1


@dataclass(frozen=True)
class EqualizedOddsDifference(ClassDisparity):
    """``max_o (max_g E[prediction | g, o] - min_g E[prediction | g, o])`` over outcome ``o`` 1 and 0.

    The larger of two gaps: of the true and of the false positive rates, with the mean prediction in place
    of the decision. In units of probability.

    Args:
        sensitive, split, outcome, favourable, groups, minimum, merge_small, merge: as for
            :class:`DemographicParityDifference`.

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
        sensitive, split, outcome, favourable, groups, minimum, merge_small, merge: as for
            :class:`DemographicParityDifference`; losses do not depend on the favourable class.

    Source: Agarwal, Dudik and Wu, Fair Regression (2019), who bound the loss of every group.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> means = ax.GroupLossDifference("group").group_means(fit, fit.parameters)
    >>> sorted(means)
    ['blue', 'green']
    """

    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        return lambda f: fit.objective.loss.value(f, sample.y)

    def measured(self, favourable: str, *, soft: bool) -> str:
        return "mean loss"

    def class_matters(self, classes: int) -> bool:
        return False
