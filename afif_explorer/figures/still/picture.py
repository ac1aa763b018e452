"""``picture``: a figure as a small PNG. ``words``: what it says, as text.

Drawn by matplotlib from the same dictionary that plotly.js reads, on white, so that it needs no browser.
Its text is shown literally, and marks of many rows are pixels like all others.
"""

from __future__ import annotations

import io
import textwrap
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from afif_explorer.figures.drawing.theme import LIGHT
from afif_explorer.figures.still import layout as laid
from afif_explorer.figures.still.marks import BarPlaces, draw
from afif_explorer.figures.still.values import colour, literal, text

WIDTH = 760  # px of the figure
SHARPNESS = 1.2  # pixels of the picture for each; 1 for tall figures
TALL = 800  # px
COLOURS = (64, 24, 8)  # of the picture; fewer where it would be too large
LARGEST = 60_000  # bytes for each figure, as far as fewer colours reach
TALLEST = 1600  # px; taller figures are drawn closer together
_HEIGHT = 400  # px, for figures that do not say theirs
_LINE = 17  # px of a line of the head
_EDGE = 12  # px
_BAR = 96  # px for a colour bar with its labels
_COLOURWAY = ("#636efa", "#ef553b", "#00cc96", "#ab63fa", "#ffa15a", "#19d3f3")
_DRAWING = threading.Lock()  # matplotlib's caches of fonts are not made for threads


def words(figure: Mapping[str, Any]) -> list[str]:
    """Title, warning and notes as plain text; those that are empty are left out."""
    if head := figure.get("head"):
        said = [head.get(part) for part in ("title", "warning", "verdict", "notes")]
        return [str(one) for one in said if one]
    title = figure["layout"].get("title") or {}
    said = [text(title if isinstance(title, str) else title.get("text"))]
    return [one.replace("\n", " ").replace(r"\$", "$") for one in said if one]


def picture(figures: Sequence[Mapping[str, Any]]) -> bytes:
    """Figures ("data", "layout", "head") as one PNG, below each other."""
    with _DRAWING, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that the font lacks become boxes
        drawn = [_pixels(figure) for figure in figures]
    whole = Image.fromarray(np.vstack(_as_wide(drawn)))
    for colours in COLOURS:
        file = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= LARGEST * len(figures):
            break
    return file.getvalue()


def _as_wide(drawn: list[np.ndarray]) -> list[np.ndarray]:
    """All as wide as the widest, white at the right."""
    widest = max(one.shape[1] for one in drawn)
    gaps = [((0, 0), (0, widest - one.shape[1]), (0, 0)) for one in drawn]
    return [np.pad(one, gap, constant_values=255) for one, gap in zip(drawn, gaps, strict=True)]


def _pixels(figure: Mapping[str, Any]) -> np.ndarray:
    layout, head = figure["layout"], figure.get("head") or {}
    lines, key = _head(figure), head.get("key") or ()
    above = _EDGE + _LINE * (len(lines) + bool(key)) + 6
    room = head.get("room", layout.get("margin", {}).get("t", 60) if lines else 0)
    height = min((layout.get("height") or _HEIGHT) - room, TALLEST) + above
    dpi = 72 * (SHARPNESS if height <= TALL else 1)
    sheet = Figure(figsize=(WIDTH / 72, height / 72), dpi=dpi, facecolor="white")
    canvas = FigureCanvasAgg(sheet)
    for i, (line, size, shade, bold) in enumerate(lines):
        sheet.text(
            _EDGE / WIDTH,
            1 - (_EDGE + _LINE * i) / height,
            line,
            fontsize=size,
            color=shade,
            weight="bold" if bold else "normal",
            va="top",
        )
    _add_key(sheet, key, 1 - (_EDGE + _LINE * len(lines)) / height)
    area = (_EDGE / WIDTH, _EDGE / height, 1 - 2 * _EDGE / WIDTH, 1 - (above + _EDGE) / height)
    _plot(sheet, figure, area)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _head(figure: Mapping[str, Any]) -> list[tuple[str, float, str, bool]]:
    """Lines above the plot: their text, size, colour and whether they are bold."""
    title, *others = words(figure) or [""]
    lines = [(one, 14.0, LIGHT.ink, True) for one in textwrap.wrap(title, 84)]
    warning = (figure.get("head") or {}).get("warning")
    for other in others:
        shade = LIGHT.warning if other == warning else LIGHT.muted
        lines += [(line, 11.0, shade, False) for line in textwrap.wrap(other, 118)]
    return [(literal(line), size, shade, bold) for line, size, shade, bold in lines]


