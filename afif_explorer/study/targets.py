"""The chosen target, bound to the fit, and in words."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from afif_explorer.analysis.fairness.intervals import ranges
from afif_explorer.analysis.fairness.measures import by_split
from afif_explorer.analysis.fairness.resampling import Resampling
from afif_explorer.analysis.fairness.words import other_pairs
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits import comparisons
from afif_explorer.choices.targets import GAPS, TARGETS
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.results import Spread
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import stage


@dataclass(frozen=True, eq=False)
class Aim:
    """A target on a fit: ``gradient`` ``[p]`` and ``value`` at the fit.

    For a gap, ``compares``: its two groups with their rows; ``notes``: cautions about it; ``spread``: its
    interval.
    """

    target: Target
    bound: Bound
    gradient: torch.Tensor
    value: float
    compares: str = ""
    notes: tuple[str, ...] = ()
    spread: Spread | None = None


def aim(spec: Spec) -> Aim:
    """The chosen target, bound to the fit."""

    def bind() -> Aim:
        found = fit(spec)
        target = target_of(spec)
        compares, spread = "", None
        notes: tuple[str, ...] = ()
        if isinstance(target, GroupDisparity):
            between = comparisons.at_fit(found, target)
            compares = comparisons.compares(found, target, between)
            told = comparisons.guessed(found, target)
            notes = (
                *filter(None, [told]),
                *comparisons.notes(found, target, between),
                *_other_pairs(found, spec.target, target),
            )
            [one] = ranges(found, [(target, True)], [], Resampling())
            spread = Spread(one.gap.low, one.gap.high)
        bound = target.bind(found)
        value = bound.value(found.parameters)
        return Aim(target, bound, bound.gradient(), value, compares, notes, spread)

    return stage("target", spec, bind)


def _other_pairs(found: Fit, key: str, target: GroupDisparity) -> list[str]:
    """A sentence for each held-out split in which the gap is between other groups."""
    asked = {GAPS[key].label: target}
    return other_pairs(found, asked, by_split(found, asked)[0])


def target_of(spec: Spec) -> Target:
    """The engine's target for the choices."""
    return TARGETS[spec.target].call(spec, data(spec)).make()


def target_label(spec: Spec) -> str:
    """A description of the target that continues "effect on the"."""
    return TARGETS[spec.target].words(spec, data(spec))


def target_unit(spec: Spec) -> str:
    """The unit of the target, and so of every effect."""
    return TARGETS[spec.target].unit(data(spec))


def raises(spec: Spec) -> str:
    """The meaning of a positive effect."""
    return f"leaving the row out raises the {TARGETS[spec.target].rises}"
