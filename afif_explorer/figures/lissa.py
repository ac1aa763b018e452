"""LiSSA's error: step by step, and as a map over scale and depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.frame import (
    colour_bar,
    compact,
    empty,
    frame,
    line,
    log_axis,
)
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.text import number, percent, short
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.results import LissaReport
from afif_explorer.wording import count

ERROR = "LiSSA's error, step by step"
MAP = "LiSSA's error by scale and depth"
WAITING = "LiSSA's error appears here once the model is trained."
LARGEST_DRAWN = 1e3  # relative errors beyond it are cut off
MAP_FLOOR, MAP_CEILING = -6, 0  # powers of ten between which the map's colours change
_DEPTH = "Depth (steps of the recursion, log scale)"
_RELATIVE = "Relative error against the direct solve (log scale)"


@figure("lissa", ERROR, WAITING)
def lissa_error(lissa: LissaReport, *, dark: bool = False) -> FigureSpec:
    """Relative error by depth: of the full-batch recursion and, once it has run, of the stochastic run."""
    colours = theme(dark)
    curves = [curve for curve in _curves(lissa, colours) if curve.steps.size]
    if not curves:
        message = "No error is finite at this scale: the recursion diverges. Raise the scale."
        return empty(message, dark=dark, title=ERROR)
    result = frame(
        colours,
        name="lissa_error",
        title=ERROR,
        warning=_advice(lissa),
        notes=(f"Scale {number(lissa.scale)}.", _gaps(lissa)),
        key=(
            *(Key("┅" if c.diverged else "━", c.colour, c.name) for c in curves),
            Key("│", colours.reference, f"current depth ({count(lissa.depth)})"),
            Key("┊", colours.reference, f"automatic ({count(lissa.automatic_depth)})"),
        ),
        height=340,
        axes_mean=(lissa.largest_eigenvalue, lissa.smallest_eigenvalue),
    )
    errors = np.concatenate([curve.errors for curve in curves])
    steps = np.concatenate([curve.steps for curve in curves])
    low, high = float(errors.min()) / 2, float(errors.max()) * 2
    for depth, dash in ((lissa.depth, "solid"), (lissa.automatic_depth, "dot")):
        result.add(line(colours, [depth, depth], [low, high], dash=dash))
    result.add(*[curve.trace() for curve in curves])
    last = max(float(steps.max()), lissa.depth, lissa.automatic_depth)
    result.lay_out(
        xaxis=log_axis(colours, _DEPTH, float(steps.min()) / 1.4, 1.2 * last),
        yaxis=log_axis(colours, _RELATIVE, low, high, words=percent),
    )
    return result


@figure("lissa", MAP, WAITING)
def lissa_map(lissa: LissaReport, *, dark: bool = False) -> FigureSpec:
    """Relative error of the full-batch recursion over scale and depth; grey where it diverges."""
    colours = theme(dark)
    if lissa.map_error.size == 0:
        return empty(WAITING, dark=dark, title=MAP)
    finite = np.isfinite(lissa.map_error)
    blocked = (Key("■", colours.blocked, "diverges: no result"),)
    result = frame(
        colours,
        name="lissa_map",
        title=MAP,
        notes=("Computed for full batches.",),
        key=(
            Key("✚", colours.warning, "current setting"),
            Key("○", colours.warning, "automatic setting"),
            *(() if finite.all() else blocked),
        ),
        height=380,
        axes_mean=(lissa.map_scales, lissa.map_depths),
    )
    if not finite.all():
        result.add(_blocked(lissa, ~finite, colours))
    if finite.any():
        result.add(_heat(lissa, finite, colours))
    automatic = (lissa.automatic_scale, lissa.rule_depth)
    result.add(_setting("automatic", *automatic, "circle-open", colours))
    result.add(_setting("current setting", lissa.scale, lissa.depth, "cross-thin-open", colours))
    result.lay_out(
        xaxis=log_axis(
            colours,
            "Scale σ (log scale)",
            *_span(lissa.map_scales, lissa.scale, lissa.automatic_scale),
            showgrid=False,
        ),
        yaxis=log_axis(
            colours,
            _DEPTH,
            *_span(lissa.map_depths, lissa.depth, lissa.rule_depth),
            showgrid=False,
        ),
    )
    return result


def full_batch_diverges(lissa: LissaReport) -> bool:
    """Whether the full-batch recursion grows: by theory (scale too small), or visibly."""
    errors = lissa.mean_error
    grows = errors.size > 0 and not errors[-1] <= max(errors[0], 1.0)
    return bool(grows or lissa.scale <= lissa.largest_eigenvalue / 2)


def _advice(lissa: LissaReport) -> str:
    advice = short(lissa.advice, 160)
    if not full_batch_diverges(lissa):
        return advice
    largest = number(lissa.largest_eigenvalue)
    return (
        f"LiSSA diverges: the scale must exceed half the largest eigenvalue ({largest}). {advice}"
    )


def _gaps(lissa: LissaReport) -> str:
    """The difference between the computed curve and the actual runs, once they are done."""
    if lissa.run_gap is None or lissa.recursion_gap is None:
        return ""
    return (
        f"The computed result differs by {percent(lissa.run_gap, 2)} from the stochastic run, and by "
        f"{number(lissa.recursion_gap, 1)} (relative) from the full-batch recursion, "
        "carried out step by step."
    )


@dataclass(frozen=True, eq=False)
class _Curve:
    """One error curve, without the values that cannot be drawn on log axes."""

    name: str
    steps: np.ndarray
    errors: np.ndarray
    diverged: bool
    colour: str
    width: float  # the run may lie on the computed curve, so it is thinner

    @classmethod
    def of(
        cls,
        name: str,
        steps: np.ndarray,
        errors: np.ndarray,
        diverged: bool,
        colour: str,
        width: float,
    ) -> _Curve:
        shown = (errors > 0) & (errors <= LARGEST_DRAWN) & (steps > 0)
        return cls(name, steps[shown], errors[shown], diverged, colour, width)

    def trace(self) -> Trace:
        return trace(
            "scatter",
            x=compact(self.steps),
            y=compact(self.errors),
            mode="lines",
            name=self.name,
            line={
                "color": self.colour,
                "width": self.width,
                "dash": "dash" if self.diverged else "solid",
            },
            text=[percent(error, 3) for error in self.errors],
            hovertemplate=f"{self.name}<br>step %{{x:,d}}: error %{{text}}<extra></extra>",
        )


def _curves(lissa: LissaReport, colours: Theme) -> tuple[_Curve, _Curve]:
    mean, run = "full batch, computed", f"stochastic run, batches of {count(lissa.batch_size)}"
    blue, orange = colours.series[:2]
    diverges, diverged = full_batch_diverges(lissa), lissa.run_status == "diverged"
    if diverges:
        mean, blue = "full batch, diverging", colours.warning
    if diverged:
        run += ", diverged"
    return (
        _Curve.of(mean, lissa.steps, lissa.mean_error, diverges, blue, 5),
        _Curve.of(run, lissa.run_steps, lissa.run_error, diverged, orange, 2),
    )


def _heat(lissa: LissaReport, finite: np.ndarray, colours: Theme) -> Trace:
    power = np.full(lissa.map_error.shape, np.nan)
    power[finite] = np.log10(np.maximum(lissa.map_error[finite], 1e-16))
    low = float(np.clip(np.floor(power[finite].min()), MAP_FLOOR, MAP_CEILING - 1))
    ticks = np.arange(low, MAP_CEILING + 1, 2 if low < -3 else 1)
    return trace(
        "heatmap",
        x=compact(lissa.map_scales),
        y=compact(lissa.map_depths),
        z=compact(power),
        customdata=[[percent(error, 3) for error in row] for row in lissa.map_error],
        hovertemplate="scale %{x:.3~g}, depth %{y:,d}<br>error %{customdata}<extra></extra>",
        hoverongaps=False,
        name="relative error",
        zmin=low,
        zmax=MAP_CEILING,
        colorscale=colours.ramp,
        colorbar=colour_bar(
            colours,
            "Relative error against the direct solve",
            ticks,
            [f"{_sign(tick, low)}{percent(10.0**tick, 1)}" for tick in ticks],
        ),
    )


def _blocked(lissa: LissaReport, blocked: np.ndarray, colours: Theme) -> Trace:
    """The cells without a result, in one flat colour."""
    return trace(
        "heatmap",
        x=compact(lissa.map_scales),
        y=compact(lissa.map_depths),
        z=np.where(blocked, 1.0, np.nan).astype(np.float32),
        colorscale=[[0, colours.blocked], [1, colours.blocked]],
        showscale=False,
        hoverongaps=False,
        name="diverges",
        hovertemplate="scale %{x:.3~g}, depth %{y:,d}<br>diverges: no result<extra></extra>",
    )


def _setting(name: str, scale: float, depth: int, symbol: str, colours: Theme) -> Trace:
    return trace(
        "scatter",
        x=[scale],
        y=[depth],
        mode="markers",
        name=name,
        hovertemplate=f"{name}<br>scale %{{x:.3~g}}, depth %{{y:,d}}<extra></extra>",
        marker={
            "symbol": symbol,
            "size": 15,
            "color": colours.warning,
            "line": {"width": 3, "color": colours.warning},
        },
    )


def _span(values: np.ndarray, *marks: float) -> tuple[float, float]:
    """The range of a log axis that holds all cells and marks."""
    half = (float(values[-1]) / float(values[0])) ** (0.5 / max(len(values) - 1, 1))
    low = min(float(values[0]) / half, *(mark / 1.2 for mark in marks))
    return low, max(float(values[-1]) * half, *(mark * 1.2 for mark in marks))


def _sign(tick: float, low: float) -> str:
    """The prefix of the label of a colour that also covers all values beyond it."""
    return "≤ " if tick == low else "≥ " if tick == MAP_CEILING else ""
