"""The effect of removing rows on every metric: before, predicted, retrained."""

from __future__ import annotations

import math
from collections.abc import Mapping

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import number, numbers, percent, safe, short, wrapped
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Spread, Unlearning
from afif_explorer.wording import SPACE, count, within

METRICS = "What removing the rows changes"
WAITING = "Choose rows to remove to see the effect on each metric."
_NAME_WIDTH, _ABOUT_WIDTH = 44, 52  # characters that fit the width of a phone
_SIZES = {"before": 17, "predicted": 7, "retrained": 12}  # px; each remains visible around the next
# px: a line of a name, what is under it, the axis, its numbers
_LINE, _WORDS, _BAR, _BELOW = 16, 21, 25, 24
_SHARES = ("probability", "share of rows")  # units that mean the same on an axis


@figure("unlearning", METRICS, WAITING)
def metrics_change(unlearning: Unlearning, *, dark: bool = False) -> FigureSpec:
    """One axis per metric, the same for all gaps of a unit: a mark for each state, an arrow between them."""
    colours = theme(dark)
    metrics = unlearning.metrics
    if metrics.empty:
        return empty("No metric is defined for this model.", dark=dark, title=METRICS)
    states = [state for state in _styles(colours) if state in metrics.columns]
    names = [wrapped(str(name), _NAME_WIDTH) for name in metrics.index]
    about = [_about(unlearning, str(name)) for name in metrics.index]
    rows = [
        _LINE * (1 + name.count("<br>") + told.count("<br>")) + _WORDS + _BAR + _BELOW
        for name, told in zip(names, about, strict=True)
    ]
    result = frame(
        colours,
        name="metrics_change",
        title=METRICS,
        warning=unsettled(unlearning.solver),
        verdict=(_removed_note(unlearning), unlearning.reach.text),
        key=(
            *(
                Key(_styles(colours)[state][0], _styles(colours)[state][2], state)
                for state in states
            ),
            *(
                (Key("▬", colours.neutral, f"95{SPACE}% interval, before"),)
                if _known(unlearning)
                else ()
            ),
        ),
        height=sum(rows),
        axes_mean=tuple(metrics.index),
    )
    found = {str(name): _finite(metrics.loc[name, states].to_dict()) for name in metrics.index}
    ranges = _ranges(unlearning, found)
    for i, (name, values) in enumerate(found.items()):
        _add_metric(result, i, _place(rows, i), values, ranges[name], colours)
        _add_spread(result, i, _known(unlearning).get(name), colours)
        story = _story(values, unlearning.units.get(name, "")) + about[i]
        _add_words(result, i, names[i], story, colours, strong=name == unlearning.disparity)
    return result


def _removed_note(unlearning: Unlearning) -> str:
    removed = len(unlearning.ids)
    share = percent(removed / unlearning.n_train)
    rows = f"{count(removed)} of {count(unlearning.n_train)} rows removed"
    return f"{rows} ({share}): {short(within(unlearning.rule), 90)}."


def _styles(colours: Theme) -> dict[str, tuple[str, str, str]]:
    """Glyph, symbol and colour of each state, in chronological order."""
    return {
        "before": ("○", "circle-open", colours.muted),
        "predicted": ("●", "circle", colours.series[0]),
        "retrained": ("◇", "diamond-open", colours.reference),
    }


def _place(rows: list[int], i: int) -> tuple[float, float]:
    """The vertical extent of the ``i``-th axis, as shares of the figure height from below."""
    total = sum(rows)
    bottom = total - sum(rows[: i + 1]) + _BELOW
    return bottom / total, (bottom + _BAR) / total


def _add_metric(
    result: FigureSpec,
    i: int,
    place: tuple[float, float],
    values: dict[str, float],
    range_: tuple[float, float],
    colours: Theme,
) -> None:
    """The ``i``-th axis, from the top."""
    suffix = str(i + 1) if i else ""
    low, high = range_
    result.layout |= {
        f"xaxis{suffix}": {
            "anchor": f"y{suffix}",
            "range": [low, high],
            "showgrid": False,
            "zeroline": low < 0 < high,
            "zerolinecolor": colours.axis,
            "showticklabels": bool(values),
            "nticks": 5,
            "tickfont": {"size": 10, "color": colours.muted},
            "exponentformat": "SI",
            "fixedrange": True,
        },
        f"yaxis{suffix}": {
            "anchor": f"x{suffix}",
            "domain": list(place),
            "range": [-1, 1],
            "visible": False,
            "fixedrange": True,
        },
    }
    result.shape(
        type="line",
        xref=f"x{suffix} domain",
        yref=f"y{suffix}",
        x0=0,
        x1=1,
        y0=0,
        y1=0,
        line={"color": colours.grid, "width": 6},
        layer="below",
    )
    if {"before", "predicted"} <= values.keys() and values["before"] != values["predicted"]:
        result.annotate(
            x=values["predicted"],
            y=0,
            ax=values["before"],
            ay=0,
            xref=f"x{suffix}",
            yref=f"y{suffix}",
            axref=f"x{suffix}",
            ayref=f"y{suffix}",
            arrowhead=2,
            arrowwidth=1.5,
            arrowcolor=colours.series[0],
            standoff=6,
            startstandoff=6,
            text="",
        )
    for state, value in values.items():
        result.add(_mark(state, value, suffix, colours))


