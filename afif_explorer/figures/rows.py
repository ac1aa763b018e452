"""The training rows: the most influential ones as bars, all of them as a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from afif_explorer.figures.frame import Key, axis, colour_bar, compact, empty, frame
from afif_explorer.figures.registry import figure
from afif_explorer.figures.sampling import chosen, drawn_rows, dropped_note, sample_note
from afif_explorer.figures.scatter import ring, ring_key, scatter
from afif_explorer.figures.text import Scale, number, safe, short
from afif_explorer.figures.theme import CLEAR, Theme, theme
from afif_explorer.results import Points

RANKING = "Rows that matter most"
MAP = "Map of the training rows"
WAITING = "The effects of the rows appear here once the model is trained."
COLOUR_PERCENTILE = 99
_BAR = 21  # px


@figure("points", RANKING, WAITING)
def ranking(
    points: Points, *, top: int = 12, selected: Sequence[int] = (), dark: bool = False
) -> go.Figure:
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
        notes=(
            _sign_note(points),
            dropped_note(int((~np.isfinite(points.effect)).sum())),
        ),
        key=(
            Key("■", colours.positive, "rises if the row is left out"),
            Key("■", colours.negative, "falls"),
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
        result.add_trace(_bars(points, order, np.flatnonzero(rows), name, colour, scale))
    marked = np.flatnonzero(np.isin(points.ids[order], np.asarray(selected, dtype=np.int64)))
    if marked.size:
        outline = _bars(points, order, marked, "selected", CLEAR, scale)
        outline.update(marker_line={"color": colours.selection, "width": 2.5})
        result.add_trace(outline)
    result.update_layout(
        bargap=0.28,
        barmode="overlay",
        dragmode=False,
        xaxis=axis(colours, _effect_title(points, scale), width=28, nticks=5),
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


@figure("points", MAP, WAITING)
def row_map(
    points: Points,
    *,
    selected: Sequence[int] = (),
    dark: bool = False,
    limit: int = 5000,
) -> go.Figure:
    """Every training row at its map coordinates, coloured by its effect; selected rows ringed."""
    colours = theme(dark)
    known = np.flatnonzero(
        np.isfinite(points.effect) & np.isfinite(points.x) & np.isfinite(points.y)
    )
    if known.size == 0:
        return empty("No row has a finite effect.", dark=dark, title=MAP)
    always = chosen(points.ids[known], selected)
    rows = known[
        drawn_rows(
            (points.effect[known],),
            (points.x[known], points.y[known]),
            always,
            max(limit, 1),
        )
    ]
    rows = rows[np.argsort(np.abs(points.effect[rows]), kind="stable")]  # the strong ones on top
    scale = Scale.of(points.effect[rows], points.unit)
    result = frame(
        colours,
        name="row_map",
        title=MAP,
        notes=(
            f"Colour: p{_effect_title(points, scale)[1:]}.",
            sample_note(rows.size, known.size),
            dropped_note(points.ids.size - known.size),
        ),
        key=ring_key(always.size, colours),
        height=430,
        axes_mean=(points.x_label, points.y_label, points.ids),
        dragmode="lasso",
    )
    result.add_trace(
        scatter(
            points.x[rows],
            points.y[rows],
            ids=points.ids[rows],
            text=_hover(points, rows, scale),
            marker={"size": 6, "opacity": 0.85} | _effect_colours(points, rows, colours, scale),
        )
    )
    marked = known[always]
    if marked.size:
        result.add_trace(
            ring(
                points.x[marked],
                points.y[marked],
                ids=points.ids[marked],
                text=_hover(points, marked, scale),
                colours=colours,
            )
        )
    result.update_layout(
        xaxis=axis(colours, points.x_label, zeroline=False),
        yaxis=axis(colours, points.y_label, zeroline=False),
    )
    return result


def _ranked(effect: np.ndarray, top: int) -> np.ndarray:
    """Positions of the ``top`` most positive and ``top`` most negative effects, descending."""
    known = np.flatnonzero(np.isfinite(effect) & (effect != 0))
    order = known[np.argsort(-effect[known], kind="stable")]
    rising, falling = order[effect[order] > 0], order[effect[order] < 0]
    return np.concatenate([rising[:top], falling[max(falling.size - top, 0) :]])


def _bars(
    points: Points, order: np.ndarray, positions: np.ndarray, name: str, colour: str, scale: Scale
) -> go.Bar:
    """Bars at ``positions`` (from the top) of the ranked rows."""
    rows = order[positions]
    return go.Bar(
        orientation="h",
        x=points.effect[rows],
        y=positions,
        name=name,
        customdata=points.ids[rows],
        hovertext=_hover(points, rows, scale),
        hovertemplate="<b>Row %{customdata}</b><br>%{hovertext}<extra></extra>",
        marker={"color": colour, "line": {"width": 0}},
    )


def _row_label(points: Points, row: int) -> str:
    parts = (str(points.outcome[row]), str(points.group[row]))
    words = " · ".join(short(part, 10) for part in parts if part)
    return f"#{points.ids[row]}" + (f" · {safe(words)}" if words else "")


def _hover(points: Points, rows: np.ndarray, scale: Scale) -> list[str]:
    """What a row is and does: effect, outcome, group, prediction."""
    return [
        f"{effect} if left out<br>{safe(words, 60)}<br>predicted {number(prediction)}"
        for effect, words, prediction in zip(
            scale.texts(points.effect[rows]),
            (
                f"{outcome} · {group}" if group else outcome
                for outcome, group in zip(points.outcome[rows], points.group[rows], strict=True)
            ),
            points.prediction[rows],
            strict=True,
        )
    ]


def _effect_title(points: Points, scale: Scale) -> str:
    label = short(points.target_label, 90)
    return f"Predicted change of {label} if the row is left out ({scale.title})"


def _sign_note(points: Points) -> str:
    return f"Above zero, {short(points.raises, 110)}." if points.raises else ""


def _effect_colours(
    points: Points, rows: np.ndarray, colours: Theme, scale: Scale
) -> dict[str, object]:
    """Colour by effect, symmetric about zero, cut at a percentile that the colour bar names."""
    effect = points.effect[np.isfinite(points.effect)]
    bound = float(np.percentile(np.abs(effect), COLOUR_PERCENTILE)) or float(np.abs(effect).max())
    bound = bound or 1.0
    return {
        "color": compact(points.effect[rows]),
        "cmin": -bound,
        "cmax": bound,
        "colorscale": colours.diverging,
        "colorbar": colour_bar(
            colours,
            f"Effect; full colour beyond {COLOUR_PERCENTILE} % of rows",
            [-bound, -bound / 2, 0, bound / 2, bound],
            [
                f"≤ {scale.short(-bound)}",
                scale.short(-bound / 2),
                "0",
                scale.short(bound / 2),
                f"≥ {scale.short(bound)}",
            ],
        ),
    }
