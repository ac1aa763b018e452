"""The gaps between groups among the metrics: what each compares, and why one is undefined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from afif_explorer.analysis.fairness.intervals import Resampling, interval
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits import comparisons
from afif_explorer.choices.targets import GAPS
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.engine.targets.comparison import Comparison
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.errors import UndefinedMeasure
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


def interval_words(spec: Spec, split: str, theta: Tensor) -> str:
    """Intervals of the chosen gap on a split and of its change at ``theta`` ``[p]``; else empty."""
    if spec.target not in GAPS:
        return ""
    target = GAPS[spec.target].on(split, spec, data(spec)).make()
    try:
        found = interval(fit(spec), target, theta, Resampling(), soft=True)
    except UndefinedMeasure:
        return ""
    if math.isnan(found.low):
        return ""
    return (
        f"{GAPS[spec.target].metric}, with 95 % intervals from a bootstrap of the {split} rows: "
        f"{found.gap:.3g} ({found.low:.3g} to {found.high:.3g}) before; change after retraining "
        f"{found.change:.2g} ({found.change_low:.2g} to {found.change_high:.2g})."
    )


def notes(found: dict[str, Gap]) -> list[str]:
    """The notes of all gaps, without repetitions."""
    told: dict[str, list[str]] = {}
    for name, gap in found.items():
        for words in gap.notes():
            told.setdefault(words, []).append(name)
    return [f"{'; '.join(names)}: {words}" for words, names in told.items()]
