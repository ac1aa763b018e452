"""Checks of groups and classes with few rows."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.checks.finding import OK, WARNING, Check
from afif_explorer.analysis.checks.subject import Subject
from afif_explorer.analysis.limits.comparisons import FEW, at_fit, condition, left_out
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.errors import UndefinedMeasure


def absent(subject: Subject) -> Check | None:
    """AX201: groups without rows that a disparity is about."""
    if not isinstance(subject.target, GroupDisparity):
        return None
    try:
        told = left_out(subject.fit, subject.target, at_fit(subject.fit, subject.target))
    except UndefinedMeasure as error:
        told = [str(error)]
    return Check(
        "AX201",
        "every group is measured",
        WARNING if told else OK,
        " ".join(told) or "Every group has rows that the disparity is about.",
        "A disparity says nothing about groups that it leaves out.",
        "Merge groups, take a larger split, or choose another measure." if told else "",
        {"conditions": len(told)},
    )


def small(subject: Subject) -> Check | None:
    """AX203: fewer than 30 rows in a group, or fewer that count in one that the target compares."""
    fit, where = subject.fit, subject.target.where
    sample = fit.sample(where)
    if not sample.groups:
        return None
    few = _compared(subject) | {
        f"{column} = {name}": int((codes == code).sum())
        for column, codes in sample.groups.items()
        for code, name in enumerate(sample.group_names[column])
        if 0 < (codes == code).sum() < FEW
    }
    named = ", ".join(f"{name} ({rows})" for name, rows in few.items())
    return Check(
        "AX203",
        "groups are large enough",
        WARNING if few else OK,
        f"In the {where} split fewer than {FEW} rows have {named}."
        if few
        else f"Every group has at least {FEW} rows in the {where} split.",
        "The mean of so few rows, and any gap to it, is easily due to chance.",
        "Merge small groups, take a larger split, or report an interval with the gap."
        if few
        else "",
        few,
    )


def _compared(subject: Subject) -> dict[str, int]:
    """The two groups, or intersections, whose gap the target is, if few of their rows count."""
    fit, target = subject.fit, subject.target
    if not isinstance(target, GroupDisparity):
        return {}
    try:
        found = at_fit(fit, target)
    except UndefinedMeasure:  # told by AX201
        return {}
    among = condition(fit, target, found.among)
    return {
        f"{target.attribute} = {group} {among}".rstrip(): rows
        for group, rows in zip((found.highest, found.lowest), found.rows, strict=True)
        if rows < FEW
    }


def only_rows(subject: Subject) -> Check:
    """AX204: a training row is the only one of its class."""
    rows = irremovable(subject.fit.objective)
    return Check(
        "AX204",
        "every class has several rows",
        WARNING if len(rows) else OK,
        f"Rows that are the only one of their class: {subject.ids(rows)}."
        if len(rows)
        else "No training row is the only one of its class.",
        "Without such a row the model has no finite fit, so its effect is undefined (NaN).",
        "Merge rare classes, leave them out, or penalise every parameter." if len(rows) else "",
        {"rows": int(np.size(rows))},
    )
