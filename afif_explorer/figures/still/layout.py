"""Axes, lines and notes of a figure: where they are, and how they are labelled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from afif_explorer.figures.drawing.text import Scale, number, percent
from afif_explorer.figures.still.marks import dash
from afif_explorer.figures.still.values import array, colour, literal, text

Area = tuple[float, float, float, float]  # left, bottom, width, height as shares of the figure
Pair = tuple[str, str]  # an x axis and a y axis: "x2", "y2"
_ABOVE = {"below": 0.5, "between": 1.5, "above": 4}
_MIDDLE = {"middle": "center", "auto": "center"}


def pairs(figure: Mapping[str, Any]) -> Iterator[Pair]:
    """The axes that belong together, in order."""
    found = [(trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in figure["data"]]
    for part in ("shapes", "annotations"):
        for one in figure["layout"].get(part, ()):
            names = [str(one.get(f"{axis}ref", "paper")).split(" ")[0] for axis in "xy"]
            if "paper" not in names:
                found.append((names[0], names[1]))
    yield from dict.fromkeys(found or [("x", "y")])


def settings(layout: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Those of the axis "x2": plotly's layout calls them "xaxis2"."""
    found: Mapping[str, Any] = layout.get(f"{name[0]}axis{name[1:]}") or {}
    return found


def box(layout: Mapping[str, Any], pair: Pair, area: Area) -> Area:
    """Where a pair of axes lies."""
    left, bottom, width, height = area
    (x0, x1), (y0, y1) = (settings(layout, name).get("domain", (0, 1)) for name in pair)
    return left + x0 * width, bottom + y0 * height, (x1 - x0) * width, (y1 - y0) * height