def _known(unlearning: Unlearning) -> dict[str, Spread]:
    """The bootstrap intervals of the gaps that have one."""
    spreads = unlearning.spreads.items()
    return {name: spread for name, spread in spreads if math.isfinite(spread.low)}


def _add_spread(result: FigureSpec, i: int, spread: Spread | None, colours: Theme) -> None:
    """The interval of a gap before the removal, if it is known."""
    if spread is None:
        return
    suffix = str(i + 1) if i else ""
    result.shape(
        type="line",
        xref=f"x{suffix}",
        yref=f"y{suffix}",
        x0=spread.low,
        x1=spread.high,
        y0=0,
        y1=0,
        line={"color": colours.neutral, "width": 6},
        layer="below",
    )


def _mark(state: str, value: float, suffix: str, colours: Theme) -> Trace:
    _, symbol, colour = _styles(colours)[state]
    return trace(
        "scatter",
        x=[value],
        y=[0],
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
        mode="markers",
        name=state,
        hovertemplate=f"{state}: {number(value, 5)}<extra></extra>",
        cliponaxis=False,
        marker={
            "symbol": symbol,
            "size": _SIZES[state],
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
    )


def _add_words(
    result: FigureSpec,
    i: int,
    name: str,  # escaped, in lines
    story: str,  # escaped, in lines
    colours: Theme,
    *,
    strong: bool,
) -> None:
    suffix = str(i + 1) if i else ""
    heading = f"<b>{name}</b>" if strong else name
    result.annotate(
        text=f'{heading}<br><span style="color:{colours.muted}">{story}</span>',
        xref="paper",
        x=0,
        xanchor="left",
        yref=f"y{suffix} domain",
        y=1,
        yanchor="bottom",
        showarrow=False,
        align="left",
        borderpad=0,
        font={"size": 12, "color": colours.ink},
    )


def _about(unlearning: Unlearning, name: str) -> str:
    """Lines below an axis: why a metric is undefined, or which groups a gap compares."""
    told = unlearning.undefined.get(name) or unlearning.compares.get(name)
    return f"<br>{wrapped(told, _ABOUT_WIDTH)}" if told else ""


def _story(values: dict[str, float], unit: str) -> str:
    """``0.1702 → 0.1150, retrained 0.0916 · probability``."""
    if not values:
        return "not defined"
    words = dict(zip(values, numbers(values.values()), strict=True))
    before, predicted = (words.get(state, "not defined") for state in ("before", "predicted"))
    truth = f", retrained {words['retrained']}" if "retrained" in words else ""
    return f"{before} → {predicted}{truth}" + (f" · {safe(unit, 24)}" if unit else "")


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {state: float(value) for state, value in values.items() if math.isfinite(value)}


def _ranges(
    unlearning: Unlearning, found: Mapping[str, dict[str, float]]
) -> dict[str, tuple[float, float]]:
    """The range of each metric's axis: from zero over all gaps of the same unit, else around its values."""
    together: dict[str, list[float]] = {}
    units = {
        name: _kind(unlearning.units.get(name, "")) for name in found if _is_gap(unlearning, name)
    }
    for name, unit in units.items():
        spread = _known(unlearning).get(name)
        ends = () if spread is None else (spread.low, spread.high)
        together.setdefault(unit, [0.0]).extend([*found[name].values(), *ends])
    return {
        name: _padded(together[units[name]]) if name in units else _around(list(values.values()))
        for name, values in found.items()
    }


def _is_gap(unlearning: Unlearning, name: str) -> bool:
    return name in unlearning.compares or name in unlearning.undefined


def _kind(unit: str) -> str:
    return _SHARES[0] if unit in _SHARES else unit


def _padded(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    reach = 0.04 * (high - low) or 1.0
    return low - reach, high + reach


def _around(values: list[float]) -> tuple[float, float]:
    """A range around the values: at least 5 % of their size, so that noise looks small."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    reach = max((high - low) / 2, 0.02 * max(abs(low), abs(high)), 1e-12) * 1.25
    middle = (low + high) / 2
    return middle - reach, middle + reach
