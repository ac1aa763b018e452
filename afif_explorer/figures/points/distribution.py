"""The distribution of the effects of all rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame, log_axis
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.rug import rug, strip
from afif_explorer.figures.drawing.sampling import chosen, dropped_note, marks
from afif_explorer.figures.drawing.scatter import ring_key
from afif_explorer.figures.drawing.text import Scale, percent, short
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.figures.points.row_words import WAITING
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points
from afif_explorer.wording import count

DISTRIBUTION = "Distribution of effects"
BINS = 60
HEAVY = 100  # largest bin over smallest non-empty bin, from which counts are drawn on a log axis


@figure("points", DISTRIBUTION, WAITING)
def effect_distribution(
    points: Points, *, selected: Sequence[int] = (), dark: bool = False
) -> FigureSpec:
    """Rows per bin of effect; one tick below the bars for every selected row."""
    colours = theme(dark)
    known = np.flatnonzero(np.isfinite(points.effect))
    effect = points.effect[known]
    if known.size == 0 or not effect.any():
        return empty("No row changes the target.", dark=dark, title=DISTRIBUTION)
    edges = bin_edges(effect)
    counts, _ = np.histogram(effect, edges)
    heavy = counts.max() > HEAVY * counts[counts > 0].min()
    scale = Scale.of(effect, points.unit)
    picked = known[chosen(points.ids[known], selected)]
    marked = marks(picked)
    below = percent(float((effect < 0).mean()))
    result = frame(
        colours,
        name="effect_distribution",
        title=DISTRIBUTION,
        warning=unsettled(points.solver),
        notes=(
            f"{below} of {count(effect.size)} effects are below zero.",
            dropped_note(points.ids.size - known.size),
        ),
        key=(
            Key("■", colours.negative, "below zero"),
            Key("■", colours.positive, "above zero"),
            *ring_key(picked.size, colours, mark="❘", marked=marked.size),
        ),
        height=330,
        axes_mean=(points.target_label, points.ids),
    )
    result.add(_histogram(counts, edges, scale, colours))
    if marked.size:
        texts = scale.texts(points.effect[marked])
        result.add(rug(points.effect[marked], points.ids[marked], texts, colours))
    title = f"Predicted change of {short(points.target_label, 90)} if the row is removed"
    domain, anchor, below_bars = strip(marked.size > 0)
    high = float(counts.max())
    if heavy:
        vertical = log_axis(
            colours, "Rows in the bin (log scale)", 0.7, 1.5 * high, words=count, domain=domain
        )
    else:
        vertical = axis(colours, "Rows in the bin", range=[0, 1.06 * high], domain=domain)
    result.lay_out(
        bargap=0.06,
        xaxis=axis(colours, f"{title} ({scale.title})", anchor=anchor),
        yaxis=vertical,
        yaxis2=below_bars,
    )
    return result


def bin_edges(effect: np.ndarray, bins: int = BINS) -> np.ndarray:
    """About ``bins`` equal bins over the range of ``effect``, with an edge at zero."""
    low, high = min(float(effect.min()), 0.0), max(float(effect.max()), 0.0)
    width = (high - low) / bins
    first, last = np.floor(low / width + 1e-9), np.ceil(high / width - 1e-9)
    edges = np.arange(first, last + 1) * width
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return edges


def _histogram(counts: np.ndarray, edges: np.ndarray, scale: Scale, colours: Theme) -> Trace:
    limits = scale.texts(edges)
    middle = (edges[:-1] + edges[1:]) / 2
    return trace(
        "bar",
        x=compact(middle),
        y=counts,
        width=float(edges[1] - edges[0]) * 0.94,
        name="rows",
        hovertext=[
            f"<b>{count(rows)} rows</b><br>from {low}<br>to {high}"
            for rows, low, high in zip(counts, limits[:-1], limits[1:], strict=True)
        ],
        hoverinfo="text",
        marker={
            "color": np.where(middle < 0, colours.negative, colours.positive),
            "line": {"width": 0},
        },
    )
