"""Group disparities as targets: highest minus lowest group mean of something.

The two groups (and, for equalised odds, the condition) are fixed at the unperturbed fit. The soft form,
with the mean prediction in place of the decision, is what has a gradient; :meth:`GroupDisparity.hard`
gives the form with decisions, which agrees with fairlearn's metrics of the same names.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.losses import Bernoulli, Categorical
from afif_explorer.engine.targets import Fitted, Sample, Target, decided, hits, predicted
from afif_explorer.errors import ChoiceError, DataError

Score = Callable[[Tensor], Tensor]  # outputs [n, k] -> a number of each row [n]


@dataclass(frozen=True)
class GroupDisparity(Target):
    """Highest minus lowest group mean of a score ``s``: ``T = max_g mean_g(s) - min_g mean_g(s)``.

    At least 0 at the fit, where the two groups are chosen; positive effects of rows widen the gap.

    Args:
        sensitive: name of the sensitive attribute.
        split: the rows it is measured on.
        outcome: the class in question (the last if None).

    Raises :class:`ChoiceError` for an unknown attribute and :class:`DataError` if fewer than two groups
    have rows in the split (or rows that meet the measure's condition).
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
        f = fit.objective.model.outputs(fit.parameters, sample.X)
        weights = max(
            (self._contrast(score(f), mask, sample) for mask in self.conditions(fit, sample)),
            key=lambda contrast: float(contrast @ score(f)),
        )
        return lambda outputs: weights @ score(outputs)

    def hard(self, fit: Fitted, theta: Tensor) -> float:
        """The disparity of decisions at ``theta`` ``[p]``; its groups are those of ``theta`` itself."""
        sample = self.rows(fit)
        score = self.score(fit, sample, soft=False)(fit.objective.model.outputs(theta, sample.X))
        return max(
            float(self._contrast(score, mask, sample) @ score)
            for mask in self.conditions(fit, sample)
        )

    def group_means(self, fit: Fitted, theta: Tensor) -> dict[str, float]:
        """Mean score of each group at ``theta`` ``[p]``, under the first condition."""
        sample = self.rows(fit)
        score = self.score(fit, sample, soft=True)(fit.objective.model.outputs(theta, sample.X))
        masks = self._group_masks(sample, self.conditions(fit, sample)[0])
        return {name: float(score[mask].mean()) for name, mask in masks.items()}

    def _contrast(self, score: Tensor, condition: Tensor, sample: Sample) -> Tensor:
        """``[n]`` weights whose product with the score is highest minus lowest group mean."""
        masks = list(self._group_masks(sample, condition).values())
        means = torch.stack([score[mask].mean() for mask in masks])
        high, low = masks[int(means.argmax())], masks[int(means.argmin())]
        return high.to(score.dtype) / high.sum() - low.to(score.dtype) / low.sum()

    def _group_masks(self, sample: Sample, condition: Tensor) -> dict[str, Tensor]:
        if self.sensitive not in sample.groups:
            known = ", ".join(map(repr, sample.groups)) or "none"
            raise ChoiceError(
                f"{self.sensitive!r} is not a sensitive attribute of these data; there are: {known}."
            )
        codes = torch.as_tensor(np.asarray(sample.groups[self.sensitive]), device=condition.device)
        masks = {
            name: (codes == code) & condition
            for code, name in enumerate(sample.group_names[self.sensitive])
        }
        masks = {name: mask for name, mask in masks.items() if bool(mask.any())}
        if len(masks) < 2:
            raise DataError(
                f"A disparity needs two groups, but {self.condition_text} only {len(masks)} group of "
                f"{self.sensitive!r} has rows in the {self.split} split."
            )
        return masks

    condition_text = "here"

    def conditions(self, fit: Fitted, sample: Sample) -> list[Tensor]:
        """Which rows count, ``[n]`` bool; of several conditions the one with the largest gap counts."""
        return [torch.ones(len(sample.X), dtype=torch.bool, device=sample.X.device)]

    @abstractmethod
    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        """The number of each row whose group means are compared."""


class _OfPredictions(GroupDisparity):
    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        read = predicted if soft else decided
        return lambda f: read(fit.objective.loss, f, self.outcome)


@dataclass(frozen=True)
class DemographicParityDifference(_OfPredictions):
    """``max_g E[prediction | group g] - min_g E[prediction | group g]``, in units of probability.

    0: every group is predicted alike on average. For numbers it is in the target's units.
    Source: Barocas, Hardt and Narayanan, Fairness and Machine Learning (2023), chapter 3 (independence).
    """


@dataclass(frozen=True)
class MeanPredictionDifference(_OfPredictions):
    """``max_g E[prediction | group g] - min_g E[prediction | group g]`` for numbers, in the target's units.

    For regression and counts what :class:`DemographicParityDifference` is for classes.
    Source: Calders et al., Controlling Attribute Effect in Linear Regression (2013).
    """


class _NeedsClasses(_OfPredictions):
    def _hits(self, fit: Fitted, sample: Sample) -> Tensor:
        loss = fit.objective.loss
        if not isinstance(loss, Bernoulli | Categorical):
            raise ChoiceError(
                f"{type(self).__name__} is defined for classes; for numbers choose "
                "MeanPredictionDifference or GroupLossDifference."
            )
        return hits(loss, sample.y, self.outcome, fit.objective.model.k)


@dataclass(frozen=True)
class EqualOpportunityDifference(_NeedsClasses):
    """``max_g E[prediction | g, outcome 1] - min_g E[prediction | g, outcome 1]``.

    True positive rates, softened: the mean runs over rows whose observed class is the outcome in
    question. In units of probability. Raises :class:`ChoiceError` for numbers. Source: Hardt, Price and
    Srebro (2016).
    """

    condition_text = "among rows with the outcome"

    def conditions(self, fit: Fitted, sample: Sample) -> list[Tensor]:
        return [self._hits(fit, sample)]


@dataclass(frozen=True)
class EqualizedOddsDifference(_NeedsClasses):
    """``max_o (max_g E[prediction | g, o] - min_g E[prediction | g, o])`` over outcome ``o`` 1 and 0.

    The larger of two gaps: of the true and of the false positive rates. In units of probability. Raises
    :class:`ChoiceError` for numbers. Source: Hardt, Price and Srebro (2016).
    """

    condition_text = "among rows with one of the outcomes"

    def conditions(self, fit: Fitted, sample: Sample) -> list[Tensor]:
        observed = self._hits(fit, sample)
        return [observed, ~observed]


@dataclass(frozen=True)
class GroupLossDifference(GroupDisparity):
    """``max_g E[l | group g] - min_g E[l | group g]`` of the losses; nats, or half squared target units.

    Source: Agarwal, Dudik and Wu, Fair Regression (2019), who bound the loss of every group.
    """

    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        return lambda f: fit.objective.loss.value(f, sample.y)
