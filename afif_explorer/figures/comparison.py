"""Effects of the present fit against those of the pinned one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.curvatures import ends
from afif_explorer.figures.drawing.cloud import Cloud
from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.frame import axis, empty, frame, line
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.places import Places
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import Scale, number, percent, short
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import ComparedRows, Comparison

COMPARED = "Effects at the baseline and now"
WAITING = "No fit is pinned yet. Pin the present one, then change model, penalty or method."


def _pair(found: Comparison) -> ComparedRows | None:
    return found.rows


def compared_places(found: Comparison) -> Places:
    """Where each row lies: its effect at the baseline, and now."""
    rows = found.rows
    if rows is None:
        return Places(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    known = np.flatnonzero(np.isfinite(rows.before) & np.isfinite(rows.now))
    return Places(rows.ids[known], rows.before[known], rows.now[known])


@figure("comparison", COMPARED, WAITING, compared_places, on_request=_pair)
def effect_comparison(
    found: Comparison, *, selected: Sequence[int] = (), dark: bool = False, limit: int = 3000
) -> FigureSpec:
    """Each row's effect now against its effect at the baseline, with the line of equality."""
    colours, rows = theme(dark), found.rows
    if rows is None or found.before is None:
        return empty(WAITING, dark=dark, title=COMPARED)
    turned = np.isin(rows.ids, rows.turned)
    cloud = Cloud(
        rows.ids,
        rows.before,
        rows.now,
        ("baseline", "now"),
        selected,
        limit,
        turned,
        ("other rows", "large effect that changes its sign"),
    )
    known = cloud.known
    if known.size == 0:
        return empty("No row has a finite effect under both.", dark=dark, title=COMPARED)
    scale = Scale.of(np.concatenate([rows.before[known], rows.now[known]]), found.unit)
    result = frame(
        colours,
        name="effect_comparison",
        title=COMPARED,
        warning=unsettled(found.before.solver) or unsettled(found.now.solver),
        verdict=(
            f"Rank correlation {number(rows.spearman)}; {percent(rows.overlap)} of the {rows.top_k} largest "
            "in both.",
        ),
        notes=cloud.notes,
        key=(Key("┅", colours.reference, "equal"), *cloud.key(colours)),
        height=430,
        axes_mean=(found.target_label, rows.ids),
        dragmode="lasso",
    )
    both = ends(rows.before[known], rows.now[known])
    result.add(line(colours, both, both))
    cloud.draw(result, colours)
    label = short(found.target_label, 60)
    result.lay_out(
        xaxis=axis(
            colours, f"Baseline: predicted change of {label} ({scale.title})", range=both, nticks=5
        ),
        yaxis=axis(colours, f"Now: predicted change of {label} ({scale.title})", range=both),
    )
    return result
