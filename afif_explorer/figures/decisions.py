"""How few training rows carry each decision: by group, and against the margin."""

from __future__ import annotations

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, trace
from afif_explorer.figures.drawing.frame import axis, empty, frame, log_axis
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.sampling import drawn_rows, sample_note
from afif_explorer.figures.drawing.scatter import scatter
from afif_explorer.figures.drawing.text import number, percent, safe, short
from afif_explorer.figures.drawing.theme import theme
from afif_explorer.results import Decisions
from afif_explorer.wording import count

SHARES = "Decisions resting on few training rows"
MARGINS = "Decisions by margin"
WAITING = "How few training rows carry each decision appears here."
MOST_GROUPS = 6  # the largest; the others are one line
MARKS = (("●", "circle"), ("◆", "diamond"), ("■", "square"), ("▲", "triangle-up"),
         ("▼", "triangle-down"), ("✚", "cross"))  # fmt: skip


def _groups(decisions: Decisions) -> dict[str, np.ndarray]:
    """Positions of the rows of each group, the largest first; of all, where there are none."""
    names, sizes = np.unique(decisions.group.astype(str), return_counts=True)
    ordered = names[np.argsort(-sizes, kind="stable")].tolist()
    kept = ordered if len(ordered) <= MOST_GROUPS else ordered[: MOST_GROUPS - 1]
    found = {name or "all": np.flatnonzero(decisions.group == name) for name in kept}
    rest = np.flatnonzero(~np.isin(decisions.group.astype(str), kept))
    return found | ({"all others": rest} if rest.size else {})


@figure("decisions", SHARES, WAITING)
def decision_shares(decisions: Decisions, *, dark: bool = False) -> FigureSpec:
    """For each group, the share of decisions that at most so many training rows carry."""
    colours = theme(dark)
    groups = _groups(decisions)
    result = frame(
        colours,
        name="decision_shares",
        title=SHARES,
        notes=(
            f"Up to {count(decisions.refitted)} rows every set was refitted and does flip the decision; "
            "beyond the dotted line counts are predictions.",
        ),
        key=tuple(
            Key("━", colours.series[place % len(colours.series)], f"{name} ({count(rows.size)})")
            for place, (name, rows) in enumerate(groups.items())
        ),
        height=330,
        axes_mean=(decisions.ids, *groups),
    )
    steps = np.arange(1, decisions.most + 1)
    for place, (name, rows) in enumerate(groups.items()):
        counts = np.sort(decisions.counts[rows][np.isfinite(decisions.counts[rows])])
        share = np.searchsorted(counts, steps, side="right") / rows.size
        result.add(
            trace(
                "scatter",
                x=steps,
                y=100 * share,
                mode="lines",
                name=safe(name),
                line={
                    "color": colours.series[place % len(colours.series)],
                    "width": 2,
                    "shape": "hv",
                    "dash": ("solid", "dash", "dot", "dashdot")[place % 4],
                },
                hovertemplate="%{fullData.name}: %{y:.2f} % on at most %{x} rows<extra></extra>",
            )
        )
    result.vertical(
        x=decisions.refitted, line={"color": colours.reference, "width": 1, "dash": "dot"}
    )
    result.lay_out(
        xaxis=log_axis(
            colours, "Training rows without which the decision changes, at most", 1, decisions.most
        ),
        yaxis=axis(colours, f"Share of the {decisions.rows_label} (%)", rangemode="tozero"),
    )
    return result


@figure("decisions", MARGINS, WAITING)
def decision_margins(decisions: Decisions, *, dark: bool = False, limit: int = 3000) -> FigureSpec:
    """Rows that carry a decision against the margin of the decision, one mark for each row of the split."""
    colours = theme(dark)
    known = np.flatnonzero(np.isfinite(decisions.counts))
    if known.size == 0:
        why = f"No decision depends on {count(decisions.most)} training rows or fewer."
        return empty(why, dark=dark, title=MARGINS)
    fragile = 1 / decisions.counts[known]
    rows = known[drawn_rows([fragile], [decisions.margin[known]], np.empty(0, int), max(limit, 1))]
    groups = {name: np.intersect1d(rows, of) for name, of in _groups(decisions).items()}
    styles = {
        name: (colours.series[place % len(colours.series)], *MARKS[place % len(MARKS)])
        for place, name in enumerate(groups)
    }
    beyond = decisions.ids.size - known.size
    result = frame(
        colours,
        name="decision_margins",
        title=MARGINS,
        notes=(
            sample_note(rows.size, known.size),
            f"{count(beyond)} {decisions.rows_label} need more than {count(decisions.most)} rows and are "
            "not drawn."
            if beyond
            else "",
            "Click a mark to see that row.",
        ),
        key=tuple(
            Key(glyph, colour, short(name, 30)) for name, (colour, glyph, _) in styles.items()
        ),
        height=330,
        axes_mean=(decisions.ids, decisions.split),
    )
    for name, (colour, _, symbol) in styles.items():
        of = groups[name]
        if of.size:
            result.add(
                scatter(
                    decisions.margin[of],
                    decisions.counts[of],
                    ids=decisions.ids[of],
                    text=_hover(decisions, of),
                    marker={"size": 7, "opacity": 0.75, "symbol": symbol, "color": colour},
                    name=safe(name),
                )
            )
    result.lay_out(
        xaxis=axis(
            colours, "Margin of the decision over the next class (log-odds)", rangemode="tozero"
        ),
        yaxis=log_axis(
            colours, "Training rows that carry it", 0.8, 1.3 * decisions.counts[known].max()
        ),
    )
    return result


def _hover(decisions: Decisions, rows: np.ndarray) -> list[str]:
    return [
        f"{safe(decision)}, margin {number(margin)}<br>carried by {count(rows)} training rows"
        f" ({'refitted' if verified else 'predicted'})"
        for decision, margin, rows, verified in zip(
            decisions.decision[rows],
            decisions.margin[rows].tolist(),
            decisions.counts[rows].tolist(),
            decisions.verified[rows].tolist(),
            strict=True,
        )
    ]


def share_within(decisions: Decisions, rows: np.ndarray, most: float) -> str:
    """The share of some rows whose decision depends on at most so many training rows."""
    if rows.size == 0:
        return "no rows"
    return percent(float((decisions.counts[rows] <= most).mean()))
