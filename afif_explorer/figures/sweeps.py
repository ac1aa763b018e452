"""The disparity for increasing numbers of removed rows, by every method."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import number, percent, safe, short
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.figures.removal import WAITING
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Unlearning
from afif_explorer.wording import within

SWEEP = "Removing more and more rows"
TRUTH = "retrained"
# Curves may coincide: each is thinner than those below it and has its own marks.
_LINES = (
    ("╍", "dash", 7.0, "circle-open", 16),
    ("┅", "dashdot", 4.5, "square-open", 11),
    ("┉", "dot", 2.5, "x-thin-open", 8),
)
_TRUTH = ("━", "solid", 1.5, "diamond", 5)
_VISIBLE = 0.4


@figure("unlearning", SWEEP, WAITING)
def sweep(unlearning: Unlearning, *, dark: bool = False) -> FigureSpec:
    """The disparity against the share of rows removed; the solid line is retraining."""
    colours = theme(dark)
    looks = styles(unlearning, colours)
    drawn = {name: _curve(unlearning, name, look) for name, look in looks.items()}
    drawn = {name: curve for name, curve in drawn.items() if curve["x"].size}
    name = unlearning.disparity or "target"
    if not drawn:
        why = unlearning.undefined.get(name, "No sweep is available for this choice of rows.")
        return empty(why, dark=dark, title=SWEEP)
    unit = unlearning.units.get(name, "")
    result = frame(
        colours,
        name="sweep",
        title=SWEEP,
        warning=unsettled(unlearning.solver),
        notes=(
            f"Order of removal: {short(within(unlearning.rule), 90)}.",
            _compared(unlearning, name),
            "" if TRUTH in unlearning.sweep else "Predictions only; not retrained yet.",
        ),
        key=(Key(looks[name].glyph, looks[name].colour, name) for name in drawn),
        height=350,
        axes_mean=(name, unlearning.shares),
    )
    result.add(*list(drawn.values()))
    _mark_current(result, unlearning, colours)
    label = short(name, 70).capitalize() if name.islower() else short(name, 70)
    result.lay_out(
        hovermode="x unified",
        xaxis=axis(
            colours,
            "Share of the training rows removed",
            tickformat="~%",
            rangemode="tozero",
        ),
        yaxis=axis(
            colours,
            label + (f" ({short(unit, 20)})" if unit else ""),
            rangemode="tozero" if _is_near_zero(drawn.values()) else "normal",
            zerolinewidth=2,
        ),
    )
    return result


class Style(NamedTuple):
    """How the curve of a method is drawn, here and against accuracy."""

    colour: str
    glyph: str
    dash: str
    width: float
    symbol: str
    size: int


def styles(unlearning: Unlearning, colours: Theme) -> dict[str, Style]:
    """The style of each curve; retraining comes last and is drawn on top."""
    methods = [name for name in unlearning.sweep if name != TRUTH]
    truth = {TRUTH: Style(colours.reference, *_TRUTH)} if TRUTH in unlearning.sweep else {}
    return {
        name: Style(colours.series[i % len(colours.series)], *_LINES[i % len(_LINES)])
        for i, name in enumerate(methods)
    } | truth


def _curve(unlearning: Unlearning, name: str, style: Style) -> Trace:
    values = np.asarray(unlearning.sweep[name], dtype=float)
    known = np.isfinite(values)
    return trace(
        "scatter",
        x=compact(unlearning.shares[known]),
        y=compact(values[known]),
        mode="lines+markers",
        name=safe(name),
        line={"color": style.colour, "width": style.width, "dash": style.dash},
        marker={
            "symbol": style.symbol,
            "size": style.size,
            "color": style.colour,
            "line": {"width": 1.5, "color": style.colour},
        },
        hovertext=[number(value, 4) for value in values[known]],
        hovertemplate=f"{safe(name)}: %{{hovertext}}<extra></extra>",
    )


def _is_near_zero(curves: Iterable[Trace]) -> bool:
    """Whether the curves change by so much of their size that an axis from zero still shows it."""
    values = np.concatenate([np.asarray(curve["y"], dtype=float) for curve in curves])
    return bool(np.ptp(values) >= _VISIBLE * np.abs(values).max())


def _compared(unlearning: Unlearning, name: str) -> str:
    """The groups that a gap compares, as a sentence; empty for other metrics."""
    groups = short(unlearning.compares.get(name, ""), 160)
    return f"The gap is in the {groups}." if groups else ""


def _mark_current(result: FigureSpec, unlearning: Unlearning, colours: Theme) -> None:
    share = len(unlearning.ids) / unlearning.n_train
    if not 0 < share <= float(unlearning.shares.max()):
        return
    result.vertical(x=share, line={"color": colours.reference, "width": 1, "dash": "dot"})
    right = share > 0.6 * float(unlearning.shares.max())
    result.annotate(
        x=share,
        xref="x",
        y=1,
        yref="y domain",
        yanchor="top",
        xanchor="right" if right else "left",
        xshift=-5 if right else 5,
        text=f"now {percent(share)}",
        showarrow=False,
        font={"size": 11, "color": colours.muted},
    )