def prepare(axes: Axes, layout: Mapping[str, Any], pair: Pair) -> None:
    """Scales, before anything is drawn."""
    for name, change in zip(pair, (axes.set_xscale, axes.set_yscale), strict=True):
        if settings(layout, name).get("type") == "log":
            change("log")
    axes.set_axisbelow(True)
    axes.patch.set_alpha(0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def finish(axes: Axes, layout: Mapping[str, Any], pair: Pair) -> None:
    """Ranges, ticks, grids and titles, after the marks."""
    for name, other, axis in zip(pair, pair[::-1], (axes.xaxis, axes.yaxis), strict=True):
        chosen = settings(layout, name)
        _finish(axes, axis, chosen, layout)
        if chosen.get("anchor", other) != other:  # an axis is labelled where it is anchored
            axis.set_tick_params(labelbottom=False, labelleft=False)
            axis.label.set_visible(False)


def _finish(axes: Axes, axis: Any, chosen: Mapping[str, Any], layout: Mapping[str, Any]) -> None:
    horizontal = axis is axes.xaxis
    _range(axis, chosen, axes.set_xlim if horizontal else axes.set_ylim)
    if chosen.get("visible", True) is False:
        axis.set_visible(False)
        return
    ink = colour(chosen.get("color", layout.get("font", {}).get("color")), "#3a4048")
    if chosen.get("showgrid", True):
        shade = colour(chosen.get("gridcolor"), "#e6e9ed")
        axis.grid(True, color=shade, linewidth=chosen.get("gridwidth", 1))
    if chosen.get("zeroline", False):
        at_zero = axes.axvline if horizontal else axes.axhline
        limits = axis.get_view_interval()
        if axis.get_scale() != "log" and min(limits) <= 0 <= max(limits):
            shade = colour(chosen.get("zerolinecolor"), "#aeb5bd")
            at_zero(0, color=shade, linewidth=chosen.get("zerolinewidth", 1), zorder=1.2)
    _ticks(axis, chosen)
    if chosen.get("side") in ("right", "top"):
        (axis.tick_top if horizontal else axis.tick_right)()
        axis.set_label_position(chosen["side"])
    size = chosen.get("tickfont", {}).get("size", 11)
    axis.set_tick_params(length=0, labelsize=size, labelcolor=ink, pad=5)
    axis.set_tick_params(which="minor", length=0)
    title = chosen.get("title") or {}
    words = title if isinstance(title, str) else title.get("text")
    axis.set_label_text(text(words), fontsize=12, color=ink)


def _range(axis: Any, chosen: Mapping[str, Any], limit: Any) -> None:
    if (given := chosen.get("range")) is not None:
        low, high = (float(end) if isinstance(end, int | float) else end for end in given)
        limit(*((10**low, 10**high) if axis.get_scale() == "log" else array([low, high])))
        return
    low, high = axis.get_view_interval()
    if chosen.get("rangemode") == "tozero" and axis.get_scale() != "log":
        low, high = min(low, 0), max(high, 0)
        limit(low, high)
    if chosen.get("autorange") == "reversed":
        limit(high, low)


def _ticks(axis: Any, chosen: Mapping[str, Any]) -> None:
    if chosen.get("showticklabels", True) is False:
        axis.set_major_formatter(FuncFormatter(lambda *_: ""))
        return
    if chosen.get("tickvals") is not None:
        places = array(chosen["tickvals"])
        words = chosen.get("ticktext")
        shown = [number(float(place)) for place in places] if words is None else map(text, words)
        axis.set_major_locator(FixedLocator(list(places)))
        axis.set_major_formatter(
            FixedFormatter([literal(one) for one in shown] if words is None else list(shown))
        )
        axis.set_minor_locator(NullLocator())
        return
    if axis.have_units() or axis.get_scale() == "log":
        return  # names and dates have their own ticks
    axis.set_major_locator(MaxNLocator(chosen.get("nticks", 7)))
    share = "%" in str(chosen.get("tickformat", ""))
    limits = np.asarray(axis.get_view_interval(), dtype=float)
    scale, nothing = Scale.of(limits, ""), 1e-9 * float(np.abs(limits).max())

    def label(at: float, _: int | None) -> str:
        value = at if abs(at) > nothing else 0.0
        return percent(value, 3) if share else scale.tick(value)

    axis.set_major_formatter(FuncFormatter(label))


def _place(axes: Mapping[str, Axes], figure: Figure, ref: str, at: Any, area: Any) -> Any:
    """A position on an axis, in its domain or on the paper, as a share of the figure."""
    kind = 0 if ref[0] == "x" or (ref == "paper" and area[0] == "x") else 1
    if ref == "paper":
        start, length = area[1][kind], area[1][kind + 2]
        return start + at * length
    found = axes[ref.split(" ")[0]]
    if ref.endswith("domain"):
        bounds = found.get_position()
        low, high = (bounds.x0, bounds.x1) if kind == 0 else (bounds.y0, bounds.y1)
        return low + at * (high - low)
    axis = found.xaxis if kind == 0 else found.yaxis
    value = float(axis.convert_units(at))
    if axis.get_scale() == "log":
        value = 10.0**value  # plotly gives positions on such an axis as exponents, for notes
    pixel = found.transData.transform((value, value))[kind]
    size = figure.bbox.width if kind == 0 else figure.bbox.height
    return pixel / size


def add_lines(figure: Figure, axes: Mapping[str, Axes], layout: Any, area: Any) -> None:
    """The shapes: lines and rectangles."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    for shape in layout.get("shapes", ()):
        if shape.get("type", "rect") not in ("line", "rect"):
            continue  # none of our figures has another
        x, y = ([_at_shape(axes, figure, shape, axis, end, area) for end in "01"] for axis in "xy")
        if not all(map(math.isfinite, (*x, *y))):
            continue
        line = shape.get("line", {})
        shade = colour(line.get("color"), "#444444")
        look = {"linewidth": line.get("width", 2), "linestyle": dash(line)}
        zorder = _ABOVE.get(str(shape.get("layer", "above")), 4)
        inside = axes.get(str(shape.get("xref", "x")).split(" ")[0])
        drawn: Any
        if shape.get("type") == "rect":
            face = colour(shape.get("fillcolor"), "#ffffff") if "fillcolor" in shape else "none"
            drawn = Rectangle(
                (x[0], y[0]), x[1] - x[0], y[1] - y[0], facecolor=face, edgecolor=shade, **look
            )
        else:
            drawn = Line2D(x, y, color=shade, solid_capstyle="butt", **look)
        drawn.set_transform(figure.transFigure)
        drawn.set_zorder(zorder)
        if inside is None:
            figure.add_artist(drawn)
        else:
            inside.add_artist(drawn)
            drawn.set_transform(figure.transFigure)
            drawn.set_clip_on(False)


def _at_shape(
    axes: Mapping[str, Axes], figure: Figure, shape: Any, axis: str, end: str, area: Any
) -> Any:
    ref, at = str(shape.get(f"{axis}ref", axis)), shape.get(f"{axis}{end}", 0)
    if ref in axes and _is_log(
        axes[ref], axis
    ):  # a shape's positions are values, a note's exponents
        at = math.log10(at) if at > 0 else math.nan
    return _place(axes, figure, ref, at, (axis, area))


def _is_log(axes: Axes, axis: str) -> bool:
    return bool((axes.xaxis if axis == "x" else axes.yaxis).get_scale() == "log")


def add_notes(figure: Figure, axes: Mapping[str, Axes], layout: Any, area: Any) -> None:
    """The annotations: texts and arrows."""
    for note in layout.get("annotations", ()):
        x, y = (
            _place(axes, figure, str(note.get(f"{axis}ref", axis)), note.get(axis, 0), (axis, area))
            for axis in "xy"
        )
        if not all(map(math.isfinite, (x, y))):
            continue
        font = note.get("font", {})
        if note.get("showarrow", True) and str(note.get("axref", "pixel")) != "pixel":
            _arrow(figure, axes, note, (x, y), area)
        if not (words := text(note.get("text"))):
            continue
        size = figure.dpi / 72
        shift = (note.get("xshift", 0) * size, note.get("yshift", 0) * size)
        where = figure.transFigure.transform((x, y))
        x, y = figure.transFigure.inverted().transform((where[0] + shift[0], where[1] + shift[1]))
        figure.text(
            x,
            y,
            words,
            fontsize=font.get("size", 12),
            color=colour(font.get("color"), "#3a4048"),
            ha=_MIDDLE.get(str(note.get("xanchor", "auto")), note.get("xanchor")) or "center",
            va=_MIDDLE.get(str(note.get("yanchor", "auto")), note.get("yanchor")) or "center",
            rotation=-note.get("textangle", 0),
        )


def _arrow(figure: Figure, axes: Mapping[str, Axes], note: Any, tip: Any, area: Any) -> None:
    tail = tuple(
        _place(axes, figure, str(note[f"a{axis}ref"]), note[f"a{axis}"], (axis, area))
        for axis in "xy"
    )
    axes[str(note["xref"])].annotate(
        "",
        tip,
        tail,
        xycoords="figure fraction",
        textcoords="figure fraction",
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour(note.get("arrowcolor"), "#444444"),
            "linewidth": note.get("arrowwidth", 1.5),
            "shrinkA": note.get("startstandoff", 0),
            "shrinkB": note.get("standoff", 0),
        },
    )
