"""The training rows: the most influential ones as bars, all of them as a map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, colour_bar, compact, empty, frame
from afif_explorer.figures.drawing.head import Key, Ramp
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.sampling import (
    chosen,
    drawn_rows,
    dropped_note,
    marks,
    sample_note,
)
from afif_explorer.figures.drawing.scatter import ring, ring_key, scatter
from afif_explorer.figures.drawing.text import Scale, number, safe, short
from afif_explorer.figures.drawing.theme import CLEAR, Theme, theme
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points

RANKING = "Rows that matter most"
MAP = "Map of the training rows"
WAITING = "The effects of the rows appear here once the model is trained."
COLOUR_PERCENTILE = 99
_BAR = 21  # px
_BAR_WIDTH = 0.72  # of the same
CLOUD = (
    "<b>Row %{{customdata}}</b><br>%{{marker.color:.3s}}\u00a0{unit} if removed"
    "<br>%{{text}}<br>predicted %{{hovertext}}<extra></extra>"
)


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
            _sign_note(points),
            dropped_note(int((~np.isfinite(points.effect)).sum())),
        ),
        key=(
            Key("■", colours.positive, "rises if the row is removed"),
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
        result.add(_bars(points, order, np.flatnonzero(rows), name, colour, scale))
    marked = np.flatnonzero(np.isin(points.ids[order], np.asarray(selected, dtype=np.int64)))
    if marked.size:
        outline = _bars(points, order, marked, "selected", CLEAR, scale)
        outline["marker"]["line"] = {"color": colours.selection, "width": 2.5}
        result.add(outline)
    result.lay_out(
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


def _on_map(points: Points) -> np.ndarray:
    """Positions of the rows that have finite coordinates and a finite effect."""
    return np.flatnonzero(
        np.isfinite(points.effect) & np.isfinite(points.x) & np.isfinite(points.y)
    )


def map_places(points: Points) -> Places:
    """The coordinates of each row on the map."""
    known = _on_map(points)
    return Places(points.ids[known], points.x[known], points.y[known])


@figure("points", MAP, WAITING, map_places)
def row_map(
    points: Points,
    *,
    selected: Sequence[int] = (),
    dark: bool = False,
    limit: int = 3000,
) -> FigureSpec:
    """Every training row at its map coordinates, coloured by its effect; selected rows ringed."""
    colours = theme(dark)
    known = _on_map(points)
    if known.size == 0:
        return empty("No row has a finite effect.", dark=dark, title=MAP)
    always = chosen(points.ids[known], selected)
    rows = known[
        drawn_rows(
            (points.effect[known],),
            (points.x[known], points.y[known]),
            marks(always),
            max(limit, 1),
        )
    ]
    marked = np.intersect1d(known[always], rows)
    rows = rows[np.argsort(np.abs(points.effect[rows]), kind="stable")]  # the strongest on top
    scale, bound = Scale.of(points.effect[rows], points.unit), _full_colour(points)
    ramp = _effect_ramp(bound, colours, scale)
    result = frame(
        colours,
        name="row_map",
        title=MAP,
        warning=unsettled(points.solver),
        notes=(
            f"Colour: p{_effect_title(points, scale)[1:]}.",
            sample_note(rows.size, known.size),
            dropped_note(points.ids.size - known.size),
        ),
        key=ring_key(always.size, colours, marked=marked.size),
        height=430,
        axes_mean=(points.x_label, points.y_label, points.ids),
        dragmode="lasso",
        ramp=ramp,
    )
    result.add(
        scatter(
            points.x[rows],
            points.y[rows],
            ids=points.ids[rows],
            text=_words(points, rows),
            hovertext=_predicted(points, rows),
            hovertemplate=CLOUD.format(unit=safe(points.unit)),
            marker={"size": 6, "opacity": 0.85}
            | _effect_colours(points.effect[rows], bound, colours, ramp),
        )
    )
    if marked.size:
        result.add(
            ring(
                points.x[marked],
                points.y[marked],
                ids=points.ids[marked],
                text=_hover(points, marked, scale),
                colours=colours,
            )
        )
    result.lay_out(
        xaxis=axis(colours, points.x_label, zeroline=False),
        yaxis=axis(colours, points.y_label, zeroline=False),
    )
    return result


def _ranked(effect: np.ndarray, top: int) -> np.ndarray:
    """Positions of the ``top`` most positive and ``top`` most negative effects, descending."""
    rising = _largest(np.where(np.isfinite(effect), effect, 0), top)
    falling = _largest(np.where(np.isfinite(effect), -effect, 0), top)
    return np.concatenate([rising, falling[::-1]])


def _largest(values: np.ndarray, top: int) -> np.ndarray:
    """Positions of the ``top`` largest values above zero, the largest first; ties by position."""
    top = min(top, int((values > 0).sum()))
    if top == 0:
        return np.empty(0, dtype=np.intp)
    bound = np.partition(values, values.size - top)[values.size - top]
    candidates = np.flatnonzero(values >= bound)
    return candidates[np.argsort(-values[candidates], kind="stable")][:top]


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
        hovertext=_hover(points, rows, scale),
        hovertemplate="<b>Row %{customdata}</b><br>%{hovertext}<extra></extra>",
        marker={"color": colour, "line": {"width": 0}},
    )


def _row_label(points: Points, row: int) -> str:
    parts = (str(points.outcome[row]), str(points.group[row]))
    words = " · ".join(short(part, 10) for part in parts if part)
    return f"#{points.ids[row]}" + (f" · {safe(words)}" if words else "")


def _hover(points: Points, rows: np.ndarray, scale: Scale) -> list[str]:
    """A row's effect, outcome, group and prediction."""
    effects, words = scale.texts(points.effect[rows]), _words(points, rows)
    return [
        f"{effect} if removed<br>{word}<br>predicted {prediction}"
        for effect, word, prediction in zip(effects, words, _predicted(points, rows), strict=True)
    ]


