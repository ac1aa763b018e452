"""Groups of rows in words, with the change of the target without each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, trace
from afif_explorer.figures.drawing.frame import axis, empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import Scale, number, percent, short, wrapped
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.results import PatternRows, Patterns

PATTERNS = "Patterns with the largest effects"
WAITING = "Groups of rows appear here once they are searched for."
NONE = "No group of rows changes the target in this direction; choose the other one, or another target."
_ROW, _WIDTH, _LONGEST = (
    92,
    50,
    140,
)  # px of a pattern; characters in a line of its words, and in all


@figure("patterns", PATTERNS, WAITING)
def patterns(patterns: Patterns, *, selected: Sequence[int] = (), dark: bool = False) -> FigureSpec:
    """One line for each pattern: its words, and the change by sum, Newton step and refit."""
    colours = theme(dark)
    if not patterns.found:
        return empty(NONE, dark=dark, title=PATTERNS)
    shown = patterns.found
    changes = {name: np.array([getattr(one, name) for one in shown]) for name in _styles(colours)}
    scale = Scale.of(np.concatenate([*changes.values()]), patterns.unit)
    result = frame(
        colours,
        name="patterns",
        title=PATTERNS,
        notes=(
            f"Chosen on the {patterns.chosen_on}, reported on the {patterns.told_on}.",
            "Click a pattern to select its rows; hold Shift to add them.",
        ),
        key=tuple(
            Key(glyph, colour, words) for glyph, _, colour, words in _styles(colours).values()
        ),
        height=_ROW * len(shown) + 40,
        axes_mean=(patterns.target_label, *(one.words for one in shown)),
    )
    places = np.arange(len(shown))
    for name, (_, symbol, colour, words) in _styles(colours).items():
        known = np.isfinite(changes[name])
        result.add(
            trace(
                "scatter",
                x=changes[name][known],
                y=places[known],
                mode="markers",
                name=words,
                text=[f"{words}: {text}" for text in scale.texts(changes[name][known])],
                hovertemplate="%{text}<extra></extra>",
                cliponaxis=False,
                marker={
                    "symbol": symbol,
                    "size": 12,
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
            )
        )
    chosen = set(selected)
    for place, one in enumerate(shown):
        _label(result, place, one, colours, picked=chosen.issuperset(one.ids.tolist()))
    label = short(patterns.target_label, 60)
    result.lay_out(
        xaxis=axis(colours, f"Change of {label} without the rows ({scale.title})"),
        yaxis={"range": [len(shown) - 0.6, -0.85], "visible": False, "fixedrange": True},
    )
    return result


def _styles(colours: Theme) -> dict[str, tuple[str, str, str, str]]:
    """Glyph, symbol, colour and words of each way to a change."""
    return {
        "summed": ("●", "circle", colours.series[0], "sum of effects"),
        "newton": ("◆", "diamond", colours.series[1], "Newton step"),
        "retrained": ("□", "square-open", colours.reference, "retrained"),
    }


def _label(
    result: FigureSpec, place: int, one: PatternRows, colours: Theme, *, picked: bool
) -> None:
    """The pattern in words above its marks; bold if its rows are selected."""
    words = wrapped(f"{place + 1}. {short(one.words, _LONGEST)}", _WIDTH)
    facts = f"{percent(one.share)} of rows, p = {number(one.p_value, 2)}"
    facts += ", selected" if picked else ""
    result.annotate(
        text=f"{f'<b>{words}</b>' if picked else words}<br>"
        f'<span style="color:{colours.muted}">{facts}</span>',
        xref="paper",
        x=0,
        xanchor="left",
        y=place - 0.14,
        yanchor="bottom",
        showarrow=False,
        align="left",
        borderpad=0,
        font={"size": 12, "color": colours.ink},
    )
    result.shape(
        type="line",
        xref="x domain",
        x0=0,
        x1=1,
        y0=place,
        y1=place,
        layer="below",
        line={"color": colours.grid, "width": 6},
    )
