"""The table of all training rows: its columns, headings, values and order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.figures.drawing.text import Scale, clean, short
from afif_explorer.results import Points
from afif_explorer.screens.cards.row_card import shown_value
from afif_explorer.screens.content import Content, Heading, hint
from afif_explorer.state import Explorer
from afif_explorer.wording import count

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
MOST_OWN, MOST_CELLS = (
    16,
    2_000_000,
)  # of the data's own columns; they are made anew with every result
_DIGITS = 6  # of their numbers, as in the card of a row


@dataclass(frozen=True, eq=False)
class AllRows:
    """The content of the table.

    ``frame``: a row per training row, by descending size of effect; its index holds the ids. ``titles``: the
    heading of each column as raw text, with its unit. ``numbers``: the columns of numbers.
    """

    frame: pd.DataFrame
    titles: dict[str, str]
    numbers: tuple[str, ...]


def all_rows(explorer: Explorer) -> AllRows:
    """The content of the table for ``explorer.points``, which is there."""
    points: Points = explorer.points
    order = np.argsort(-np.abs(points.effect), kind="stable")
    content: dict[str, Any] = {"row": points.ids[order]}
    for name in TITLES:
        if name != "row":
            column = getattr(points, name)[order]
            content[name] = rounded(column / _unit(points, name)) if name in NUMBERS else column
    titles, own = _titles(points), _own(explorer)
    for place, name in enumerate(own.columns[: _most(points)]):
        key = f"own {place}"  # no name of the data can be that of another column
        content[key], titles[key] = _shown(own[name].iloc[order]), short(name, 60)
    frame = pd.DataFrame(content, index=pd.Index(points.ids[order], name="id"))
    numbers = (
        str(name) for name, kind in frame.dtypes.items() if pd.api.types.is_float_dtype(kind)
    )
    return AllRows(frame, titles, tuple(numbers))


def caption(explorer: Explorer) -> Content:
    """The table's content, unit and order."""
    points: Points = explorer.points
    return (
        Heading(LABEL),
        hint(
            "Largest effects first; click a heading to sort by its column. The effect is the "
            f"predicted change of the {points.target_label}, in {points.unit}, if the row is removed, "
            f"{_step(points)}.{_bound(_most(points), len(_own(explorer).columns))}"
        ),
    )


def _most(points: Points) -> int:
    """How many of the own columns the table has."""
    return min(MOST_OWN, MOST_CELLS // max(len(points.ids), 1))


def _bound(shown: int, columns: int) -> str:
    """How many of the own columns the table leaves out."""
    if columns <= shown:
        return ""
    which = f"The last columns are the first {shown} of" if shown else "It leaves out"
    more = "the card of a row shows more, and Export has all"
    return f" {which} the {count(columns)} columns of the data; {more}."


def _step(points: Points) -> str:
    corrected = points.solver.leverage_corrected
    return (
        "with leverage correction"
        if corrected
        else "by the plain step, without leverage correction"
    )


def _own(explorer: Explorer) -> pd.DataFrame:
    """The data's own columns of the rows that have effects, without the pixels of pictures."""
    frame, points, data = explorer.frame, explorer.points, explorer.data
    if frame is None or not np.array_equal(frame.index, points.ids):
        return pd.DataFrame(index=points.ids)
    pixels = 0 if data is None or data.picture is None else data.picture[0] * data.picture[1]
    return frame.iloc[:, pixels:]


def _shown(column: pd.Series) -> np.ndarray:
    """Numbers as such, and anything else as text."""
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return rounded(values, _DIGITS, most=15)
    places, levels = pd.factorize(column)
    return np.array([*map(shown_value, levels), "missing"], dtype=object)[places]


def _titles(points: Points) -> dict[str, str]:
    units = {name: _symbol(points, name) for name in SCALED}
    return TITLES | {name: f"{TITLES[name]}, {unit}" for name, unit in units.items() if unit}


def rounded(values: np.ndarray, digits: int = 4, most: int = 6) -> np.ndarray:
    """The values rounded to significant digits and at most ``most`` decimals; the export is not rounded."""
    size = np.abs(np.where(np.isfinite(values) & (values != 0), values, 1.0))
    places = np.clip(digits - 1 - np.floor(np.log10(size)), 0, most)
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
