"""From the map of the rows to a scene of the Learn view: some of the rows, at two numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.text import short
from afif_explorer.results import Points, RowValues
from afif_explorer.scenes.from_rows import link, sample
from afif_explorer.screens.content import Content, line
from afif_explorer.state import Explorer
from afif_explorer.wording import count

MOST_GROUPS = 4


def show(explorer: Explorer) -> None:
    """Open the scene that fits the task with some rows of the map, the selected ones first.

    Raises InvalidChoice if the task or the axes do not fit any scene.
    """
    points = explorer.points
    if points is None or explorer.data is None or not explorer.fresh("points"):
        raise InvalidChoice("The rows are still being computed; try again when they are there.")
    x, y, labels = _drawn(explorer, points)
    known = np.flatnonzero(np.isfinite(x.values) & np.isfinite(y.values))
    rows = known[sample(known.size, np.flatnonzero(np.isin(points.ids[known], explorer.selected)))]
    groups = _groups(points)
    opened = link(
        _scene(explorer, groups),
        x.values[rows],
        y.values[rows],
        labels[rows],
        groups[rows],
        _removed_first(explorer, points.ids[rows]),
    )
    note = _note(explorer, rows.size, x.label, y.label)
    explorer.param.update(scene=(opened, note), view="learn")


def note(explorer: Explorer) -> Content:
    """What the points of the scene are, above it."""
    told = explorer.scene[1]
    return (line(told),) if told else ()


def _drawn(explorer: Explorer, points: Points) -> tuple[RowValues, RowValues, np.ndarray]:
    """What the scene has across, up, and as the class of each row."""
    x, y = points.across, points.up
    labels = np.zeros(points.ids.size, dtype=int)
    if explorer.data.task == "classification":
        labels = _labels(explorer, points)
    elif explorer.data.task == "regression":
        target = explorer.frame[explorer.data.target].to_numpy(dtype=float)
        y = RowValues(target, explorer.data.target)
    else:
        raise InvalidChoice("There is no scene for counts; choose data with classes or numbers.")
    for values in (x, y):
        if values.levels:
            raise InvalidChoice(
                f"A scene needs numbers, and {short(values.label, 60)!r} is a category; choose another "
                "axis of the map."
            )
    return x, y, labels


def _removed_first(explorer: Explorer, ids: np.ndarray) -> int:
    """The position of the first selected row, or of the row in focus; else the first of all."""
    picked = explorer.selected[:1] or (explorer.primary,)
    found = np.flatnonzero(ids == picked[0])
    return int(found[0]) if found.size else 0


def _labels(explorer: Explorer, points: Points) -> np.ndarray:
    if len(explorer.data.classes) != 2:
        raise InvalidChoice("A scene has two classes; choose data with two.")
    return (points.outcome == explorer.data.classes[1]).astype(int)


def _groups(points: Points) -> np.ndarray:
    """Numbers of the groups; none if there are too many for a scene."""
    names, numbers = np.unique(points.group.astype(str), return_inverse=True)
    return numbers if names.size <= MOST_GROUPS else np.zeros_like(numbers)


def _scene(explorer: Explorer, groups: np.ndarray) -> Literal["question", "guess", "lever"]:
    if explorer.data.task == "regression":
        return "lever"
    return "question" if groups.any() else "guess"


def _note(explorer: Explorer, shown: int, x: str, y: str) -> str:
    some = f"{count(shown)} of the {count(explorer.data.n_train)} training rows"
    return (
        f"The points are {some} of {short(explorer.data.title, 60)}, selected ones first, at "
        f"{short(x, 60)} (across) and {short(y, 60)} (up), moved and scaled. The scene fits "
        "a model of its own to these, so its numbers are not those of the other views."
    )
