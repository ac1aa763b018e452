"""The gaps between groups among the metrics: what each compares, and why one is undefined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from afif_explorer.analysis.fairness.intervals import ranges
from afif_explorer.analysis.fairness.resampling import Resampling
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits import comparisons
from afif_explorer.choices.targets import GAPS
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.engine.targets.comparison import Comparison
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.errors import UndefinedMeasure
from afif_explorer.results import Spread
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.fitting import fit
from afif_explorer.study.targets import target_unit


@dataclass(frozen=True, eq=False)
class Gap:
    """A disparity on a fit: of mean predictions, its groups fixed there, or (``hard``) of decisions."""

    fit: Fit
    target: GroupDisparity
    unit: str
    hard: bool = False

    @cached_property
    def _at_fit(self) -> Comparison | str:
        """What it compares there, or why it is not defined."""
        try:
            return comparisons.at_fit(self.fit, self.target, soft=not self.hard)
        except UndefinedMeasure as error:
            return str(error)

    @property
    def undefined(self) -> str:
        """Why it is not defined; empty if it is."""
        return self._at_fit if isinstance(self._at_fit, str) else ""

    @cached_property
    def _bound(self) -> Bound:
        return self.target.bind(self.fit)

    def value(self, theta: Tensor) -> float:
        """The gap at ``theta`` ``[p]``; NaN if undefined."""
        if self.undefined:
            return math.nan
        if not self.hard:
            return self._bound.value(theta)
        moved = self._moved(theta)
        return math.nan if moved is None else moved.gap

    def compares(self, thetas: dict[str, Tensor]) -> str:
        """Which two groups it compares, and how many rows each has; empty if undefined.

        The groups of decisions may be others at other parameters, given by the name of their state; the first
        is the fit.
        """
        if isinstance(self._at_fit, str):
            return ""
        told = [self._words(self._at_fit)]
        first = self._between(self._at_fit)
        for state in list(thetas)[1:] if self.hard else []:
            moved = self._moved(thetas[state])
            if moved is None or self._between(moved) != first:
                told.append(f"{state}: {self._words(moved) if moved else 'not defined'}")
        return "; ".join(told)

    def notes(self) -> tuple[str, ...]:
        """A sentence for each group left out, and for each small group compared."""
        if isinstance(self._at_fit, str):
            return ()
        return comparisons.notes(self.fit, self.target, self._at_fit)

    @staticmethod
    def _between(found: Comparison) -> tuple[str, str, str]:
        """The two groups, and among which of their rows."""
        return found.highest, found.lowest, found.among

    def _words(self, found: Comparison) -> str:
        return comparisons.compares(self.fit, self.target, found)

    def _moved(self, theta: Tensor) -> Comparison | None:
        """What it compares at other parameters; None where fewer than two groups have rows that count."""
        try:
            return self.target.compare(self.fit, theta, soft=not self.hard)
        except UndefinedMeasure:
            return None


def gaps(spec: Spec, split: str) -> dict[str, Gap]:
    """The gaps that fit the data, on a split, by display name; none without groups."""
    found: dict[str, Gap] = {}
    dataset = data(spec)
    for option in GAPS.values():
        if not option.fits(dataset):
            continue
        target = option.on(split, spec, dataset).make()
        found[option.metric] = Gap(fit(spec), target, option.unit(dataset))
        if option.decisions:
            found[option.hard] = Gap(fit(spec), target, option.hard_unit, hard=True)
    return found


def watched_gap(spec: Spec) -> Gap | None:
    """The target, if it is a gap."""
    if spec.target not in GAPS:
        return None
    target = GAPS[spec.target].on(spec.split, spec, data(spec)).make()
    return Gap(fit(spec), target, target_unit(spec))


def spreads(found: dict[str, Gap], moved: dict[str, Tensor]) -> dict[str, Spread]:
    """Bootstrap intervals of each defined gap, and of its change at each of several parameters ``[p]``."""
    defined = {name: gap for name, gap in found.items() if not gap.undefined}
    by_split: dict[str, dict[str, Gap]] = {}
    for name, gap in defined.items():
        by_split.setdefault(gap.target.split, {})[name] = gap
    told = {}
    for gaps_there in by_split.values():
        asked = [(gap.target, not gap.hard) for gap in gaps_there.values()]
        model = next(iter(gaps_there.values())).fit
        every = ranges(model, asked, list(moved.values()), Resampling())
        for name, one in zip(gaps_there, every, strict=True):
            changes = dict(zip(moved, one.changes, strict=False))  # none of decisions
            told[name] = Spread(one.gap.low, one.gap.high, changes)
    return told


def notes(found: dict[str, Gap]) -> list[str]:
    """The notes of all gaps, without repetitions."""
    told: dict[str, list[str]] = {}
    for name, gap in found.items():
        for words in gap.notes():
            told.setdefault(words, []).append(name)
    return [f"{'; '.join(names)}: {words}" for words, names in told.items()]
