"""What a removal does, in sentences: the target before and after, and what is known of the rows."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from afif_explorer.figures.drawing.text import numbers, percent
from afif_explorer.results import DataSummary, Unlearning
from afif_explorer.screens.changes import sentence
from afif_explorer.wording import count, within

TRUST = {  # level of reach: in the words of a badge
    "good": "Reliable prediction",
    "fair": "Use with care",
    "poor": "Unreliable: retrain to check",
}
STATES = {"predicted": "Predicted", "retrained": "Retrained"}


def answers(result: Unlearning) -> list[str]:
    """A sentence for each state: by how much removing the rows moves the quantity that the view is about."""
    name = result.disparity
    if not len(result.ids) or name is None or name in result.undefined:
        return []
    values, unit = result.metrics.loc[name], result.units.get(name, "")
    told = []
    for state, word in STATES.items():
        if math.isfinite(values.get(state, math.nan)):
            before, after = float(values["before"]), float(values[state])
            label = within(name).replace(",", " of")
            does = within(sentence("them", label, after - before, before, unit))
            start, end = numbers((before, after), 3)
            told.append(f"{word}: {does}, from {start} to {end}.")
    return told


def planted(data: DataSummary | None, rows: np.ndarray, what: str) -> Iterator[str]:
    """How many labels that are known to be wrong are among some rows, and how many chance would find."""
    known = data.planted if data is not None else rows[:0]
    if data is None or not len(known) or not len(rows):
        return
    found = int(np.isin(rows, known).sum())
    chance = len(rows) * len(known) / data.n_train
    yield (
        f"Planted truth: {count(found)} of the {count(len(rows))} rows {what} have one of the "
        f"{count(len(known))} labels made unfair on purpose ({percent(found / len(known))} of those); "
        f"chance would find {count(round(chance))}."
    )
