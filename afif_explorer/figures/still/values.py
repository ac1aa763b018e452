"""What a figure's dictionary holds: arrays, colours, and texts without markup."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, LinearSegmentedColormap, is_color_like, to_rgba

from afif_explorer.figures.drawing.text import clean, short

RGBA = tuple[float, float, float, float]
_PARTS = re.compile(r"[\d.]+")
_TAG = re.compile(r"<[^>]*>")
_WIDEST = 24  # characters of a name on an axis
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def array(value: Any) -> np.ndarray:
    """Numbers, dates or texts from a list, an array, or plotly's packed form."""
    if isinstance(value, dict) and "bdata" in value:
        found = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        shape = [int(part) for part in str(value.get("shape", "")).split(",") if part]
        return found.reshape(shape) if shape else found
    items = value if isinstance(value, np.ndarray) else list(() if value is None else value)
    if isinstance(items, list) and any(isinstance(one, list | tuple) for one in items):
        return np.array([numbers(row) for row in items], dtype=float)
    if all(isinstance(one, str) for one in items):
        days = len(items) > 0 and all(_DAY.match(one) for one in items)
        return np.array(items, dtype="datetime64[s]") if days else numbers(items)
    return numbers(items)


def numbers(items: Any) -> np.ndarray:
    """As floats; what is missing is NaN, and a list with texts among its numbers becomes texts."""
    if any(isinstance(one, str) for one in items):
        return np.array([literal(short(one, _WIDEST)) for one in items], dtype=object)
    return np.array([np.nan if one is None else one for one in items], dtype=float)


def colour(value: Any, otherwise: str = "#444444") -> RGBA:
    """A colour as plotly writes it: ``#rrggbb``, a name, ``rgb(...)`` or ``rgba(...)``."""
    text = str(otherwise if value is None else value).strip().lower()
    if text.startswith("rgb"):
        red, green, blue, *alpha = (float(part) for part in _PARTS.findall(text))
        return red / 255, green / 255, blue / 255, alpha[0] if alpha else 1.0
    red, green, blue, opacity = to_rgba(text if is_color_like(text) else otherwise)
    return float(red), float(green), float(blue), float(opacity)


def colour_map(scale: Any) -> Colormap:
    """A colour scale: pairs of a position and a colour, or one of plotly's names."""
    if isinstance(scale, Sequence) and not isinstance(scale, str):
        stops = [(float(place), colour(shade)) for place, shade in scale]
        return LinearSegmentedColormap.from_list("scale", stops)
    name = str(scale).lower()
    return colormaps[name if name in colormaps else "viridis"]


def text(markup: Any) -> str:
    """A text in plotly's markup as matplotlib shows it literally: no tags, no formulas."""
    lines = str(markup or "").replace("<br>", "\n").split("\n")
    return literal("\n".join(clean(html.unescape(_TAG.sub("", line))) for line in lines))


def literal(words: str) -> str:
    """A text in which no part is read as a formula."""
    return words.replace("$", r"\$")
