"""All training rows as a table that a browser gets page by page."""

from __future__ import annotations

import json
from typing import Any

import anywidget
import pandas as pd
from traitlets import Unicode

from afif_explorer.figures.drawing.text import number, short
from afif_explorer.notebook.output.assets import static
from afif_explorer.results import Points
from afif_explorer.screens.cards.row_card import shown_value
from afif_explorer.screens.rows import LABEL, NUMBERS, PAGE_ROWS, AllRows, all_rows
from afif_explorer.state import Explorer

_WIDEST = 40  # characters of a cell
_NONE = AllRows(pd.DataFrame(), {}, ())


class RowTable(anywidget.AnyWidget):
    """The table of ``explorer.points``, by size of effect; its selection is the explorer's.

    The page tells which heading, page, box or row was clicked; sorting and paging happen here.
    """

    _esm = static("row_table.js")

    label = Unicode(LABEL).tag(sync=True)
    message = Unicode(help="the page of rows as it is now, for row_table.js").tag(sync=True)

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self._explorer = explorer
        self._points: Points | None = None
        self._rows = _NONE
        self._frame = pd.DataFrame()  # sorted
        self._sort, self._falling = "", False  # the column; "": by falling size of effect
        self._page = 0
        self.on_msg(self._hear)
        self.add_class("afif-rows")

    def update_rows(self) -> None:
        """Show the rows and the selection as they are now; nothing of older choices."""
        points = self._explorer.points
        if points is not self._points:
            self._points, self._page = points, 0
            self._rows = _NONE if points is None else all_rows(self._explorer)
            self._frame = self._rows.frame
            self._arrange()
        self._show()

    @property
    def _pages(self) -> int:
        return max(1, -(-len(self._frame) // PAGE_ROWS))

    def _arrange(self) -> None:
        """Sort as the headings say."""
        if self._sort in self._frame:
            values = self._frame[self._sort]
            keys = values if self._sort in (*self._rows.numbers, "row") else values.astype(str)
            order = keys.sort_values(ascending=not self._falling, kind="stable").index
            self._frame = self._frame.loc[order]

    def _show(self) -> None:
        self.message = json.dumps({} if self._points is None else self._content())

    def _content(self) -> dict[str, Any]:
        start = self._page * PAGE_ROWS
        shown = self._frame.iloc[start : start + PAGE_ROWS]
        return {
            "columns": [self._column(name, title) for name, title in self._rows.titles.items()],
            "rows": [self._row(record) for record in shown.to_dict("records")],
            "page": self._page,
            "pages": self._pages,
            "total": len(self._frame),
        }

    def _column(self, name: str, title: str) -> dict[str, Any]:
        order = ("descending" if self._falling else "ascending") if name == self._sort else "none"
        return {"name": name, "title": title, "number": name in self._rows.numbers, "order": order}

    def _row(self, record: dict[Any, Any]) -> dict[str, Any]:
        row = int(record["row"])
        return {
            "id": row,
            "selected": row in self._explorer.selected,
            "primary": row == self._explorer.primary,
            "cells": [self._cell(str(name), value) for name, value in record.items()],
        }

    def _cell(self, name: str, value: Any) -> str:
        if name in NUMBERS:
            return number(float(value), 4)
        return shown_value(value) if name in self._rows.numbers else short(value, _WIDEST)

    def _hear(self, _widget: Any, told: Any, _buffers: Any) -> None:
        kind = told.get("kind") if isinstance(told, dict) else None
        if kind == "sort" and isinstance(name := told.get("column"), str) and name in self._frame:
            self._sort_by(name)
        elif kind == "page" and type(page := told.get("page")) is int:
            self._page = min(max(page, 0), self._pages - 1)
            self._show()
        elif kind == "row" and type(row := told.get("id")) is int and row in self._frame.index:
            self._choose(row, told.get("selected"))

    def _sort_by(self, name: str) -> None:
        """Largest numbers first, texts from a to z; once more, the other way round."""
        self._falling = not self._falling if name == self._sort else name in self._rows.numbers
        self._sort, self._page = name, 0
        self._arrange()
        self._show()

    def _choose(self, row: int, selected: Any) -> None:
        """Select the row or not, as its box says; without a box it only comes into focus."""
        if isinstance(selected, bool):
            self._explorer.pick([row], by="table", how="add" if selected else "remove")
        else:
            self._explorer.look_at(row)
