"""Residuals against leverages, with contours of Cook's distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.cloud import Cloud
from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.frame import axis, empty, frame, line
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import number
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.results import Diagnostics
from afif_explorer.wording import count

RESIDUALS = "Residuals against leverage"
WAITING = "Residuals and leverages appear here once the model is trained."
STEPS = 60  # of a contour
_LEVELS = (0.5, 1.0)  # of Cook's distance, beside 4 / n


def residual_places(found: Diagnostics) -> Places:
    """Where each row lies: its leverage, and its residual, or Cook's distance without one."""
    y = _vertical(found)
    known = np.flatnonzero(np.isfinite(found.leverage) & np.isfinite(y))
    return Places(found.ids[known], found.leverage[known], y[known])


def _vertical(found: Diagnostics) -> np.ndarray:
    return found.cooks_distance if found.residual is None else found.residual


@figure("diagnostics", RESIDUALS, WAITING, residual_places)
def residual_leverage(
    found: Diagnostics, *, selected: Sequence[int] = (), dark: bool = False, limit: int = 3000
) -> FigureSpec:
    """Standardised residuals against leverages; contours connect rows of equal Cook's distance."""
    colours = theme(dark)
    y, plain = _vertical(found), found.residual is None
    cloud = Cloud(
        found.ids,
        found.leverage,
        y,
        ("leverage", "Cook's distance" if plain else "standardised residual"),
        selected,
        limit,
        found.influential,
        ("other rows", "influential"),
    )
    if cloud.known.size == 0:
        return empty("No row has a finite residual.", dark=dark, title=RESIDUALS)
    limit_of_rule = 4 / found.ids.size
    drawn = () if plain else (Key("┅", colours.reference, f"Cook's distance {_levels(found)}"),)
    result = frame(
        colours,
        name="residual_leverage",
        title=RESIDUALS,
        notes=(f"{count(found.influential.sum())} rows are {found.rule}.", *cloud.notes),
        key=(*cloud.key(colours), *drawn),
        height=400,
        axes_mean=(found.ids, plain),
        dragmode="lasso",
    )
    top = float(np.abs(y[cloud.known]).max()) * 1.1
    if not plain:
        for level in (limit_of_rule, *_LEVELS):
            for sign in (-1, 1):
                h, r = _contour(found, level, top)
                if h.size > 1:
                    result.add(line(colours, h.tolist(), (sign * r).tolist()))
    cloud.draw(result, colours)
    high = float(found.leverage[cloud.known].max()) * 1.05
    result.lay_out(
        xaxis=axis(colours, "Leverage", range=[0, high]),
        yaxis=axis(colours, "Cook's distance", range=[0, top])
        if plain
        else axis(colours, "Standardised Pearson residual", range=[-top, top]),
    )
    return result


def _levels(found: Diagnostics) -> str:
    return ", ".join([f"4/n = {number(4 / found.ids.size, 2)}", *map(number, _LEVELS)])


def _contour(found: Diagnostics, level: float, top: float) -> tuple[np.ndarray, np.ndarray]:
    """``r = sqrt(D rank (1 - h) / h)``, where it lies within the plot."""
    high = float(np.nanmax(found.leverage)) * 1.05
    h = np.geomspace(high / 1000, min(high, 1 - 1e-9), STEPS)
    r = np.sqrt(level * found.rank * (1 - h) / h)
    inside = r <= top
    return h[inside], r[inside]
