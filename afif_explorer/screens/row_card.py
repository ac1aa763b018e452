"""Details of the focused row: the effect of its removal, and its values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from afif_explorer.figures.drawing.text import number, percent, short
from afif_explorer.results import Points
from afif_explorer.screens.content import Content, Heading, Pairs, Values, hint, line
from afif_explorer.state import Explorer
from afif_explorer.wording import count

MAX_VALUES = 60  # columns of the raw table that are shown
MAX_LENGTH = 120  # characters of one value


def row_card(explorer: Explorer) -> Content:
    """The details of ``explorer.primary``."""
    points, row = explorer.points, explorer.primary
    at = _position(points, row)
    if points is None or row is None or at is None:
        return (
            Heading("Row details"),
            hint("Click a point, a bar or a row of the table to see its values and its effect."),
        )
    return (
        Heading(f"Row {count(row)}"),
        line(sentence(points, at)),
        Values((*_measures(points, at), *_values(explorer.frame, row))),
    )


def _position(points: Points | None, row: int | None) -> int | None:
    if points is None or row is None:
        return None
    found = np.flatnonzero(points.ids == row)
    return int(found[0]) if found.size else None


def sentence(points: Points, at: int) -> str:
    """The effect of removing one row, as a sentence."""
    effect = float(points.effect[at])
    if effect == 0:
        return f"Removing this row does not change the {points.target_label}."
    verb = "raise" if effect > 0 else "lower"
    rank = int((np.abs(points.effect) > abs(effect)).sum()) + 1
    return (
        f"Removing this row is predicted to {verb} the {points.target_label} by "
        f"{number(abs(effect))} {points.unit}. By size, the effect ranks {count(rank)} of "
        f"{count(points.ids.size)}."
    )


def _measures(points: Points, at: int) -> Pairs:
    pairs = (
        ("Observed", str(points.outcome[at])),
        ("Predicted", _predicted(points, at)),
        ("Group", str(points.group[at])),
        ("Loss", number(float(points.loss[at]))),
        ("Self-influence (increase of its own loss)", number(float(points.self_influence[at]))),
        ("Leverage", percent(float(points.leverage[at]))),
    )
    return tuple((name, value) for name, value in pairs if value)


def _predicted(points: Points, at: int) -> str:
    """The mean prediction, and the class whose probability it is."""
    value = number(float(points.prediction[at]))
    return f"{value} for {points.predicted!r}" if points.predicted else value


def _values(frame: pd.DataFrame | None, row: int) -> Pairs:
    if frame is None or row not in frame.index:
        return ()
    record = frame.loc[row]
    shown = tuple(
        (short(name, 60), _value(value)) for name, value in record.iloc[:MAX_VALUES].items()
    )
    more = len(record) - MAX_VALUES
    return (*shown, ("", f"and {count(more)} more columns")) if more > 0 else shown


def _value(value: object) -> str:
    if isinstance(value, float | np.floating):
        return number(float(value), 6) if np.isfinite(value) else "missing"
    return "missing" if pd.isna(value) else short(value, MAX_LENGTH)
