"""Influential points: which rows matter, where they lie, and one of them in full."""

from __future__ import annotations

from afif_explorer.app.components.elements import card, flow, stack
from afif_explorer.app.views.row_card import RowCard
from afif_explorer.app.views.row_table import RowTable
from afif_explorer.app.views.selection_bar import SelectionBar
from afif_explorer.app.views.view import View


class PointsView(View):
    name = "points"
    title = "Influential points"
    hears = ("points", "selected", "primary", "frame")

    def build(self) -> object:
        self._bar = SelectionBar(self.desk)
        self._row = RowCard(self.desk)
        self._table = RowTable(self.desk)
        return stack(
            self._bar.panel,
            flow(
                self.drawing("row_map", brush=True, width=480, grow=1.25),
                self.drawing("ranking", brush=True, width=420),
            ),
            flow(
                self.drawing("effect_distribution", width=420, grow=1.25),
                card(self._row.panel, width=360),
            ),
            card(self._table.panel),
        )

    def update(self) -> None:
        self._bar.update()
        self._row.update()
        self._table.update()
