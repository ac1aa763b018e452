"""The distribution of the training rows' leverages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame, log_axis
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.rug import rug, strip
from afif_explorer.figures.drawing.sampling import chosen, marks
from afif_explorer.figures.drawing.scatter import ring_key
from afif_explorer.figures.drawing.text import number
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.results import CrossValidationReport
from afif_explorer.wording import count

LEVERAGES = "Leverages of the training rows"
WAITING = "The leverages of the training rows appear here once the model is trained."
BINS = 40
SMALLEST = 1e-8  # of the largest leverage; below that a log axis shows rounding
HIGH = 3.0  # times the mean leverage, from which a row is called out


@figure("cross_validation", LEVERAGES, WAITING)
def leverage_distribution(
    report: CrossValidationReport, *, selected: Sequence[int] = (), dark: bool = False
) -> FigureSpec:
    """Rows per bin of leverage, the mean marked; one tick below the bars for every selected row."""
    colours = theme(dark)
    known = np.flatnonzero(report.leverage > SMALLEST * float(report.leverage.max(initial=0.0)))
    if known.size == 0:
        return empty(
            "No row has any leverage: the model ignores its inputs.", dark=dark, title=LEVERAGES
        )
    leverage = report.leverage[known]
    low, high = float(leverage.min()) / 1.2, float(leverage.max()) * 1.2
    edges = np.geomspace(low, high, BINS + 1)
    counts, _ = np.histogram(leverage, edges)
    picked = known[chosen(report.ids[known], selected)]
    marked = marks(picked)
    mean = float(report.leverage.mean())
    effective, above = float(report.leverage.sum()), int((leverage > HIGH * mean).sum())
    result = frame(
        colours,
        name="leverage_distribution",
        title=LEVERAGES,
        notes=(
            f"Their sum, {number(effective)}, is the effective number of parameters "
            f"(of {count(report.n_parameters)}).",
            f"{count(above)} of {count(report.ids.size)} rows have more than {number(HIGH)} times the mean.",
            _small_note(report.ids.size - known.size),
        ),
        key=(
            Key("┅", colours.reference, "mean"),
            *ring_key(picked.size, colours, mark="❘", marked=marked.size),
        ),
        height=300,
        axes_mean=(report.ids,),
    )
    result.add(_bars(counts, edges, colours.series[0]))
    if marked.size:
        values = report.leverage[marked]
        texts = [number(value) for value in values]
        result.add(rug(values, report.ids[marked], texts, colours, of="leverage "))
    result.vertical(x=mean, line={"color": colours.reference, "width": 1, "dash": "dot"})
    domain, anchor, below_bars = strip(marked.size > 0)
    result.lay_out(
        xaxis=log_axis(colours, "Leverage of the row", low, high, anchor=anchor),
        yaxis=axis(
            colours, "Rows in the bin", range=[0, 1.06 * float(counts.max())], domain=domain
        ),
        yaxis2=below_bars,
    )
    return result


def _small_note(small: int) -> str:
    return f"{count(small)} rows have a leverage close to zero and are not drawn." if small else ""


def _bars(counts: np.ndarray, edges: np.ndarray, colour: str) -> Trace:
    """Bins as one stepped area: bars would need widths, which log axes don't have."""
    return trace(
        "scatter",
        x=compact(np.repeat(edges, 2)),
        y=np.concatenate([[0], np.repeat(counts, 2), [0]]),
        mode="lines",
        name="rows",
        hovertext=np.concatenate([[""], np.repeat(_words(counts, edges), 2), [""]]).tolist(),
        hovertemplate="%{hovertext}<extra></extra>",
        line={"color": colour, "width": 1},
        fill="tozeroy",
    )


def _words(counts: np.ndarray, edges: np.ndarray) -> list[str]:
    return [
        f"<b>{count(rows)} rows</b><br>from {number(low)} to {number(high)}"
        for rows, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
    ]
