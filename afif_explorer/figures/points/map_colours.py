"""The colours of the map's marks: the effect, or a number or level of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from afif_explorer.figures.drawing.frame import colour_bar, compact
from afif_explorer.figures.drawing.head import Key, Ramp
from afif_explorer.figures.drawing.text import Scale, numbers, safe, short
from afif_explorer.figures.drawing.theme import Theme
from afif_explorer.figures.points.row_words import effect_title, predicted, what
from afif_explorer.results import Points, RowValues
from afif_explorer.wording import count

PERCENTILE = 99
STEPS = 5  # labels of the colour key
ROW = "<b>Row %{{customdata}}</b><br>"
BY_EFFECT = (
    ROW + "%{{marker.color:.3s}}\u00a0{unit} if removed<br>%{{text}}<br>predicted %{{hovertext}}"
    "<extra></extra>"
)
BY_VALUE = ROW + "%{{text}} if removed<br>{label}: %{{hovertext}}<extra></extra>"


@dataclass(frozen=True, eq=False)
class Colouring:
    """How ``rows`` are coloured: the settings of their marker and hover texts, and what the head says."""

    marker: dict[str, Any]
    hover: dict[str, Any]
    note: str
    ramp: Ramp | None = None
    key: tuple[Key, ...] = ()


def colouring(points: Points, rows: np.ndarray, colours: Theme) -> Colouring:
    """The colours of ``rows``: their effects, or the chosen values of ``points``."""
    if points.colour is None:
        return _by_effect(points, rows, colours)
    if points.colour.levels:
        return _by_level(points, points.colour, rows, colours)
    return _by_number(points, points.colour, rows, colours)


def lacking(points: Points) -> np.ndarray:
    """Which rows have no value that a colour could show, ``[n]``."""
    shown = points.colour
    return np.zeros(points.ids.size, dtype=bool) if shown is None else ~np.isfinite(shown.values)


def _by_effect(points: Points, rows: np.ndarray, colours: Theme) -> Colouring:
    """Symmetric about zero; full colour beyond most of all effects."""
    scale, bound = Scale.of(points.effect[rows], points.unit), _full_colour(points)
    shown = [scale.short(share * bound) for share in (-1, -0.5, 0.5, 1)]
    ramp = Ramp(
        f"Effect; full colour beyond {PERCENTILE} % of rows",
        (colours.negative, colours.neutral, colours.positive),
        (f"≤ {shown[0]}", shown[1], "0", shown[2], f"≥ {shown[3]}"),
    )
    return Colouring(
        _scaled(points.effect[rows], -bound, bound, colours.diverging, ramp, colours),
        {
            "text": what(points, rows),
            "hovertext": predicted(points, rows),
            "hovertemplate": BY_EFFECT.format(unit=safe(points.unit)),
        },
        f"Colour: p{effect_title(points, scale)[1:]}.",
        ramp,
    )


def _by_number(points: Points, shown: RowValues, rows: np.ndarray, colours: Theme) -> Colouring:
    low, high = _usual(shown.values)
    places = np.linspace(low, high, STEPS)
    words = numbers(places, 3)
    ramp = Ramp(
        f"{short(shown.label, 60)}; full colour beyond {PERCENTILE} % of rows",
        colours.measure,
        (f"≤ {words[0]}", *words[1:-1], f"≥ {words[-1]}"),
    )
    last = len(colours.measure) - 1
    steps = [[place / last, colour] for place, colour in enumerate(colours.measure)]
    values, none = shown.values[rows], int(lacking(points).sum())
    return Colouring(
        _scaled(values, low, high, steps, ramp, colours),
        _hover(points, rows, shown.label, numbers(values, 4)),
        f"Colour: {short(shown.label, 110)}.",
        ramp,
        (Key("●", colours.neutral, f"no value ({count(none)})"),) if none else (),
    )


def _by_level(points: Points, shown: RowValues, rows: np.ndarray, colours: Theme) -> Colouring:
    levels = shown.levels
    codes = shown.values.astype(np.intp)
    edges = np.arange(len(levels) + 1) / len(levels)
    steps = [
        [edges[place + end], colours.series[place]]
        for place in range(len(levels))
        for end in (0, 1)
    ]
    sizes = np.bincount(codes, minlength=len(levels))
    return Colouring(
        {
            "color": codes[rows].astype(np.int8),
            "cmin": -0.5,
            "cmax": len(levels) - 0.5,
            "colorscale": steps,
        },
        _hover(points, rows, shown.label, [safe(levels[code]) for code in codes[rows].tolist()]),
        f"Colour: {short(shown.label, 110)}.",
        key=tuple(
            Key("●", colours.series[place], f"{level} ({count(sizes[place])})")
            for place, level in enumerate(levels)
        ),
    )


def _scaled(
    values: np.ndarray, low: float, high: float, steps: list[Any], ramp: Ramp, colours: Theme
) -> dict[str, Any]:
    return {
        "color": compact(values),
        "cmin": low,
        "cmax": high,
        "colorscale": steps,
        "colorbar": colour_bar(
            colours, ramp.title, np.linspace(low, high, len(ramp.words)), ramp.words
        ),
    }


def _hover(points: Points, rows: np.ndarray, label: str, values: list[str]) -> dict[str, Any]:
    return {
        "text": Scale.of(points.effect[rows], points.unit).texts(points.effect[rows]),
        "hovertext": values,
        "hovertemplate": BY_VALUE.format(label=safe(label, 60)),
    }


def _full_colour(points: Points) -> float:
    """The absolute effect from which a mark has its full colour."""
    sizes = np.abs(points.effect[np.isfinite(points.effect)])
    return float(np.percentile(sizes, PERCENTILE)) or float(sizes.max()) or 1.0


def _usual(values: np.ndarray) -> tuple[float, float]:
    """The range of most values; of all, if most are equal."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = np.percentile(known, [100 - PERCENTILE, PERCENTILE]).tolist()
    if low == high:
        low, high = float(known.min()), float(known.max())
    return (low, high) if low < high else (low - 0.5, low + 0.5)
