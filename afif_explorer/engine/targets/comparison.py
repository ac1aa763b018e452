"""What a disparity compares: group means over the rows that count, and the two that are furthest apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from torch import Tensor

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
        gap: the difference of their means. means: the two means. measured: of what, in words.
        left_out: for each condition the groups of the split without rows that satisfy it; their mean is
            undefined.
        as_zero: the gap if an undefined mean of a group with rows in the split counted as 0, as in fairlearn.
        small: for each condition the groups that are left out because they have fewer rows than the
            minimum, with their rows. merged: the groups that are compared as one for that reason.
    """

    highest: str
    lowest: str
    rows: tuple[int, int]
    among: str
    gap: float
    means: tuple[float, float]
    measured: str
    left_out: Mapping[str, tuple[str, ...]]
    as_zero: float
    small: Mapping[str, Mapping[str, int]]
    merged: tuple[str, ...]


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


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """The mean score of each group over its rows that count.

    Attributes:
        score: of each row ``[n]``. condition: which rows count. groups: masks ``[n]`` of each group's rows.
        minimum: groups with fewer rows that count are not compared.
    """

    score: Tensor
    condition: Condition
    groups: Mapping[str, Tensor]
    minimum: int

    @cached_property
    def masks(self) -> dict[str, Tensor]:
        """The rows of each group that count, ``[n]``."""
        return {name: mask & (self.condition.weight > 0) for name, mask in self.groups.items()}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The number of rows that count, by group."""
        return {name: int(mask.sum()) for name, mask in self.masks.items()}

    @property
    def empty(self) -> tuple[str, ...]:
        """The groups without a row that counts; their mean is undefined."""
        return tuple(name for name, size in self.sizes.items() if not size)

    @property
    def small(self) -> dict[str, int]:
        """The sizes of the groups that have fewer rows than the minimum, but some."""
        return {name: size for name, size in self.sizes.items() if 0 < size < self.minimum}

    @cached_property
    def values(self) -> dict[str, float]:
        """The mean of each group that is compared."""
        weight = self.condition.weight
        return {
            name: float(weighted_mean(self.score, weight, self.masks[name]))
            for name, size in self.sizes.items()
            if size >= self.minimum
        }

    @property
    def as_zero(self) -> float:
        """Highest minus lowest mean if an undefined one of a group that has rows counted as 0."""
        zeros = [0.0 for name in self.empty if bool(self.groups[name].any())]
        means = [*self.values.values(), *zeros]
        return max(means) - min(means)

    def pair(self) -> Pair:
        """The two groups with the highest and the lowest mean, of two or more."""
        highest = max(self.values, key=self.values.__getitem__)
        lowest = min(self.values, key=self.values.__getitem__)
        (words, weight), high, low = self.condition, self.masks[highest], self.masks[lowest]
        contrast = high * weight / weight[high].sum() - low * weight / weight[low].sum()
        return Pair(highest, lowest, high, low, words, contrast)
