"""What the figures of the rows say of single rows."""

from __future__ import annotations

import math

import numpy as np

from afif_explorer.figures.drawing.text import Scale, number, safe, short
from afif_explorer.results import Points

WAITING = "The effects of the rows appear here once the model is trained."


def hover(points: Points, rows: np.ndarray, scale: Scale) -> list[str]:
    """A row's effect, outcome, group and prediction."""
    effects, words = scale.texts(points.effect[rows]), what(points, rows)
    return [
        f"{effect} if removed<br>{word}<br>predicted {prediction}"
        for effect, word, prediction in zip(effects, words, predicted(points, rows), strict=True)
    ]


def what(points: Points, rows: np.ndarray) -> list[str]:
    """Outcome and group of every row, escaped."""
    known: dict[tuple[object, object], str] = {}
    pairs = list(zip(points.outcome[rows], points.group[rows], strict=True))
    for outcome, group in set(pairs):
        known[outcome, group] = safe(f"{outcome} · {group}" if group else outcome, 60)
    return list(map(known.__getitem__, pairs))


def predicted(points: Points, rows: np.ndarray) -> list[str]:
    """The predictions to three digits of the largest: thousands of rows need few texts."""
    predictions = points.prediction[rows]
    largest = float(np.abs(predictions).max(initial=0.0)) or 1.0
    decimals = max(2 - math.floor(math.log10(largest)), 0)
    values, places = np.unique(np.round(predictions, decimals), return_inverse=True)
    texts = [number(value, 4) for value in values]
    return [texts[place] for place in places.tolist()]


def effect_title(points: Points, scale: Scale) -> str:
    """The title of an axis of effects."""
    label = short(points.target_label, 90)
    return f"Predicted change of {label} if the row is removed ({scale.title})"
