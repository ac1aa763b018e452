"""All training rows on a map, and how many lie where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from afif_explorer.figures.drawing.density import density, density_note
from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace
from afif_explorer.figures.drawing.frame import axis, empty, frame
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.sampling import chosen, drawn_rows, dropped_note, marks
from afif_explorer.figures.drawing.scatter import ring, ring_key, scatter
from afif_explorer.figures.drawing.text import Scale, safe
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.figures.points.map_colours import colouring, lacking
from afif_explorer.figures.points.row_words import WAITING, hover
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points, RowValues

MAP = "Map of the training rows"
SPREAD = 0.7  # of a level's width along an axis: its rows side by side instead of upon each other


def map_places(points: Points) -> Places:
    """The place of each row on the map, drawn or not; rows of one level are spread within it."""
    return _placed(points)[1]


@figure("points", MAP, WAITING, map_places)
def row_map(
    points: Points,
    *,
    selected: Sequence[int] = (),
    dark: bool = False,
    limit: int = 3000,
) -> FigureSpec:
    """Every training row at its place, coloured by its effect or a value of its own; selected rows ringed.

    Up to ``limit`` rows have marks; if there are more, a ground shows where all of them lie.
    """
    colours = theme(dark)
    known, places = _placed(points)
    if places.ids.size == 0:
        return empty("No row has a finite effect and a place.", dark=dark, title=MAP)
    effect = points.effect[known]
    always = chosen(places.ids, selected)
    drawn = drawn_rows((effect,), (places.x, places.y), marks(always), max(limit, 1))
    marked = np.intersect1d(always, drawn)
    drawn = drawn[np.argsort(np.abs(effect[drawn]), kind="stable")]  # the strongest on top
    without = drawn[lacking(points)[known[drawn]]]
    coloured = np.setdiff1d(drawn, without, assume_unique=True)
    look = colouring(points, known[coloured], colours)
    scale = Scale.of(points.effect[known[drawn]], points.unit)
    result = frame(
        colours,
        name="row_map",
        title=MAP,
        warning=unsettled(points.solver),
        notes=(
            look.note,
            density_note(drawn.size, known.size),
            dropped_note(points.ids.size - known.size),
        ),
        key=(*look.key, *ring_key(always.size, colours, marked=marked.size)),
        height=430,
        axes_mean=(points.across.label, points.up.label, points.ids),
        dragmode="lasso",
        ramp=look.ramp,
    )
    if drawn.size < known.size:
        result.add(density(places.x, places.y, colours))
    if without.size:
        marker = {"size": 6, "color": colours.neutral}
        result.add(_marks(places, without, marker, text=hover(points, known[without], scale)))
    marker = {"size": 6, "opacity": 0.85} | look.marker
    result.add(_marks(places, coloured, marker, **look.hover))
    if marked.size:
        result.add(
            ring(
                places.x[marked],
                places.y[marked],
                ids=places.ids[marked],
                text=hover(points, known[marked], scale),
                colours=colours,
            )
        )
    result.lay_out(xaxis=_axis(points.across, colours), yaxis=_axis(points.up, colours))
    return result


def _placed(points: Points) -> tuple[np.ndarray, Places]:
    """Positions of the rows with an effect and a place, and these places."""
    x, y = _spread(points.across, points.ids, 0), _spread(points.up, points.ids, 1)
    known = np.flatnonzero(np.isfinite(points.effect) & np.isfinite(x) & np.isfinite(y))
    return known, Places(points.ids[known], x[known], y[known])


def _marks(places: Places, rows: np.ndarray, marker: dict[str, Any], **hover: Any) -> Trace:
    return scatter(places.x[rows], places.y[rows], ids=places.ids[rows], marker=marker, **hover)


def _spread(shown: RowValues, ids: np.ndarray, way: int) -> np.ndarray:
    """The values; of levels, places around them that do not change with the choice of rows."""
    if not shown.levels:
        return shown.values
    golden = ((ids + 1) * (0.6180339887, 0.7548776662)[way]) % 1
    return shown.values + SPREAD * (golden - 0.5)


def _axis(shown: RowValues, colours: Theme) -> dict[str, Any]:
    if not shown.levels:
        return axis(colours, shown.label, zeroline=False)
    named = [safe(level, 16) for level in shown.levels]
    return axis(
        colours, shown.label, zeroline=False, tickvals=np.arange(len(named)), ticktext=named
    )
