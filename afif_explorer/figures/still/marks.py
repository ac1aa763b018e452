"""Traces as marks of matplotlib: bars, heat maps, points and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from afif_explorer.figures.still.values import array, colour, colour_map, text

_SYMBOLS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "star": "*",
    "cross-thin": "+",
    "x-thin": "x",
    "line-ns": "|",
    "line-ew": "_",
    "triangle-up": "^",
    "triangle-down": "v",
    "triangle-left": "<",
    "triangle-right": ">",
}
_DASHES = {"dash": (3, 3), "dot": (1, 1), "dashdot": (3, 1, 1, 1)}  # as plotly's, in line widths
_STEPS = {"hv": "steps-post", "vh": "steps-pre", "hvh": "steps-mid"}
_MOST_TEXTS = 200  # of one trace


def dash(line: Mapping[str, Any]) -> Any:
    """The pattern of a line."""
    pattern = _DASHES.get(str(line.get("dash")))
    wider = max(
        3 / max(line.get("width", 2), 0.1), 1
    )  # thin lines are dashed as if they were of 3 px
    return "-" if pattern is None else (0, tuple(length * wider for length in pattern))


def draw(axes: Axes, trace: Mapping[str, Any], own: str, bars: BarPlaces) -> Any:
    """Draw a trace; ``own``: its colour if it says none. Returns what a colour bar explains, or None."""
    if trace["type"] == "heatmap":
        return _heat(axes, trace)
    if trace["type"] == "bar":
        return _bars(axes, trace, own, bars)
    return _scatter(axes, trace, own)


def _places(trace: Mapping[str, Any], name: str, count: int) -> np.ndarray:
    """The coordinates along ``x`` or ``y``: as listed, or in equal steps."""
    if name in trace:
        return array(trace[name])
    first, step = trace.get(f"{name}0", 0.0), trace.get(f"d{name}", 1.0)
    return np.asarray(first + step * np.arange(count), dtype=float)


def _scatter(axes: Axes, trace: Mapping[str, Any], own: str) -> Any:
    y = array(trace.get("y"))
    x = _places(trace, "x", len(y))
    marker, line = trace.get("marker", {}), trace.get("line", {})
    shade = colour(line.get("color", marker.get("color")), own)
    mode = trace.get("mode", "lines+markers" if len(y) < 20 else "lines")
    clip = trace.get("cliponaxis", True)
    if (kind := trace.get("fill", "none")) != "none" and len(x):
        faint = colour(trace.get("fillcolor"), own) if "fillcolor" in trace else (*shade[:3], 0.3)
        if kind == "toself":
            axes.fill(x, y, color=faint, linewidth=0)
        else:
            axes.fill_between(
                x,
                y,
                color=faint,
                linewidth=0,
                step="post" if line.get("shape") == "hv" else None,
            )
    if "lines" in mode and line.get("width", 2):
        axes.plot(
            x,
            y,
            color=shade,
            linewidth=line.get("width", 2),
            linestyle=dash(line),
            drawstyle=_STEPS.get(str(line.get("shape")), "default"),
            alpha=trace.get("opacity"),
            clip_on=clip,
        )
    if "error_y" in trace:
        _error_bars(axes, x, y, trace["error_y"], shade)
    if "text" in mode:
        for across, up, words in list(zip(x, y, trace.get("text", ()), strict=False))[:_MOST_TEXTS]:
            axes.text(across, up, text(words), fontsize=11, ha="center", clip_on=True)
    return _points(axes, x, y, marker, shade, trace) if "markers" in mode and len(x) else None


def _error_bars(
    axes: Axes, x: np.ndarray, y: np.ndarray, bars: Mapping[str, Any], own: Any
) -> None:
    """Bars from ``y - array`` to ``y + array``; their ``width`` is that of one half of a cap."""
    axes.errorbar(
        x,
        y,
        yerr=array(bars["array"]),
        fmt="none",
        ecolor=colour(bars["color"]) if "color" in bars else own,
        elinewidth=bars.get("thickness", 2),
        capsize=bars.get("width", 4),
        capthick=bars.get("thickness", 2),
        zorder=2,
    )


def _points(
    axes: Axes, x: np.ndarray, y: np.ndarray, marker: Mapping[str, Any], shade: Any, trace: Any
) -> Any:
    symbol = str(marker.get("symbol", "circle"))
    base = symbol.removesuffix("-open").removesuffix("-dot")
    thin = base.endswith(("-thin", "-ns", "-ew"))
    faces, scaled = _faces(marker, len(x), shade)
    edge = marker.get("line", {})
    width = edge.get("width", 1.5 if symbol.endswith("-open") or thin else 0)
    edges = colour(edge["color"]) if isinstance(edge.get("color"), str) else None
    settings: dict[str, Any] = {"c": faces}
    if scaled is not None:
        settings = {"c": scaled, "cmap": colour_map(marker.get("colorscale", "Viridis"))}
        settings |= {"vmin": marker.get("cmin"), "vmax": marker.get("cmax")}
    elif symbol.endswith("-open") and not thin:
        settings = {"facecolors": "none"}
        settings["edgecolors"] = edges if edges is not None else faces
    elif not thin:
        settings["edgecolors"] = edges if width and edges is not None else "none"
    size = marker.get("size", 6)
    drawn = axes.scatter(
        x,
        y,
        s=(np.asarray(array(size) if np.ndim(size) else size, dtype=float)) ** 2,
        marker=_SYMBOLS.get(base, "o"),
        linewidths=width,
        alpha=marker.get("opacity", trace.get("opacity")),
        clip_on=trace.get("cliponaxis", True),
        zorder=3,
        **settings,
    )
    return drawn if scaled is not None and "colorbar" in marker else None


def _faces(marker: Mapping[str, Any], count: int, shade: Any) -> tuple[Any, np.ndarray | None]:
    """The marks' colours, or the numbers that a colour scale turns into them."""
    chosen = marker.get("color")
    if chosen is None or isinstance(chosen, str):
        return [colour(chosen, "#444444") if chosen else shade] * count, None
    values = array(chosen)
    if values.dtype.kind == "f":
        return None, values
    return [colour(one) for one in values], None


