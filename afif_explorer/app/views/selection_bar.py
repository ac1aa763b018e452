"""The bar that says which rows are selected and what can be done with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer.app.components.elements import Text, button, flow, html, share
from afif_explorer.app.views.context import PageContext
from afif_explorer.figures.text import number
from afif_explorer.wording import count


class SelectionBar:
    """How many rows are selected, their effect together, and buttons for them."""

    def __init__(self, desk: PageContext) -> None:
        self._explorer = desk.explorer
        self._used = False
        self._text = Text(stylesheets=share(240))
        explorer = self._explorer
        self._remove = button("See them removed", "person_remove", explorer.remove_selected)
        self._clear = button("Clear", "close", lambda: explorer.select(()))
        self._undo = button("Undo", "undo", explorer.undo_selection)
        self.panel = flow(self._text, self._remove, self._clear, self._undo, gap=8, align="center")

    def update(self) -> None:
        """Say what is selected now."""
        some = bool(self._explorer.selected)
        self._text.put(self._sentence())
        self._used |= some
        self._remove.disabled = self._clear.disabled = not some
        self._undo.disabled = not self._used

    def _sentence(self) -> Any:
        chosen, points = self._explorer.selected, self._explorer.points
        if not chosen:
            return html(
                '<p class="hint">No rows selected. Draw around some on the map, or click a bar or '
                "a row of the table; with Shift they add up.</p>"
            )
        rows = "1 row" if len(chosen) == 1 else f"{count(len(chosen))} rows"
        if points is None:
            return html("<p><b>{rows}</b> selected.</p>", rows=rows)
        effects = points.effect[np.isin(points.ids, chosen)]
        return html(
            "<p><b>{rows}</b> selected; their effects on the {target} add up to "
            "<b>{effect} {unit}</b>.</p>",
            rows=rows,
            target=points.target_label,
            effect=number(float(effects.sum())),
            unit=points.unit,
        )
