"""The table of all training rows: its columns, headings, values and order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.figures.drawing.text import Scale, clean
from afif_explorer.results import Points
from afif_explorer.screens.content import Content, Heading, hint
from afif_explorer.state import Explorer

TITLES = {
    "row": "Row",
    "effect": "Effect if removed",
    "self_influence": "Self-influence",
    "leverage": "Leverage",
    "loss": "Loss",
    "prediction": "Predicted",
    "outcome": "Observed",
    "group": "Group",
}
NUMBERS = ("effect", "self_influence", "leverage", "loss", "prediction")
SCALED = ("effect", "self_influence")  # small numbers, shown with a prefix
_PARTS = {-3: "thousandths", -6: "millionths", -9: "billionths"}  # of a probability
LABEL = "All training rows"
PAGE_ROWS = 10


def caption(explorer: Explorer) -> Content:
    """The table's content, unit and order."""
    points: Points = explorer.points
    return (
        Heading(LABEL),
        hint(
            "Largest effects first; click a heading to sort by its column. The effect is the "
            f"predicted change of the {points.target_label}, in {points.unit}, if the row is removed, "
            f"{_step(points)}."
        ),
    )


def _step(points: Points) -> str:
    corrected = points.solver.leverage_corrected
    return (
        "with leverage correction"
        if corrected
        else "by the plain step, without leverage correction"
    )


def frame(points: Points) -> pd.DataFrame:
    """The table's content, by descending size of effect; the index holds the row ids."""
    order = np.argsort(-np.abs(points.effect), kind="stable")
    content: dict[str, Any] = {"row": points.ids[order]}
    for name in TITLES:
        if name != "row":
            column = getattr(points, name)[order]
            content[name] = rounded(column / _unit(points, name)) if name in NUMBERS else column
    return pd.DataFrame(content, index=pd.Index(points.ids[order], name="id"))


def titles(points: Points) -> dict[str, str]:
    """The headings with units, as raw text."""
    units = {name: _symbol(points, name) for name in SCALED}
    return TITLES | {name: f"{TITLES[name]}, {unit}" for name, unit in units.items() if unit}


def rounded(values: np.ndarray, digits: int = 4) -> np.ndarray:
    """The values rounded to significant digits for display; the export is not rounded."""
    size = np.abs(np.where(np.isfinite(values) & (values != 0), values, 1.0))
    places = np.clip(digits - 1 - np.floor(np.log10(size)), 0, 6)
    return np.round(values * 10.0**places) / 10.0**places


def _scale(points: Points, name: str) -> Scale:
    return Scale.of(getattr(points, name), points.unit if name == "effect" else "")


def _symbol(points: Points, name: str) -> str:
    """The unit with its prefix: ``µnats``."""
    scale = _scale(points, name)
    if scale.unit == "probability":
        return _PARTS.get(scale.exponent, scale.unit)
    return scale.short(0.0).removeprefix("+0") + clean(scale.unit)


def _unit(points: Points, name: str) -> float:
    return 10.0 ** _scale(points, name).exponent if name in SCALED else 1.0
