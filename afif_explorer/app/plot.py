"""``Plot``: a plotly figure on the page, drawn in place.

A figure goes to the browser once; after that only the parts that changed do, so zoom and selection
stay and a redraw costs what changed. The browser answers with row ids and coordinates alone, checked
here before anything acts on them.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import param
from panel.custom import JSComponent

from afif_explorer.app.look import PLOT_CSS, PLOTLY_URL, STATIC

MOST_IDS = 100_000  # of one gesture
LONG = 200  # texts in a list from which it is coded
DTYPES = {"<f4": "f4", "<f8": "f8", "<i4": "i4", "|i1": "i1", "|u1": "u1"}  # NumPy's: plotly.js's


class Click(NamedTuple):
    """One mark that was clicked: its row (None: not a row) and where it lies on the axes."""

    id: int | None
    x: float | None
    y: float | None
    add: bool  # a modifier key was down: add to the selection


class Plot(JSComponent):
    """A place for one figure. ``state`` says how it looks: see the constants of this class.

    ``on_select(ids)`` hears the row ids of a lasso or box, ``on_click(Click)`` a clicked mark.
    """

    LOADING, READY, STALE, EMPTY, FAILED = "loading", "ready", "stale", "empty", "failed"

    state = param.Selector(
        default="loading", objects=["loading", "ready", "stale", "empty", "failed"]
    )
    note = param.String(doc="What stands in place of the figure when there is none.")
    figure_name = param.String(constant=True, doc="Which figure this is, in the page's markup.")
    title = param.String(constant=True, doc="What the figure shows, while it isn't there as well.")
    library = param.String(default=PLOTLY_URL, constant=True)

    height_hint = param.Integer(default=320, doc="Height in px until the figure says its own.")

    _esm = STATIC / "plot.js"
    _stylesheets = PLOT_CSS

    def __init__(
        self,
        *,
        on_select: Callable[[tuple[int, ...]], None] | None = None,
        on_click: Callable[[Click], None] | None = None,
        config: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(sizing_mode="stretch_width", **params)
        self._on_select, self._on_click = on_select, on_click
        self._config = config or {}
        self._figure: dict[str, Any] | None = None
        self._early: dict[str, dict[str, Any]] = {}
        self._mounted = False
        self._settled = False
        self._version = 0

    @property
    def awaited(self) -> bool:
        """Whether the browser has a figure to draw here, its first, and has not done it yet."""
        return self._mounted and self._figure is not None and not self._settled

    def show(self, figure: dict[str, Any]) -> None:
        """Draw ``figure`` ("data", "layout", "head"); what the browser has already is not sent again."""
        new = plain(figure)
        old, self._figure = self._figure, new
        self.param.update(state=self.READY, note="")
        if not self._mounted:
            return
        if old is None:
            self._send_whole()
        elif change := difference(old, new):
            self._send(change)

    def early(self, dark: dict[str, Any]) -> dict[str, Any]:
        """What a page needs to draw the figure by itself, before the server's part of it has come.

        The figure that :meth:`show` has shown is for a light page, ``dark`` for a dark one; the page
        draws the one that its visitor likes.
        """
        self._version = 1
        self._early = {"light": self._figure or {}, "dark": plain(dark)}
        wholes = {scheme: self._whole(figure) for scheme, figure in self._early.items()}
        place = {"url": self.library, "height": self.height_hint}
        return {"name": self.figure_name, "title": self.title} | place | wholes

    def say(self, state: str, note: str) -> None:
        """Show ``note`` instead of a figure."""
        self.param.update(state=state, note=note)

    def fade(self, stale: bool) -> None:
        """Dim the figure while newer results are on their way."""
        if self.state in (self.READY, self.STALE):
            self.state = self.STALE if stale else self.READY

    def _whole(self, figure: dict[str, Any]) -> dict[str, Any]:
        return {
            "data": figure.get("data", []),
            "layout": figure.get("layout", {}),
            "head": figure.get("head"),
            "config": self._config,
        }

    def _send_whole(self) -> None:
        self._send({"whole": self._whole(self._figure or {})})

    def _arrive(self, scheme: Any) -> None:
        """The browser's part is there; it has drawn the early figure of ``scheme``, or nothing."""
        self._mounted = True
        early, self._early = self._early, {}
        wanted, drawn = self._figure, early.get(scheme) if isinstance(scheme, str) else None
        if wanted is None:
            return
        if drawn is None:
            self._send_whole()
        elif wanted == early["light"]:
            self._figure = drawn  # a dark page asks for it dark in a moment
        elif change := difference(drawn, wanted):
            self._send(change)

    def _send(self, message: dict[str, Any]) -> None:
        self._version += 1
        self._send_msg(json.dumps(message | {"version": self._version}))

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        kind = data.get("kind")
        if kind == "ready":
            self._arrive(data.get("early"))
        elif kind == "settled":
            self._settled = True
        elif kind == "select" and self._on_select:
            self._on_select(row_ids(data.get("ids")))
        elif kind == "click" and self._on_click:
            ids = row_ids(data.get("ids"))
            click = Click(
                ids[0] if ids else None,
                coordinate(data.get("x")),
                coordinate(data.get("y")),
                data.get("add") is True,
            )
            self._on_click(click)


def row_ids(value: Any) -> tuple[int, ...]:
    """The whole numbers >= 0 of a list from the browser; anything else in it is left out."""
    if not isinstance(value, list):
        return ()
    return tuple(i for i in value[:MOST_IDS] if type(i) is int and i >= 0)


def coordinate(value: Any) -> float | None:
    """A finite number from the browser, or None."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) else None


def plain(value: Any) -> Any:
    """A figure's dictionary with nothing in it but JSON's types (not finite numbers become None).

    Arrays of numbers become plotly.js's own packed form, long lists of texts ours: see
    :func:`packed` and :func:`coded`.
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return packed(value) or plain(value.tolist())
    if isinstance(value, list | tuple):
        return coded(value) or [plain(item) for item in value]
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


def coded(texts: Sequence[Any]) -> dict[str, Any] | None:
    """A long list of texts with few different ones as {"words", "codes"}; else None.

    "codes" is the base64 of 16-bit places in "words"; the browser puts the list together again.
    """
    if len(texts) < LONG or not isinstance(texts[0], str):
        return None
    places: dict[Any, int] = {}
    codes = [places.setdefault(text, len(places)) for text in texts]
    if len(places) > len(texts) / 2 or len(places) > 2**16:
        return None
    packed_codes = base64.b64encode(np.array(codes, dtype="<u2").tobytes()).decode()
    return {"words": list(places), "codes": packed_codes}


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What turns ``old`` into ``new``; {} if nothing does.

    "data" has an entry for each new trace: {"set": changed fields} of the trace that was there, or
    {"trace": all of it}. "layout" and "head" are there as a whole if they changed.
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
