"""Mouse gestures in a figure, the same in both user interfaces."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np

from afif_explorer import results
from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.screens.parts import Figure
from afif_explorer.state import Explorer


def brushed(explorer: Explorer, figure: Figure, result: object, brush: Brush) -> None:
    """Select all rows of ``result`` inside a region, drawn or not.

    Raises :class:`~afif_explorer.errors.InvalidChoice` for too many rows.
    """
    places = figure.drawn.places
    if result is not None and places is not None:
        ids = places(result).within(brush.x, brush.y)
        explorer.pick(ids, by=figure.name, how=brush.how)


class Sums:
    """The effects that a browser adds up while a hand draws a region in one figure, sent when they change."""

    def __init__(self, figure: Figure, send: Callable[[dict[str, Any]], None]) -> None:
        self._figure, self._send = figure, send
        self._sent: tuple[Any, Any] = (None, None)  # the result drawn, and the effects

    def send(self, explorer: Explorer, result: Any) -> None:
        """Send the effects if they are known and new; take them back if they are no longer right."""
        known = None if explorer.stale else explorer.brush
        now = (None, None) if result is None or known is None else (result, known)
        if now[0] is self._sent[0] and now[1] is self._sent[1]:
            return
        self._sent = now
        self._send({"sums": None if known is None or result is None else self._sums(result, known)})

    def _sums(self, result: Any, known: results.Brush) -> dict[str, Any]:
        places = self._figure.drawn.places
        assert places is not None
        ids, x, y = places(result)
        order = np.argsort(known.ids)
        rows = order[np.searchsorted(known.ids, ids, sorter=order)]
        return {
            "x": _floats(x),
            "y": _floats(y),
            "effects": [_floats(each[rows]) for each in known.effects],
            "watched": [
                {"label": one.label, "unit": one.unit, "value": one.value} for one in known.watched
            ],
        }


def _floats(values: np.ndarray) -> str:
    """Little-endian 32-bit floats in base64."""
    return b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def clicked(explorer: Explorer, figure: Figure, click: Click) -> None:
    """Run the figure's own click action, or look at the clicked row; with a modifier key, select it."""
    if figure.click is not None:
        figure.click(explorer, click)
    elif figure.brush and click.id is not None:
        if click.add:
            explorer.toggle(click.id, by=figure.name)
        else:
            explorer.look_at(click.id)
