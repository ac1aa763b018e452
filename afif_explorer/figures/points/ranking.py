"""The most influential training rows as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.sampling import dropped_note, largest
from afif_explorer.figures.drawing.scatter import ring_key
from afif_explorer.figures.drawing.text import Scale, number, safe, short
from afif_explorer.figures.drawing.theme import CLEAR, Theme, theme
from afif_explorer.figures.points.row_words import WAITING, effect_title, hover
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points
from afif_explorer.wording import measured

RANKING = "Rows that matter most"
_BAR = 21  # px
_BAR_WIDTH = 0.72  # of the same


@figure("points", RANKING, WAITING)
def ranking(
    points: Points, *, top: int = 12, selected: Sequence[int] = (), dark: bool = False
) -> FigureSpec:
    """The ``top`` rows whose removal raises the target most, and the ``top`` that lower it most."""
    colours = theme(dark)
    order = _ranked(points.effect, top)
    if order.size == 0:
        return empty("No row changes the target.", dark=dark, title=RANKING)
    scale = Scale.of(points.effect[order], points.unit)
    result = frame(
        colours,
        name="ranking",
        title=RANKING,
        warning=unsettled(points.solver),
        notes=(
            _value_note(points),
            dropped_note(int((~np.isfinite(points.effect)).sum())),
        ),
        key=(
            *_direction_keys(points, colours),
            *ring_key(int(np.isin(selected, points.ids[order]).sum()), colours, mark="□"),
        ),
        height=_BAR * order.size + 92,
        axes_mean=(points.target_label, points.ids),
    )
    effect = points.effect[order]
    for name, rows, colour in (
        ("rises", effect > 0, colours.positive),
        ("falls", effect < 0, colours.negative),
    ):
        result.add(_bars(points, order, np.flatnonzero(rows), name, colour, scale))
    marked = np.flatnonzero(np.isin(points.ids[order], np.asarray(selected, dtype=np.int64)))
    if marked.size:
        outline = _bars(points, order, marked, "selected", CLEAR, scale)
        outline["marker"]["line"] = {"color": colours.selection, "width": 2.5}
        result.add(outline)
    result.lay_out(
        barmode="overlay",
        dragmode=False,
        xaxis=axis(colours, effect_title(points, scale), width=28, nticks=5),
        yaxis=axis(
            colours,
            ticklabelstandoff=6,
            tickvals=np.arange(order.size),
            ticktext=[_row_label(points, row) for row in order],
            range=[order.size - 0.5, -0.5],
            showgrid=False,
            zeroline=False,
            fixedrange=True,
        ),
    )
    return result


def _ranked(effect: np.ndarray, top: int) -> np.ndarray:
    """Positions of the ``top`` most positive and ``top`` most negative effects, descending."""
    rising = largest(np.where(np.isfinite(effect), effect, 0), top)
    falling = largest(np.where(np.isfinite(effect), -effect, 0), top)
    return np.concatenate([rising, falling[::-1]])


def _bars(
    points: Points, order: np.ndarray, positions: np.ndarray, name: str, colour: str, scale: Scale
) -> Trace:
    """Bars at ``positions`` (from the top) of the ranked rows."""
    rows = order[positions]
    return trace(
        "bar",
        orientation="h",
        width=_BAR_WIDTH,  # plotly would take it from the distances within this trace
        x=points.effect[rows],
        y=positions,
        name=name,
        customdata=points.ids[rows],
        hovertext=hover(points, rows, scale),
        hovertemplate="<b>Row %{customdata}</b><br>%{hovertext}<extra></extra>",
        marker={"color": colour, "line": {"width": 0}},
    )


def _row_label(points: Points, row: int) -> str:
    parts = (str(points.outcome[row]), str(points.group[row]))
    words = " · ".join(short(part, 10) for part in parts if part)
    return f"#{points.ids[row]}" + (f" · {safe(words)}" if words else "")


def _value_note(points: Points) -> str:
    """The value of the target itself, beside its changes."""
    value = measured(number(points.target_value), points.unit)
    return f"With all rows the {short(points.target_label, 110)} is {value}."


def _direction_keys(points: Points, colours: Theme) -> tuple[Key, Key]:
    """What the removal of a row does, for either sign of its effect."""
    quantity = short(points.raises.partition(" raises ")[2] or "the target", 60)
    return (
        Key("■", colours.positive, f"removing it raises {quantity}"),
        Key("■", colours.negative, f"removing it lowers {quantity}"),
    )
