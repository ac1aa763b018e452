"""What is noticed about two columns: one is another in other words, or tells the target or a group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.combinations import combination
from afif_explorer.datasets.columns.relations import (
    ROWS_A_LEVEL,
    Relation,
    Values,
    coarser,
    relation,
)  # fmt: skip
from afif_explorer.datasets.inspection.problem import Problem

_LEAVE_OUT = "Leave it out"
_DIGITS = 9  # of standardised numbers that are compared


def about_target(
    inputs: Mapping[str, Values], target: str, column: pd.Series, kind: str
) -> list[Problem]:
    """The inputs from which the target can be read, nearly or in full."""
    other = _values(column, kind)
    known = column.notna().to_numpy()
    found = []
    for name, values in inputs.items():
        ours, theirs = _rows(values, known), _rows(other, known)
        said = relation(ours, theirs)
        if said is None or not said.exact:
            said = coarser(ours, theirs) or said
        if said is not None:
            found.append(
                Problem(
                    name, "leak", _leak(name, target, said), _LEAVE_OUT, False, {"role": "ignore"}
                )
            )
    if other.is_number and not any(
        problem.code == "leak" and "nearly" not in problem.text for problem in found
    ):
        found += _combined(inputs, target, other)
    return found


def about_sensitive(
    inputs: Mapping[str, Values], sensitive: str, column: pd.Series, kind: str
) -> list[Problem]:
    """The inputs that tell the groups of a sensitive column."""
    other = _values(column, kind)
    found = []
    for name, values in inputs.items():
        said = relation(values, other)
        if said is None:
            continue
        words = said.words.format(other=f"the sensitive column '{sensitive}'")
        same = said.code == "coding"
        told = f"'{name}' {words}" + (
            "." if same else ", so a model can use the groups through it."
        )
        undo = {"role": "input"} if same else {}
        found.append(Problem(name, "proxy", told, _LEAVE_OUT, same, {"role": "ignore"}, undo))
    return found


def copies(inputs: Mapping[str, Values]) -> list[Problem]:
    """Columns that are an earlier one in another coding."""
    seen: dict[bytes, str] = {}
    found = []
    for name, values in inputs.items():
        codes = values.codes
        few = (int(codes.max()) + 1) * ROWS_A_LEVEL <= len(codes)
        if not few and not values.is_number:
            continue
        key = codes.tobytes() if few else _standardised(values.values)
        first = seen.setdefault(key, name)
        if first != name:
            told = f"'{name}' is '{first}' in another coding."
            found.append(Problem(name, "copy", told, _LEAVE_OUT, False, {"role": "ignore"}))
    return found


def _leak(name: str, target: str, said: Relation) -> str:
    words = said.words.format(other=f"the target '{target}'")
    if said.exact:
        return (
            f"'{name}' {words}, so a model can read the outcome from it; leave it out unless it is known "
            "before the outcome is."
        )
    return f"'{name}' {words}; keep it only if it is known before the outcome is."


def _combined(inputs: Mapping[str, Values], target: str, other: Values) -> list[Problem]:
    names = [name for name, values in inputs.items() if values.is_number]
    parts = combination([inputs[name].values for name in names], other.values)
    if parts is None:
        return []
    told = (
        f"{parts.told(target, names)}; leave them out unless they are known before the outcome is."
    )
    return [
        Problem(names[place], "leak", told, _LEAVE_OUT, False, {"role": "ignore"})
        for place in parts.places
    ]


def _values(series: pd.Series, kind: str) -> Values:
    if kind in (recipes.CATEGORY, recipes.YES_NO):
        codes = pd.factorize(series.astype(str).where(series.notna()))[0].astype(np.float64)
        return Values(np.where(codes < 0, np.nan, codes), False)
    return Values.of(series)


def _rows(values: Values, known: np.ndarray) -> Values:
    return values if known.all() else Values(values.values[known], values.is_number)


def _standardised(values: np.ndarray) -> bytes:
    """Equal for numbers that are equal up to their unit, up to rounding."""
    values = np.where(np.isfinite(values), values, np.nan)
    spread = float(np.nanstd(values))
    scaled = (values - np.nanmean(values)) / (spread or 1.0)
    known = scaled[~np.isnan(scaled)]
    sign = np.sign(known[np.abs(known) > 1e-6][:1].sum()) or 1.0
    return (np.round(scaled * sign, _DIGITS) + 0.0).tobytes()
