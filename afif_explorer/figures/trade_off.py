"""The target against the model's accuracy, for increasing numbers of removed rows."""

from __future__ import annotations

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import number, percent, safe, short
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.figures.removal import WAITING
from afif_explorer.figures.solver import unsettled
from afif_explorer.figures.sweeps import TRUTH, Style, styles
from afif_explorer.results import Unlearning

TITLE = "Trade-off with accuracy"


@figure("unlearning", TITLE, WAITING)
def trade_off(unlearning: Unlearning, *, dark: bool = False) -> FigureSpec:
    """The target against a measure of accuracy on the same rows; each point is one share of rows removed."""
    colours, costs = theme(dark), unlearning.utilities
    name = unlearning.disparity or "target"
    looks = {
        method: look for method, look in styles(unlearning, colours).items() if method in costs
    }
    if not looks:
        why = unlearning.undefined.get(name, "No sweep is available for this choice of rows.")
        return empty(why, dark=dark, title=TITLE)
    result = frame(
        colours,
        name="trade_off",
        title=TITLE,
        warning=unsettled(unlearning.solver),
        notes=(
            f"From no row removed to {percent(float(unlearning.shares.max()))} of the training rows.",
            "" if TRUTH in costs else "Predictions only; not retrained yet.",
        ),
        key=(
            *(Key(look.glyph, look.colour, method) for method, look in looks.items()),
            Key("✚", colours.reference, "all rows"),
        ),
        height=350,
        axes_mean=(name, unlearning.utility, unlearning.shares),
    )
    result.add(*(_curve(unlearning, method, look) for method, look in looks.items()))
    result.add(_start(unlearning, next(iter(looks)), colours.reference))
    unit = unlearning.units.get(name, "")
    result.lay_out(
        xaxis=axis(colours, short(unlearning.utility, 60), zeroline=False),
        yaxis=axis(colours, short(name, 60) + (f" ({short(unit, 20)})" if unit else "")),
    )
    return result


def _curve(unlearning: Unlearning, method: str, look: Style) -> Trace:
    x, y = (np.asarray(of[method], float) for of in (unlearning.utilities, unlearning.sweep))
    known = np.isfinite(x) & np.isfinite(y)
    texts = [
        f"{safe(method)}, {percent(share)} removed<br>target {number(target, 4)}<br>"
        f"{safe(unlearning.utility, 60)} {number(cost, 4)}"
        for share, target, cost in zip(unlearning.shares[known], y[known], x[known], strict=True)
    ]
    return trace(
        "scatter",
        x=compact(x[known]),
        y=compact(y[known]),
        mode="lines+markers",
        name=safe(method),
        line={"color": look.colour, "width": min(look.width, 3.0), "dash": look.dash},
        marker={
            "symbol": look.symbol,
            "size": look.size,
            "color": look.colour,
            "line": {"width": 1.5, "color": look.colour},
        },
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _start(unlearning: Unlearning, method: str, colour: str) -> Trace:
    """The fit on all rows, where every curve begins."""
    return trace(
        "scatter",
        x=[float(unlearning.utilities[method][0])],
        y=[float(unlearning.sweep[method][0])],
        mode="markers",
        name="all rows",
        marker={"symbol": "cross", "size": 11, "color": colour},
        hovertemplate="all rows<extra></extra>",
    )
