"""``GroupDisparity``: highest minus lowest group mean of something, as a target.

The two groups (and, for equalised odds, the condition) are fixed at the unperturbed fit. The soft form,
with the mean prediction in place of the decision, is what has a gradient; :meth:`GroupDisparity.hard`
gives the form with decisions, which agrees with fairlearn's metrics of the same names.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor

from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.engine.targets.comparison import Comparison, Condition, GroupMeans, Pair
from afif_explorer.engine.targets.groups import (
    Grouping,
    GroupName,
    Merge,
    as_attributes,
    as_group_names,
    as_merged,
    chosen,
    grouping,
    merge_named,
    merge_small,
    with_absent,
)
from afif_explorer.engine.targets.predictions import has_classes
from afif_explorer.errors import InvalidChoice, UndefinedMeasure
from afif_explorer.numeric import checked_count
from afif_explorer.wording import quoted

Score = Callable[[Tensor], Tensor]  # outputs [n, k] -> a number of each row [n]


@dataclass(frozen=True)
class GroupDisparity(Target):
    """Highest minus lowest group mean of a score ``s``: ``T = max_g mean_g(s) - min_g mean_g(s)``.

    At least 0 at the fit, where the two groups are fixed; a positive effect means that removing the row
    widens the gap. If the split has sample weights, all means are weighted by them.

    Args:
        sensitive: name of the sensitive attribute; the groups of several are their intersections.
        split: the rows it is measured on.
        outcome: index of the favourable class, for models whose classes have no names.
        favourable: the favourable class by name. With neither, it is the one that the data set takes to be
            favourable, or else the last.
        groups: the names of the groups to compare, two or more; None: all. An intersection is a tuple.
        minimum: groups with fewer rows that count are left out.
        merge_small: merge the groups with fewer than ``minimum`` rows in the split into one.
        merge: groups that count as one, by their new name: ``{"young": ["18-25", "26-35"]}``.

    Raises :class:`InvalidChoice` for an unknown attribute, class or group, and :class:`UndefinedMeasure` if
    fewer than two groups have enough rows in the split (that satisfy the measure's condition). Other groups
    without such rows are left out: :meth:`compare` names them.
    Source: Barocas, Hardt and Narayanan, Fairness and Machine Learning, chapter 3.
    """

    sensitive: str | Sequence[str] = ""
    split: str = "test"
    outcome: int | None = None
    _: KW_ONLY
    favourable: str | int | None = None
    groups: Sequence[GroupName] | None = None
    minimum: int = 1
    merge_small: bool = False
    merge: Merge | None = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sensitive", as_attributes(self.sensitive))
        object.__setattr__(self, "groups", as_group_names(self.groups))
        object.__setattr__(self, "merge", as_merged(self.merge))
        gone = {member for _, members in as_merged(self.merge) for member in members}
        if both := [name for name in self.groups or () if name in gone]:
            raise InvalidChoice(
                f"The group {both[0]!r} is merged into another; name that one in groups."
            )
        checked_count("The minimum number of rows of a group", self.minimum)
        if self.outcome is not None and self.favourable is not None:
            raise InvalidChoice(
                f"favourable={quoted(self.favourable)} and outcome={quoted(self.outcome)} both say which "
                "class is favourable; give one of them."
            )

    @property
    def where(self) -> str:
        return self.split

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the sensitive attributes."""
        return (self.sensitive,) if isinstance(self.sensitive, str) else tuple(self.sensitive)

    @property
    def attribute(self) -> str:
        """The sensitive attributes in words: ``'sex' and 'race'``."""
        return " and ".join(map(repr, self.attributes))

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
        every = self.means(fit, sample, theta, soft=soft)
        means, pair = self._widest(every)
        return Comparison(
            highest=pair.highest,
            lowest=pair.lowest,
            rows=(means.sizes[pair.highest], means.sizes[pair.lowest]),
            among=pair.among,
            gap=float(pair.contrast @ means.score),
            means=(means.values[pair.highest], means.values[pair.lowest]),
            measured=self.measured(self.class_words(fit, sample), soft=soft),
            left_out={one.condition.words: one.empty for one in every if one.empty},
            as_zero=max(one.as_zero for one in every),
            small={one.condition.words: one.small for one in every if one.small},
            merged=self.grouping(sample).merged,
        )

    def group_means(self, fit: Fitted, theta: Tensor) -> dict[str, float]:
        """Mean score of each group at ``theta`` ``[p]``, under the first condition."""
        return self.means(fit, self.rows(fit), theta, soft=True)[0].values

    def widest(self, fit: Fitted, sample: Sample, *, soft: bool = True) -> Pair:
        """The groups with the highest and the lowest mean at the fit, where the gap is largest."""
        return self._widest(self.means(fit, sample, fit.parameters, soft=soft))[1]

    def means(self, fit: Fitted, sample: Sample, theta: Tensor, *, soft: bool) -> list[GroupMeans]:
        """The means of all groups at ``theta`` ``[p]``, under each condition."""
        f = fit.objective.model.outputs(theta, sample.X)
        score = self.score(fit, sample, soft=soft)(f)
        conditions = [
            Condition(words, sample.weighted(weight))
            for words, weight in self.conditions(fit, sample, f, soft=soft)
        ]
        groups = self.masks(sample)
        return [GroupMeans(score, condition, groups, self.minimum) for condition in conditions]

    def grouping(self, sample: Sample) -> Grouping:
        """The group of each row of the sample, merged as asked for; named ones even if empty."""
        found = grouping(sample, self.attributes)
        found = merge_named(found, as_merged(self.merge), sample, self.attributes)
        if self.merge_small:
            found = merge_small(found, self.minimum)
        return with_absent(found, self.groups or (), sample, self.attributes)

    def masks(self, sample: Sample) -> dict[str, Tensor]:
        """The rows ``[n]`` of each group that is to be compared."""
        found = self.grouping(sample)
        codes = torch.as_tensor(found.codes, device=sample.X.device)
        places = chosen(found, self.groups, self.attribute)
        return {found.names[place]: codes == place for place in places}

    def favourable_class(self, fit: Fitted, sample: Sample) -> int | None:
        """The index of the favourable class; None: the last, or none if the model predicts numbers."""
        if self.favourable is None:
            guessed = sample.favourable if has_classes(fit.objective) else None
            return guessed if self.outcome is None else self.outcome
        if not has_classes(fit.objective):
            raise InvalidChoice(
                f"favourable={quoted(self.favourable)} names a class, but this model predicts numbers; "
                "omit it."
            )
        if str(self.favourable) in sample.classes:
            return sample.classes.index(str(self.favourable))
        if sample.classes:
            known = ", ".join(map(repr, sample.classes))
            raise InvalidChoice(
                f"There is no class {quoted(self.favourable)}; the classes are: {known}."
            )
        if isinstance(self.favourable, str):
            raise InvalidChoice(
                f"The classes of this fit have no names, so {quoted(self.favourable)} is not known; give the "
                "index of the favourable class."
            )
        return self.favourable

    def class_words(self, fit: Fitted, sample: Sample) -> str:
        """The favourable class: its name, quoted, or its index; empty if the model predicts numbers."""
        if not has_classes(fit.objective):
            return ""
        place = self.favourable_class(fit, sample)
        if sample.classes:
            return repr(sample.classes[-1 if place is None else place])
        return "the last class" if place is None else f"class {place}"

    def conditions(
        self, fit: Fitted, sample: Sample, outputs: Tensor, *, soft: bool
    ) -> list[Condition]:
        """Which rows count at these outputs ``[n, k]``; of several the one with the largest gap is taken."""
        return [Condition("", outputs.new_ones(len(outputs)))]

    def class_matters(self, classes: int) -> bool:
        """Whether another favourable class, out of so many, would be another gap."""
        return classes > 2

    @abstractmethod
    def score(self, fit: Fitted, sample: Sample, *, soft: bool) -> Score:
        """The per-row score whose group means are compared."""

    @abstractmethod
    def measured(self, favourable: str, *, soft: bool) -> str:
        """What the group means are, in words, for a favourable class (quoted; empty for numbers)."""

    def _widest(self, every: list[GroupMeans]) -> tuple[GroupMeans, Pair]:
        """The condition with the largest gap, and its two groups."""
        pairs = [(means, self._pair(means)) for means in every]
        return max(pairs, key=lambda found: float(found[1].contrast @ found[0].score))

    def _pair(self, means: GroupMeans) -> Pair:
        names, words = list(means.values), means.condition.words
        if len(names) < 2:
            among = f"among rows {words} " if words else ""
            which = "".join(f" ({name!r})" for name in names)
            enough = "rows" if self.minimum == 1 else f"at least {self.minimum} rows"
            raise UndefinedMeasure(
                f"A disparity needs two groups, but {among}{'only 1' if names else 'no'} group of "
                f"{self.attribute}{which} has {enough} in the {self.split} split."
            )
        return means.pair()
