"""The row in focus: what leaving it out would do, in a sentence, and what is in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.app.components.elements import Text, html, join
from afif_explorer.app.views.context import PageContext
from afif_explorer.figures.text import number, percent, short
from afif_explorer.results import Points
from afif_explorer.wording import count

MOST_VALUES = 60  # columns of the raw table that are shown
LONGEST = 120  # characters of one value


class RowCard:
    """The card of ``explorer.primary``."""

    def __init__(self, desk: PageContext) -> None:
        self._explorer = desk.explorer
        self.panel = Text(stylesheets=[":host { max-height: 430px; overflow-y: auto; }"])

    def update(self) -> None:
        """Show the row that is in focus now."""
        self.panel.put(self._content())

    def _content(self) -> Any:
        explorer = self._explorer
        points, row = explorer.points, explorer.primary
        at = _position(points, row)
        if points is None or row is None or at is None:
            return html(
                '<div class="row-card"><h3>One row in full</h3><p class="hint">Click a point, a bar '
                "or a row of the table to see what is in it and what it does.</p></div>"
            )
        values = _values(explorer.frame, row)
        return html(
            '<div class="row-card"><h3>Row {row}</h3><p>{sentence}</p>'
            '<dl class="values">{measures}{values}</dl></div>',
            row=count(row),
            sentence=sentence(points, at),
            measures=_measures(points, at),
            values=values,
        )


def _position(points: Points | None, row: int | None) -> int | None:
    if points is None or row is None:
        return None
    found = np.flatnonzero(points.ids == row)
    return int(found[0]) if found.size else None


def sentence(points: Points, at: int) -> str:
    """What leaving one row out does, in words."""
    effect, rank = float(points.effect[at]), _rank(points.effect, at)
    if effect == 0:
        return f"Leaving it out does not change the {points.target_label}."
    verb = "rise" if effect > 0 else "fall"
    return (
        f"Without this row the {points.target_label} is predicted to {verb} by "
        f"{number(abs(effect))} {points.unit}. By size that is effect number {count(rank)} of "
        f"{count(points.ids.size)}."
    )


def _rank(effect: np.ndarray, at: int) -> int:
    return int((np.abs(effect) > abs(effect[at])).sum()) + 1


def _measures(points: Points, at: int) -> Any:
    pairs = [
        ("Observed", points.outcome[at]),
        ("Predicted", number(float(points.prediction[at]))),
        ("Group", points.group[at]),
        ("Its own loss", number(float(points.loss[at]))),
        ("Rise of its own loss if left out", number(float(points.self_influence[at]))),
        ("Leverage", percent(float(points.leverage[at]))),
    ]
    return _pairs([(name, value) for name, value in pairs if value != ""])


def _values(frame: pd.DataFrame | None, row: int) -> Any:
    if frame is None or row not in frame.index:
        return ""
    record = frame.loc[row]
    shown = [(short(name, 60), _value(value)) for name, value in record.items()]
    more = len(shown) - MOST_VALUES
    if more > 0:
        shown = [*shown[:MOST_VALUES], ("", f"and {count(more)} more columns")]
    return _pairs(shown)


def _value(value: object) -> str:
    if isinstance(value, float | np.floating):
        return number(float(value), 6) if np.isfinite(value) else "missing"
    return "missing" if pd.isna(value) else short(value, LONGEST)


def _pairs(pairs: list[tuple[str, str]]) -> Any:
    return join(html("<dt>{k}</dt><dd>{v}</dd>", k=name, v=value) for name, value in pairs)
