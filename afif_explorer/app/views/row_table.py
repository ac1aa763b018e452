"""The table of all training rows, which gives keyboard access to every row."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
from markupsafe import escape

from afif_explorer.app.components.elements import NO_MARGIN, stack
from afif_explorer.app.updates.scheduler import IDLE
from afif_explorer.app.updates.visibility import Visibility
from afif_explorer.app.views.context import PageContext
from afif_explorer.results import Points
from afif_explorer.screens.rows import PAGE_ROWS, AllRows, all_rows

UNSEEN = 5.0  # s of idle time before an invisible table is updated
SHEET = """
:host { --table: var(--mui-palette-text-primary); font-size: 13px; }
.tabulator, .tabulator .tabulator-header, .tabulator .tabulator-header .tabulator-col,
.tabulator-row, .tabulator .tabulator-footer {
  background: transparent; color: var(--table); border-color: var(--mui-palette-divider);
}
.tabulator, .tabulator .tabulator-tableholder .tabulator-row { border: 0; font-size: 13px !important; }
.tabulator .tabulator-header .tabulator-col { border-right: 0; }
.tabulator .tabulator-header .tabulator-col .tabulator-col-content { padding: 6px 8px; }
.tabulator .tabulator-header .tabulator-col .tabulator-col-content .tabulator-col-title {
  white-space: normal; font-weight: 600; color: var(--mui-palette-text-secondary);
}
.tabulator-row { border-bottom: 1px solid var(--mui-palette-divider); min-height: 32px; }
.tabulator-row .tabulator-cell { padding: 6px 8px; border-right: 0;
  font-variant-numeric: tabular-nums; }
.tabulator-row.tabulator-row-even { background: transparent; }
.tabulator-row.tabulator-selectable:hover {
  background: var(--mui-palette-action-hover); color: var(--table);
}
.tabulator-row.tabulator-selected, .tabulator-row.tabulator-selected:hover {
  background: var(--mui-palette-action-selected); color: var(--table);
}
.tabulator .tabulator-footer .tabulator-page { background: transparent; color: var(--table);
  border-color: var(--mui-palette-divider); border-radius: 6px; }
.tabulator .tabulator-footer .tabulator-page.active { color: var(--mui-palette-primary-main);
  font-weight: 700; }
"""


class RowTable:
    """The table of ``explorer.points``, by size of effect; its selection is the explorer's.

    It is slow to fill in the browser, so updates are debounced, with a shorter delay if it is visible.
    """

    def __init__(self, context: PageContext) -> None:
        self._explorer = context.explorer
        self._scheduler = context.scheduler
        self._sight = Visibility(on_near=self.update)
        self._shown: Points | None = None
        self._table: Any = None
        self._setting = False
        self.panel = stack(self._sight, gap=8)

    def update(self) -> None:
        """Schedule an update of rows and selection."""
        if self._explorer.points is None:
            self._hide()
            return
        soon = self._table is None or self._sight.near
        self._scheduler.when_idle(self._follow, IDLE if soon else UNSEEN)

    def _hide(self) -> None:
        """Without effects, clear the table."""
        self._shown = None
        if self._table is not None:
            self._table.visible = False

    def _follow(self) -> None:
        points = self._explorer.points
        if points is None:
            return
        self._setting = True
        try:
            if points is not self._shown:
                self._show(points)
            index = self._table.value.index
            chosen = np.flatnonzero(np.isin(index, self._explorer.selected)).tolist()
            if chosen != sorted(self._table.selection):
                self._table.selection = chosen
        finally:
            self._setting = False

    def _show(self, points: Points) -> None:
        self._shown, rows = points, all_rows(self._explorer)
        headings = {name: str(escape(title)) for name, title in rows.titles.items()}
        if self._table is None or self._table.titles != headings:
            # Tabulator fails if headings change while the table is still being built.
            self._table = self._make(rows, headings)
            self.panel.objects = [self._sight, self._table]
        else:
            self._table.param.update(selection=[], page=1, visible=True)
            self._table.value = rows.frame

    def _make(self, rows: AllRows, headings: dict[str, str]) -> Any:
        table = pn.widgets.Tabulator(
            rows.frame,
            titles=headings,
            show_index=False,
            pagination="remote",
            page_size=PAGE_ROWS,
            selectable="checkbox",
            disabled=True,
            layout="fit_columns",
            theme="simple",
            sizing_mode="stretch_width",
            margin=NO_MARGIN,
            formatters={name: {"type": "plaintext"} for name in headings},
            configuration={
                "autoResize": False,  # Panel sizes the table already
                "columnDefaults": {"headerWordWrap": True, "headerTooltip": False, "minWidth": 124},
            },
            stylesheets=[SHEET],
            text_align=dict.fromkeys(rows.numbers, "right"),
        )
        table.param.watch(self._chosen, "selection")
        table.on_click(self._clicked)
        return table

    def _chosen(self, event: Any) -> None:
        if self._setting:
            return
        ids = self._table.value.index[event.new].tolist()
        self._explorer.pick(ids, by="table")

    def _clicked(self, event: Any) -> None:
        self._explorer.look_at(int(self._table.value.index[event.row]))