def _add_key(sheet: Figure, key: Sequence[Sequence[str]], top: float) -> None:
    """Marks in their colours with what they mean, beside each other."""
    x = _EDGE / WIDTH
    renderer = sheet.canvas.get_renderer()  # type: ignore[attr-defined]
    for mark, shade, said in key:
        for part, ink, gap in ((mark, colour(shade), 5), (said, LIGHT.text, 16)):
            put = sheet.text(x, top, literal(part), fontsize=11, color=ink, va="top")
            x = put.get_window_extent(renderer).x1 / sheet.bbox.width + gap / WIDTH


def _plot(sheet: Figure, figure: Mapping[str, Any], area: laid.Area) -> None:
    layout, data = figure["layout"], list(figure["data"])
    together = list(laid.pairs(figure))
    made: dict[laid.Pair, Axes] = {}
    for x, y in together:  # two plots may stand on one axis
        shared: dict[str, Any] = {
            f"share{name[0]}": next((axes for pair, axes in made.items() if name in pair), None)
            for name in (x, y)
        }
        made[x, y] = sheet.add_axes(laid.box(layout, (x, y), area), **shared)
    shades = layout.get("colorway") or _template(layout).get("colorway") or _COLOURWAY
    bars = BarPlaces(layout, data)
    for pair, axes in made.items():
        laid.prepare(axes, layout, pair)
    explained = []
    for i, trace in enumerate(data):
        if trace.get("visible", True) is True:
            axes = made[trace.get("xaxis", "x"), trace.get("yaxis", "y")]
            scale = draw(axes, trace, shades[i % len(shades)], bars)
            explained += [(axes, scale, trace)] if scale is not None else []
    for pair, axes in made.items():
        laid.finish(axes, layout, pair)
    if explained:
        area = (area[0], area[1], area[2] - _BAR / WIDTH, area[3])
    area = _with_room_for_labels(sheet, layout, made, area)
    by_name = {name: axes for pair, axes in made.items() for name in pair}
    laid.add_lines(sheet, by_name, layout, area)
    laid.add_notes(sheet, by_name, layout, area)
    for axes, scale, trace in explained[-1:]:
        _bar(sheet, axes, scale, trace)


def _with_room_for_labels(
    sheet: Figure, layout: Any, made: Mapping[Any, Axes], area: laid.Area
) -> laid.Area:
    """Shrink the area until labels and titles of all axes are inside it; as plotly's automargin."""
    left, bottom, width, height = area
    renderer, size = sheet.canvas.get_renderer(), sheet.bbox  # type: ignore[attr-defined]
    reach = [axes.get_tightbbox(renderer) for axes in made.values()]
    over_left = max([left - box.x0 / size.width for box in reach if box], default=0)
    over_below = max([bottom - box.y0 / size.height for box in reach if box], default=0)
    over_right = max([box.x1 / size.width - left - width for box in reach if box], default=0)
    over_left, over_below, over_right = (
        min(max(over, 0), 0.4) for over in (over_left, over_below, over_right)
    )
    width -= over_left + over_right
    inner = (left + over_left, bottom + over_below, width, height - over_below)
    for pair, axes in made.items():
        axes.set_position(laid.box(layout, pair, inner))
    return inner


def _bar(sheet: Figure, axes: Axes, scale: Any, trace: Mapping[str, Any]) -> None:
    """The colour bar at the right of its axes."""
    said = (trace if trace["type"] == "heatmap" else trace["marker"]).get("colorbar", {})
    inner = axes.get_position()
    place = sheet.add_axes((inner.x1 + 10 / WIDTH, inner.y0, 10 / WIDTH, inner.height))
    bar = sheet.colorbar(scale, cax=place)
    bar.outline.set_visible(False)
    if said.get("tickvals") is not None:
        bar.set_ticks(said["tickvals"], labels=[text(one) for one in said.get("ticktext", ())])
    place.tick_params(labelsize=10, length=0, labelcolor=LIGHT.text)
    title = said.get("title") or {}
    place.set_ylabel(text(title if isinstance(title, str) else title.get("text")), fontsize=10)


def _template(layout: Mapping[str, Any]) -> Mapping[str, Any]:
    template = layout.get("template")
    return template.get("layout", {}) if isinstance(template, dict) else {}
