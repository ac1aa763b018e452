"""What all figures share: title, notes, key, axes, reference lines, empty states."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec, Trace, trace
from afif_explorer.figures.drawing.head import TOP, Head, Key, Ramp
from afif_explorer.figures.drawing.text import clean, number, wrapped
from afif_explorer.figures.drawing.theme import CLEAR, FONT, Theme, faded, theme

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "responsive": True,
    "typesetMath": False,  # text from data may hold dollar signs
    "showTips": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": [
        "sendDataToCloud",
        "autoScale2d",
        "zoomIn2d",
        "zoomOut2d",
    ],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "afif-explorer"},
}

AXIS_WIDTH = 42
GAP = 18  # px between the head and the plot


def frame(
    colours: Theme,
    *,
    name: str,
    title: str,
    warning: str = "",
    verdict: Iterable[str] = (),
    notes: Iterable[str] = (),
    key: Iterable[Key] = (),
    ramp: Ramp | None = None,
    height: int,
    axes_mean: Iterable[object] = (),
    **layout: Any,
) -> FigureSpec:
    """An empty figure with title, notes, key, fonts and colours; ``ramp`` is a colour key for the page.

    ``warning``, ``verdict`` and ``notes`` are sentences (raw text; empty ones are left out), see
    :class:`~afif_explorer.figures.drawing.head.Head`. ``height`` is that of the plot in
    px; the head comes on top. ``axes_mean`` identifies what the axes show: zoom and pan survive a
    redraw as long as it stays the same.
    """
    said, noted = (tuple(filter(None, sentences)) for sentences in (verdict, notes))
    head = Head(title, warning, said, noted, tuple(key), ramp)
    markup = head.markup(colours)
    room = head.height(markup)
    return FigureSpec(
        head.plain() | {"room": room},
        {
            "height": height + room + GAP,
            "autosize": True,
            "template": "none",
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "colorway": list(colours.series),
            "font": {"family": FONT, "size": 12, "color": colours.text},
            "showlegend": False,
            "title": {
                "text": markup,
                "font": {"size": 15, "color": colours.ink},
                "x": 0,
                "xref": "container",
                "y": 1,
                "yref": "container",
                "xanchor": "left",
                "yanchor": "top",
                "pad": {"l": 12, "t": TOP},
            },
            "margin": {"l": 12, "r": 16, "t": room + GAP, "b": 12},
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": colours.paper,
                "bordercolor": colours.axis,
                "font": {"family": FONT, "size": 12, "color": colours.ink},
                "align": "left",
                "namelength": -1,
            },
            "modebar": {
                "bgcolor": CLEAR,
                "color": colours.muted,
                "activecolor": colours.ink,
            },
            "newselection": {"line": {"color": colours.reference, "width": 1.5}},
            "uirevision": revision(name, *axes_mean),
            **layout,
        },
    )


def colour_bar(
    colours: Theme, title: str, values: Iterable[float], words: Iterable[str]
) -> dict[str, Any]:
    """A thin colour bar with ticks at ``values`` labelled ``words``; ``title`` is raw text."""
    return {
        "x": 1.02,
        "xpad": 0,
        "ypad": 0,
        "len": 1,
        "thickness": 10,
        "outlinewidth": 0,
        "tickvals": list(values),
        "ticktext": list(words),
        "tickfont": {"size": 11, "color": colours.text},
        "title": {
            "text": wrapped(title, AXIS_WIDTH),
            "side": "right",
            "font": {"size": 11, "color": colours.text},
        },
    }


def axis(
    colours: Theme, title: str = "", *, width: int = AXIS_WIDTH, **settings: Any
) -> dict[str, Any]:
    """An axis with a title (raw text, in words and with its unit) that never clips its labels.

    ``width``: characters in a line of the title.
    """
    return {
        "title": {
            "text": wrapped(title, width),
            "standoff": 8,
            "font": {"size": 12},
        },
        "automargin": True,
        "ticklabeloverflow": "allow",  # the margin grows with them; measuring each takes 50 ms
        "color": colours.text,
        "gridcolor": colours.grid,
        "gridwidth": 1,
        "zeroline": True,
        "zerolinecolor": colours.axis,
        "zerolinewidth": 1,
        "ticks": "",
        "exponentformat": "SI",
        "nticks": 6,
        "tickfont": {"size": 11},
    } | settings


def log_axis(
    colours: Theme,
    title: str,
    low: float,
    high: float,
    *,
    words: Callable[[float], str] = number,
    **settings: Any,
) -> dict[str, Any]:
    """A log axis from ``low`` to ``high`` (both above zero), its ticks as ``words`` says them."""
    ticks = log_ticks(low, high)
    fixed: dict[str, Any] = {
        "type": "log",
        "zeroline": False,
        "range": [math.log10(low), math.log10(high)],
        "tickvals": ticks,
        "ticktext": [words(tick) for tick in ticks],
    }
    return axis(colours, title, **(fixed | settings))


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between ``low`` and ``high``: 1, 2, 5, 10, ..., or powers of ten if many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if math.log10(high / low) < 2.2 else (1,)
    every = max(1, math.ceil((last - first) / 8))
    exponents = range(first - first % every, last + 1, every)
    ticks = (float(f"{step}e{exponent}") for exponent in exponents for step in steps)
    return [tick for tick in ticks if low <= tick <= high]


def revision(name: str, *key: object) -> str:
    """A short text that changes when one of ``key`` (arrays, numbers, texts) does."""
    digest = 0
    for part in key:
        data = part.tobytes() if isinstance(part, np.ndarray) else clean(part).encode()
        digest = zlib.crc32(data, digest)
    return f"{name}-{digest:08x}"


def line(
    colours: Theme,
    x: Iterable[float],
    y: Iterable[float],
    *,
    name: str = "",
    **settings: Any,
) -> Trace:
    """A reference line: thin, dotted, not hoverable; in the legend if it has a name."""
    return trace(
        "scatter",
        x=list(x),
        y=list(y),
        mode="lines",
        hoverinfo="skip",
        line={"color": colours.reference, "width": 1.2, "dash": "dot"} | settings,
    )


def compact(values: np.ndarray) -> np.ndarray:
    """Numbers to draw, in single precision: half the bytes to send to the browser."""
    return np.asarray(values, dtype=np.float32)


def empty(message: str, *, dark: bool = False, title: str = "", height: int = 280) -> FigureSpec:
    """An empty figure that says why there is nothing to show and what to do about it (raw text)."""
    colours = theme(dark)
    figure = frame(colours, name="empty", title=title, height=height) if title else _bare(colours)
    figure.lay_out(height=height, xaxis={"visible": False}, yaxis={"visible": False})
    figure.annotate(
        text=wrapped(message, 40),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 14, "color": colours.muted},
        bgcolor=faded(colours.muted, 0.08),
        borderpad=14,
    )
    return figure


def _bare(colours: Theme) -> FigureSpec:
    figure = frame(colours, name="empty", title="", height=0)
    figure.lay_out(title=None, margin={"l": 12, "r": 12, "t": 12, "b": 12})
    figure.head = None
    return figure
