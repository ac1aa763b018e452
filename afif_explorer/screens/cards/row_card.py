"""Details of the focused row: the effect of its removal, and its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from afif_explorer.figures.drawing.text import number, percent, short
from afif_explorer.results import Brush, Points
from afif_explorer.screens import changes
from afif_explorer.screens.cards.picture import picture
from afif_explorer.screens.content import (
    Content,
    Heading,
    Pairs,
    Table,
    TableRow,
    Values,
    hint,
    line,
)
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
        *_others(explorer, row),
        *_content(explorer, points, at, row),
        *_nearest(explorer, points),
    )


def _content(explorer: Explorer, points: Points, at: int, row: int) -> Content:
    """The row's picture, if it is one, its measures and its values."""
    frame = explorer.frame
    here = [] if frame is None or row not in frame.index else list(frame.loc[row].items())
    about = f"Row {count(row)}, observed {points.outcome[at]}"
    shown, rest = picture(explorer.data, here, about) if here else ((), [])
    return (*shown, Values((*_measures(points, at), *values_of(rest))))


def _position(points: Points | None, row: int | None) -> int | None:
    if points is None or row is None:
        return None
    found = np.flatnonzero(points.ids == row)
    return int(found[0]) if found.size else None


def sentence(points: Points, at: int) -> str:
    """The effect of removing one row, as a sentence."""
    effect = float(points.effect[at])
    told = changes.sentence(
        "this row", points.target_label, effect, points.target_value, points.unit
    )
    if effect == 0:
        return f"{told}."
    rank = int((np.abs(points.effect) > abs(effect)).sum()) + 1
    return f"{told}. By size, the effect ranks {count(rank)} of {count(points.ids.size)}."


def _others(explorer: Explorer, row: int) -> Content:
    """What removing the row does to the other watched quantities, where that is known already."""
    found: Brush | None = explorer.brush if explorer.fresh("brush") else None
    at = [] if found is None else np.flatnonzero(found.ids == row).tolist()
    if found is None or not at:
        return ()
    effects = found.effects[:, at[0]].tolist()
    return tuple(
        line(f"{changes.sentence('it', of.label, effect, of.value, of.unit)}.")
        for of, effect in zip(found.watched, effects, strict=True)
        if of.key != "target" and np.isfinite(effect)
    )


def _nearest(explorer: Explorer, points: Points) -> Content:
    """The rows with the most similar inputs, and whether they pull the same way."""
    rows = tuple(
        TableRow(
            f"Row {count(row)}",
            (number(far), str(points.outcome[at]), number(float(points.effect[at]))),
        )
        for row, far in explorer.nearest().items()
        if (at := _position(points, row)) is not None
    )
    heads = ("distance", "observed", f"effect, {points.unit}")
    return (Table("Nearest rows by the model's inputs", heads, rows),) if rows else ()


def nearest_options(explorer: Explorer) -> dict[str, int]:
    """The row in focus and its nearest rows, to choose from."""
    if explorer.primary is None:
        return {}
    options = {f"Row {count(explorer.primary)}, in focus": explorer.primary}
    nearest = enumerate(explorer.nearest(), start=1)
    return options | {f"Row {count(row)}, nearest {place}": row for place, row in nearest}


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


def values_of(items: Sequence[tuple[object, object]]) -> Pairs:
    """The columns of a row and their values, as text; not too many of them."""
    shown = tuple((short(name, 60), shown_value(value)) for name, value in items[:MAX_VALUES])
    more = len(items) - MAX_VALUES
    return (*shown, ("", f"and {count(more)} more columns")) if more > 0 else shown


def shown_value(value: object) -> str:
    """One value of a row, as text."""
    if isinstance(value, float | np.floating):
        return number(float(value), 6) if np.isfinite(value) else "missing"
    return "missing" if pd.isna(value) else short(value, MAX_LENGTH)
