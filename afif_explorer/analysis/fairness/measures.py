"""The measures of an audit: those that a fit has, and what each of them compares."""

from __future__ import annotations

from dataclasses import replace

from afif_explorer.analysis.fairness.tables import FORMS, Found
from afif_explorer.analysis.fairness.words import form_title, title
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits import comparisons
from afif_explorer.choices.targets import GAPS
from afif_explorer.choices.targets.kinds import CLASSES, NUMBERS
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.engine.targets.predictions import has_classes
from afif_explorer.errors import UndefinedMeasure

Asked = dict[str, GroupDisparity]


def measures_for(fit: Fit) -> dict[str, type[GroupDisparity]]:
    """The disparities that are defined for a fit's loss, by name."""
    checked_fit(fit)
    tasks = set(CLASSES if has_classes(fit.objective) else NUMBERS)
    return {
        option.audited_as: option.engine_class
        for option in GAPS.values()
        if tasks.intersection(option.tasks)
    }


def compare(fit: Fit, asked: Asked) -> tuple[Found, dict[str, str]]:
    """What each measure compares in each form that is defined, and why the others are not."""
    found: Found = {}
    why: dict[str, str] = {}
    for name, target in asked.items():
        for form in FORMS:
            try:
                found[name, form] = comparisons.at_fit(fit, target, soft=form == "soft")
            except UndefinedMeasure as error:
                part = form_title(name, form) if (name, "soft") in found else title(name)
                why.setdefault(part, str(error))
    if not found:
        raise UndefinedMeasure(next(iter(why.values())))
    return found, why


def held_out(fit: Fit, split: str) -> list[str]:
    """The split that was asked for and the held-out ones, if they have rows."""
    wanted = dict.fromkeys((split, "validation", "test"))
    return [name for name in wanted if name in fit.samples and len(fit.samples[name].X)]


def by_split(fit: Fit, asked: Asked) -> tuple[Found, list[str]]:
    """What each measure compares where it is measured and in the held-out splits.

    And a sentence for each split in which a measure is undefined, if it is defined where it is measured.
    """
    found: Found = {}
    why: list[str] = []
    for name, target in asked.items():
        for split in held_out(fit, target.split):
            try:
                found[name, split] = comparisons.at_fit(fit, replace(target, split=split))
            except UndefinedMeasure as error:
                if (name, target.split) in found:
                    why.append(f"{title(name)}: {error}")
    return found, why