class BarPlaces:
    """Where bars stand: beside each other, on top of each other, or all in the same place."""

    def __init__(self, layout: Mapping[str, Any], traces: list[Mapping[str, Any]]) -> None:
        self._mode = layout.get("barmode", "group")
        self._room = 1 - layout.get("bargap", 0.2)
        self._count = sum(trace["type"] == "bar" for trace in traces)
        self._drawn = 0
        self._reached: dict[Any, float] = {}

    def next(
        self, places: np.ndarray, lengths: np.ndarray
    ) -> tuple[np.ndarray | float, float, Any]:
        """The shift, width and base of the bars of the next trace."""
        numeric = places.dtype.kind == "f"
        gaps = np.diff(np.unique(places)) if numeric and len(places) > 1 else np.ones(1)
        width = self._room * float(gaps.min() if gaps.size else 1.0)
        at, self._drawn = self._drawn, self._drawn + 1
        if self._mode == "group" and self._count > 1:
            width /= self._count
            return (at - (self._count - 1) / 2) * width, width, 0.0
        if self._mode in ("stack", "relative"):
            base = [
                self._reached.get((place, n > 0), 0.0)
                for place, n in zip(places, lengths, strict=True)
            ]
            for place, from_, length in zip(places, base, lengths, strict=True):
                self._reached[place, length > 0] = from_ + length
            return 0.0, width, np.array(base)
        return 0.0, width, 0.0


def _bars(axes: Axes, trace: Mapping[str, Any], own: str, bars: BarPlaces) -> None:
    across = trace.get("orientation") == "h"
    lengths = array(trace.get("x" if across else "y"))
    name = "y" if across else "x"
    places = _places(trace, name, len(lengths))
    shift, width, base = bars.next(places, lengths)
    if places.dtype.kind == "O":  # names stand at whole numbers, in the order of their arrival
        (axes.yaxis if across else axes.xaxis).update_units(places)
        places = np.asarray((axes.yaxis if across else axes.xaxis).convert_units(places))
    marker = trace.get("marker", {})
    faces, scaled = _faces(marker, len(lengths), colour(None, own))
    if scaled is not None:
        norm = Normalize(marker.get("cmin"), marker.get("cmax"))
        norm.autoscale_None(scaled)
        faces = colour_map(marker.get("colorscale", "Viridis"))(norm(scaled))
    if np.ndim(given := trace.get("width", width)):
        given = array(given)
    edge = marker.get("line", {})
    draw_bars = axes.barh if across else axes.bar
    draw_bars(
        places + shift if places.dtype.kind == "f" or shift else places,
        lengths,
        given,
        base,
        color=faces,
        edgecolor=colour(edge["color"]) if isinstance(edge.get("color"), str) else "none",
        linewidth=edge.get("width", 0) if np.ndim(edge.get("width", 0)) == 0 else 0,
        alpha=trace.get("opacity", marker.get("opacity")),
        zorder=2,
    )


def _heat(axes: Axes, trace: Mapping[str, Any]) -> ScalarMappable | None:
    z = np.ma.masked_invalid(np.atleast_2d(array(trace["z"])))
    x, y = _places(trace, "x", z.shape[1]), _places(trace, "y", z.shape[0])
    edges = [_edges(axis, values) for axis, values in ((axes.xaxis, x), (axes.yaxis, y))]
    drawn = axes.pcolormesh(
        *edges,
        z,
        cmap=colour_map(trace.get("colorscale", "Viridis")),
        vmin=trace.get("zmin"),
        vmax=trace.get("zmax"),
        alpha=trace.get("opacity"),
        rasterized=True,
        zorder=1,
    )
    return drawn if "colorbar" in trace or trace.get("showscale", True) else None


def _edges(axis: Any, centres: np.ndarray) -> np.ndarray:
    """The borders of cells around their centres, half way between them on the axis as it is drawn."""
    if centres.dtype.kind == "O":
        axis.update_units(centres)
        centres = np.asarray(axis.convert_units(centres), dtype=float)
    logarithmic = axis.get_scale() == "log"
    places = np.log10(centres) if logarithmic else centres
    if len(places) < 2:
        borders = np.array([places[0] - 0.5, places[0] + 0.5])
    else:
        middles = (places[1:] + places[:-1]) / 2
        ends = 2 * places[[0, -1]] - middles[[0, -1]]
        borders = np.concatenate([ends[:1], middles, ends[1:]])
    return 10**borders if logarithmic else borders
