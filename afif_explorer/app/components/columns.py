"""The columns of somebody's own table, and the notes on a data set, on the page; scripts draw both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from afif_explorer.app.theme import SHEET, STATIC
from afif_explorer.screens.files.columns import choosing

SURFACE = ":host { --surface: var(--mui-palette-background-paper); }"


def _sheets(name: str) -> list[str]:
    return [SHEET, (STATIC / name).read_text(encoding="utf-8"), SURFACE]


class _Drawn(JSComponent):
    """Something that a script draws. ``on_choice`` is called with every choice that is made, as JSON."""

    content = param.String(doc="What is drawn, as JSON; empty: nothing.")
    choice = param.String(doc="The latest choice as JSON.")

    __abstract = True

    def __init__(self, on_choice: Callable[[str], None], **params: Any) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, **params)
        self.param.watch(lambda event: on_choice(event.new), "choice")


class Columns(_Drawn):
    """The table of columns, drawn by ``static/column_table.js``."""

    _esm = choosing("column_table.js")
    _stylesheets = _sheets("column_table.css")


class Notes(_Drawn):
    """The notes on a data set, drawn by ``static/notes.js``."""

    _esm = choosing("notes.js")
    _stylesheets = _sheets("notes.css")
