"""One coefficient: its added-variable plot, and what each row does to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.cloud import Cloud
from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.frame import axis, empty, frame, line
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import number, short
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.results import CoefficientRows, Diagnostics
from afif_explorer.wording import count

ADDED = "Added-variable plot"
ROWS = "What each row does to the coefficient"
FAR = 5  # times the range of the middle 99 % of the responses: then the axis shows only that range
WAITING = "Choose a coefficient; its rows appear here once the model is trained."


def _added(one: CoefficientRows | None) -> tuple[np.ndarray, np.ndarray]:
    if one is None or one.added is None:
        return np.zeros(0), np.zeros(0)
    return one.added


def window(y: np.ndarray) -> tuple[float, float] | None:
    """The ends of the axis for the middle 99 % of the values, where the extremes would hide these."""
    known = y[np.isfinite(y)]
    if not known.size:
        return None
    low, high = np.quantile(known, (0.005, 0.995))
    room = 0.1 * (high - low)
    wide = np.ptp(known) > FAR * (high - low) > 0
    return (float(low - room), float(high + room)) if wide else None


def _beyond(y: np.ndarray, ends: tuple[float, float] | None) -> tuple[str, ...]:
    """How many rows are not on the axis at first."""
    if ends is None:
        return ()
    outside = int(((y < ends[0]) | (y > ends[1])).sum())
    return (f"Rows beyond the vertical axis, seen by zooming out: {count(outside)}.",)


def added_places(found: Diagnostics) -> Places:
    """Where each row lies in the added-variable plot."""
    x, y = _added(found.coefficient)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    return Places(found.ids[known], x[known], y[known])


@figure("diagnostics", ADDED, WAITING, added_places)
def added_variable(
    found: Diagnostics, *, selected: Sequence[int] = (), dark: bool = False, limit: int = 3000
) -> FigureSpec:
    """The response against one input, both given the other inputs; the coefficient as a line."""
    colours, one = theme(dark), found.coefficient
    if one is None or one.added is None:
        why = found.no_coefficients if one is None else one.no_plot
        return empty(why, dark=dark, title=ADDED)
    x, y = one.added
    seen = window(y)
    name = short(one.name, 50)
    cloud = Cloud(found.ids, x, y, ("input", "response"), selected, limit)
    result = frame(
        colours,
        name="added_variable",
        title=ADDED,
        notes=(f"Coefficient of {name}: {number(one.value, 4)}.", *cloud.notes, *_beyond(y, seen)),
        key=(Key("┅", colours.reference, "slope: the coefficient"), *cloud.key(colours)),
        height=380,
        axes_mean=(found.ids, one.name),
        dragmode="lasso",
    )
    cloud.draw(result, colours)
    ends = np.array([np.nanmin(x), np.nanmax(x)])
    result.add(line(colours, ends.tolist(), (one.value * ends).tolist()))
    up = axis(colours, "Response, given the other inputs")
    if seen:
        up["range"] = list(seen)
    result.lay_out(xaxis=axis(colours, f"{name}, given the other inputs"), yaxis=up)
    return result


def coefficient_places(found: Diagnostics) -> Places:
    """Where each row lies: the change of the coefficient without it, and its DFBETAS."""
    one = found.coefficient
    if one is None:
        return Places(found.ids[:0], np.zeros(0), np.zeros(0))
    known = np.flatnonzero(np.isfinite(one.dfbetas) & np.isfinite(found.leverage))
    return Places(found.ids[known], found.leverage[known], one.dfbetas[known])


@figure("diagnostics", ROWS, WAITING, coefficient_places)
def coefficient_rows(
    found: Diagnostics, *, selected: Sequence[int] = (), dark: bool = False, limit: int = 3000
) -> FigureSpec:
    """DFBETAS of every row against its leverage, with the usual limit of 2 / sqrt(n)."""
    colours, one = theme(dark), found.coefficient
    if one is None:
        return empty(found.no_coefficients, dark=dark, title=ROWS)
    limits = 2 / np.sqrt(found.ids.size)
    beyond = np.abs(one.dfbetas) > limits
    cloud = Cloud(
        found.ids,
        found.leverage,
        one.dfbetas,
        ("leverage", "DFBETAS"),
        selected,
        limit,
        beyond,
        ("within the limits", "beyond them"),
    )
    if cloud.known.size == 0:
        return empty("No row has a finite change of this coefficient.", dark=dark, title=ROWS)
    result = frame(
        colours,
        name="coefficient_rows",
        title=ROWS,
        notes=(
            f"{short(one.name, 50)}: above zero, the row raises the coefficient.",
            *cloud.notes,
        ),
        key=(Key("┅", colours.reference, f"2/√n = {number(limits, 2)}"), *cloud.key(colours)),
        height=380,
        axes_mean=(found.ids, one.name),
        dragmode="lasso",
    )
    cloud.draw(result, colours)
    high = float(found.leverage[cloud.known].max()) * 1.05
    for level in (-limits, limits):
        result.add(line(colours, [0, high], [level, level]))
    result.lay_out(
        xaxis=axis(colours, "Leverage", range=[0, high]),
        yaxis=axis(colours, "DFBETAS (standard errors of the coefficient)"),
    )
    return result