def _words(points: Points, rows: np.ndarray) -> list[str]:
    """Outcome and group of every row, escaped."""
    known: dict[tuple[object, object], str] = {}
    pairs = list(zip(points.outcome[rows], points.group[rows], strict=True))
    for outcome, group in set(pairs):
        known[outcome, group] = safe(f"{outcome} · {group}" if group else outcome, 60)
    return list(map(known.__getitem__, pairs))


def _predicted(points: Points, rows: np.ndarray) -> list[str]:
    """The predictions to three digits of the largest: thousands of rows need few texts."""
    predictions = points.prediction[rows]
    largest = float(np.abs(predictions).max(initial=0.0)) or 1.0
    decimals = max(2 - math.floor(math.log10(largest)), 0)
    values, places = np.unique(np.round(predictions, decimals), return_inverse=True)
    texts = [number(value, 4) for value in values]
    return [texts[place] for place in places.tolist()]


def _effect_title(points: Points, scale: Scale) -> str:
    label = short(points.target_label, 90)
    return f"Predicted change of {label} if the row is removed ({scale.title})"


def _sign_note(points: Points) -> str:
    return f"Above zero, {short(points.raises, 110)}." if points.raises else ""


def _full_colour(points: Points) -> float:
    """The absolute effect from which a mark has its full colour."""
    sizes = np.abs(points.effect[np.isfinite(points.effect)])
    return float(np.percentile(sizes, COLOUR_PERCENTILE)) or float(sizes.max()) or 1.0


def _effect_ramp(bound: float, colours: Theme, scale: Scale) -> Ramp:
    """Colours and words from ``-bound`` to ``bound``, symmetric about zero."""
    return Ramp(
        f"Effect; full colour beyond {COLOUR_PERCENTILE} % of rows",
        (colours.negative, colours.neutral, colours.positive),
        (
            f"≤ {scale.short(-bound)}",
            scale.short(-bound / 2),
            "0",
            scale.short(bound / 2),
            f"≥ {scale.short(bound)}",
        ),
    )


def _effect_colours(
    effect: np.ndarray, bound: float, colours: Theme, ramp: Ramp
) -> dict[str, object]:
    """Marks coloured by their effects."""
    return {
        "color": compact(effect),
        "cmin": -bound,
        "cmax": bound,
        "colorscale": colours.diverging,
        "colorbar": colour_bar(
            colours, ramp.title, np.linspace(-bound, bound, len(ramp.words)), ramp.words
        ),
    }
