"""Figures as JSON for the browser, and the browser's messages, validated.

The dashboard and the notebook send the same, and one script draws it (``static/drawing.js``).
"""

from __future__ import annotations

import base64
import math
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np

KINDS = ("bar", "heatmap", "scatter", "scattergl")  # of traces that our build of plotly.js includes
MOST_IDS = 100_000  # of one click
MOST_CORNERS = 10_000  # of one lasso
How = Literal["replace", "add", "remove"]
TEXTS = ("text", "hovertext")  # fields whose lists drawing.js decodes
LONG = 200  # minimum length of a list of texts that is encoded
DTYPES = {"<f4": "f4", "<f8": "f8", "<i4": "i4", "|i1": "i1", "|u1": "u1"}  # NumPy's: plotly.js's


class Brush(NamedTuple):
    """A region drawn by a lasso or box, and how it changes the selection."""

    x: np.ndarray  # [v] corners of a polygon in axis coordinates; empty: an empty region
    y: np.ndarray  # [v]
    how: How


class Click(NamedTuple):
    """A clicked mark: its row (None: not a row) and its axis coordinates."""

    id: int | None
    x: float | None
    y: float | None
    add: bool  # a modifier key was held: add to the selection


def whole(figure: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Everything a browser needs to draw a :func:`plain` figure for the first time."""
    return {
        "data": figure.get("data", []),
        "layout": figure.get("layout", {}),
        "head": figure.get("head"),
        "config": config,
    }


def row_ids(value: Any) -> tuple[int, ...]:
    """The integers >= 0 in a list from the browser; anything else in it is dropped."""
    if not isinstance(value, list):
        return ()
    return tuple(i for i in value[:MOST_IDS] if type(i) is int and i >= 0)


def coordinate(value: Any) -> float | None:
    """A finite number from the browser, or None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) else None


def click(told: dict[str, Any]) -> Click:
    """A click from the browser's message: {"ids": [...], "x": ..., "y": ..., "add": ...}."""
    ids = row_ids(told.get("ids"))
    x, y = coordinate(told.get("x")), coordinate(told.get("y"))
    return Click(ids[0] if ids else None, x, y, told.get("add") is True)


def brush(told: dict[str, Any]) -> Brush | None:
    """A lasso or box from the browser's {"x": [...], "y": [...], "how": ...}; None if it is invalid."""
    x, y = (_corners(told.get(axis)) for axis in "xy")
    how = told.get("how")
    if x is None or y is None or x.size != y.size or how not in get_args(How):
        return None
    return Brush(x, y, cast(How, how))


def _corners(value: Any) -> np.ndarray | None:
    if not isinstance(value, list) or len(value) > MOST_CORNERS:
        return None
    found = [coordinate(one) for one in value]
    return None if None in found else np.array(found, dtype=np.float64)


def plain(value: Any) -> Any:
    """A figure's dictionary with JSON types only (non-finite numbers become None).

    Arrays of numbers become plotly.js's packed form, long lists of texts in the fields ``TEXTS`` our
    own encoding: see :func:`packed` and :func:`coded`.
    """
    if isinstance(value, dict):
        return {
            key: (coded(item) if key in TEXTS else None) or plain(item)
            for key, item in value.items()
        }
    if isinstance(value, np.ndarray):
        return packed(value) or plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def packed(array: np.ndarray) -> dict[str, str] | None:
    """One dimension of numbers as plotly.js reads typed arrays: {"dtype", "bdata"}; else None."""
    if array.dtype.kind == "i" and array.size and np.abs(array).max() < 2**31:
        array = array.astype(np.int32)
    dtype = DTYPES.get(array.dtype.str)
    if dtype is None or array.ndim != 1:
        return None
    return {"dtype": dtype, "bdata": base64.b64encode(array.tobytes()).decode()}


def coded(texts: Any) -> dict[str, Any] | None:
    """A long list with few distinct texts as {"words", "codes"}; else None.

    "codes" is the base64 encoding of 16-bit indices into "words"; the browser decodes it.
    """
    if not isinstance(texts, list | tuple) or len(texts) < LONG:
        return None
    if set(map(type, texts)) != {str}:
        return None
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    if len(places) > len(texts) / 2 or len(places) > 2**16:
        return None
    codes = np.fromiter(map(places.__getitem__, texts), dtype="<u2", count=len(texts))
    packed_codes = base64.b64encode(codes.tobytes()).decode()
    return {"words": list(places), "codes": packed_codes}


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The patch that turns ``old`` into ``new``; {} if they are equal.

    "data" has one entry per new trace: {"set": changed fields} of the existing trace, or
    {"trace": the complete trace}. "layout" and "head" are included as a whole if they changed.
    """
    before, after = old.get("data", []), new.get("data", [])
    data = [_change(before[i] if i < len(before) else None, b) for i, b in enumerate(after)]
    rest = {part: new[part] for part in ("layout", "head") if old.get(part) != new.get(part)}
    same = len(before) == len(after) and not any(c.get("trace") or c["set"] for c in data)
    return {} if same and not rest else {"data": data} | rest


def _change(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    if old is None or old.get("type") != new.get("type") or old.keys() - new.keys():
        return {"trace": new}
    return {"set": {key: x for key, x in new.items() if key not in old or old[key] != x}}
