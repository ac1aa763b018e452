"""The model's predictions by group, before and after rows are removed."""

from __future__ import annotations

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import axis, compact, empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import numbers, safe
from afif_explorer.figures.drawing.theme import Theme, faded, theme
from afif_explorer.figures.removal import WAITING
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Unlearning
from afif_explorer.wording import count

SCORES = "Predictions by group"
MOST_GROUPS = 6
BINS = 40
_ROW = 108  # px


@figure("unlearning", SCORES, WAITING)
def score_distributions(unlearning: Unlearning, *, dark: bool = False) -> FigureSpec:
    """One row per group: predictions on the test rows before (filled, faint) and after (line)."""
    colours = theme(dark)
    before, after = unlearning.scores_before, unlearning.scores_after
    sizes = {name: int(np.isfinite(scores).sum()) for name, scores in before.items()}
    names = sorted((n for n in sizes if sizes[n]), key=lambda n: -sizes[n])[:MOST_GROUPS]
    if not names:
        message = "No sensitive column is chosen, so there are no groups to compare."
        return empty(message, dark=dark, title=SCORES)
    left_out = len(before) - len(names)
    result = frame(
        colours,
        name="score_distributions",
        title=SCORES,
        warning=unsettled(unlearning.solver),
        notes=(
            "Test rows. Vertical lines mark the group means.",
            f"The {len(names)} largest of {len(before)} groups are shown." if left_out else "",
        ),
        key=(Key("■", colours.axis, "before"), Key("━", colours.text, "after (predicted)")),
        height=_ROW * len(names) + 30,
        axes_mean=tuple(names),
    )
    edges = _edges([*before.values(), *after.values()])
    for i, name in enumerate(names):
        later = after.get(name, np.empty(0))
        _add_group(result, i, len(names), name, before[name], later, edges, colours)
    last = str(len(names)) if len(names) > 1 else ""
    result.lay_out(
        xaxis=axis(
            colours,
            "Mean prediction",
            anchor=f"y{last}",
            range=[edges[0], edges[-1]],
            zeroline=False,
        )
    )
    return result


def _edges(scores: list[np.ndarray]) -> np.ndarray:
    values = np.concatenate(scores)
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return np.linspace(low, high if high > low else low + 1.0, BINS + 1)


def _add_group(
    result: FigureSpec,
    i: int,
    n: int,
    name: str,
    before: np.ndarray,
    after: np.ndarray,
    edges: np.ndarray,
    colours: Theme,
) -> None:
    suffix = str(i + 1) if i else ""
    colour = colours.series[i % len(colours.series)]
    top = 1 - i / n
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    shares = [_shares(scores, edges) for scores in (before, after) if scores.size]
    highest = max(float(share.max()) for share in shares)
    result.layout |= {
        f"yaxis{suffix}": {
            "domain": [top - 0.96 / n, top - 0.26 / n],
            "range": [0, 1.05 * highest],
            "visible": False,
            "fixedrange": True,
        }
    }
    states: list[tuple[str, np.ndarray, str | None, float]] = [
        ("before", before, faded(colours.muted, 0.32), 0.0),
        ("after", after, None, 2.0),
    ]
    for state, scores, fill, width in states:
        if not scores.size:
            continue
        result.add(
            _outline(
                state,
                _shares(scores, edges),
                edges,
                suffix,
                colour,
                fill,
                width,
            )
        )
        result.shape(
            type="line",
            xref="x",
            yref=f"y{suffix} domain",
            x0=scores.mean(),
            x1=scores.mean(),
            y0=0,
            y1=1,
            line={
                "color": colours.muted if fill else colour,
                "width": 4 if fill else 1.5,  # both may coincide
                "dash": "dot" if fill else "solid",
            },
        )
    _add_words(result, suffix, name, before, after, colours)


def _shares(scores: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.histogram(scores, edges)[0] / scores.size


def _outline(
    state: str,
    shares: np.ndarray,
    edges: np.ndarray,
    suffix: str,
    colour: str,
    fill: str | None,
    width: float,
) -> Trace:
    """A histogram as a stepped line that starts and ends at zero."""
    return trace(
        "scatter",
        x=compact(np.concatenate([edges[:1], edges])),
        y=compact(np.concatenate([[0], shares, [0]])),
        xaxis="x",
        yaxis=f"y{suffix}",
        mode="lines",
        name=state,
        fill="tozeroy" if fill else None,
        fillcolor=fill,
        line={"shape": "hv", "color": colour, "width": width},
        hovertemplate=f"{state}<br>%{{y:.1%}} of the group from %{{x:.3~g}}<extra></extra>",
    )


def _add_words(
    result: FigureSpec,
    suffix: str,
    name: str,
    before: np.ndarray,
    after: np.ndarray,
    colours: Theme,
) -> None:
    means = numbers((float(part.mean()) for part in (before, after) if part.size), 3)
    result.annotate(
        text=(
            f"<b>{safe(name, 18)}</b> "
            f'<span style="color:{colours.muted}">{count(before.size)} rows, '
            f"mean {' → '.join(means)}</span>"
        ),
        xref="paper",
        x=0,
        xanchor="left",
        yref=f"y{suffix} domain",
        y=1,
        yanchor="bottom",
        showarrow=False,
        borderpad=0,
        font={"size": 12, "color": colours.ink},
    )
