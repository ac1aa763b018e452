"""Inputs that are a sensitive column, or the target, under another name and coding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from afif_explorer.datasets.columns.column import Column, LeftOut
from afif_explorer.datasets.columns.combinations import combination
from afif_explorer.datasets.columns.outcome import Outcome
from afif_explorer.datasets.columns.relations import Values, coarser, exact, gaps, recodes


def without_sensitive(
    inputs: Sequence[Column | LeftOut], sensitive: Mapping[str, pd.Series]
) -> list[Column | LeftOut]:
    """The inputs; those that recode a sensitive column are left out."""
    others = {name: Values.of(groups) for name, groups in sensitive.items()}
    found: list[Column | LeftOut] = []
    for column in inputs:
        ours = values_of(column) if isinstance(column, Column) else None
        same = [name for name, other in others.items() if ours is not None and recodes(ours, other)]
        why = f"is the sensitive column '{same[0]}' in another coding" if same else ""
        found.append(LeftOut(column.name, why) if same else column)
    return found


def determining(inputs: Sequence[Column], sensitive: Mapping[str, pd.Series]) -> list[str]:
    """A sentence for each input of which a sensitive column is a function."""
    told: list[str] = []
    for name, groups in sensitive.items():
        other, who = Values.of(groups), f"the sensitive column '{name}'"
        said = ((column.name, exact(values_of(column), other)) for column in inputs)
        told += [
            f"'{column}' {found.words.format(other=who)}; it is an input."
            for column, found in said
            if found is not None
        ]
    return told


def of_target(inputs: Sequence[Column], outcome: Outcome, target: str) -> list[str]:
    """A sentence for each input that recodes or determines the target."""
    advice = (
        "so a model can read the outcome from it; drop it unless it is known before the outcome is."
    )
    other, what = Values(outcome.y, outcome.task != "classification"), f"the target '{target}'"
    told = []
    for column in inputs:
        ours = values_of(column)
        if recodes(ours, other):
            told.append(f"'{column.name}' is the target '{target}' in another coding, {advice}")
        elif (found := exact(ours, other) or coarser(ours, other) or gaps(ours, other)) is not None:
            told.append(f"'{column.name}' {found.words.format(other=what)}, {advice}")
    numbers = [column for column in inputs if column.kind == "numeric"]
    if not told and outcome.task == "regression":
        parts = combination([column.values for column in numbers], outcome.y)
        if parts is not None:
            names = [column.name for column in numbers]
            told.append(
                f"{parts.told(target, names)}; drop them unless they are known before the outcome is."
            )
    return told


def values_of(column: Column) -> Values:
    """The values of an input."""
    return Values(column.values, column.kind != "category")
