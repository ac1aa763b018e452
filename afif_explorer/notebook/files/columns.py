"""The columns of somebody's own table, and the notes on a data set, as widgets; scripts draw both."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
from traitlets import Unicode

from afif_explorer.notebook.output.assets import static
from afif_explorer.screens.files.columns import choosing


class _Drawn(anywidget.AnyWidget):
    """Something that a script draws. ``on_choice`` is called with every choice that is made, as JSON."""

    _esm = ""
    content = Unicode(help="what is drawn, as JSON; empty: nothing").tag(sync=True)
    choice = Unicode(help="the latest choice as JSON").tag(sync=True)

    def __init__(self, on_choice: Callable[[str], None]) -> None:
        super().__init__()
        self.observe(lambda change: on_choice(change.new), "choice")


class Columns(_Drawn):
    """The table of columns, drawn by ``static/column_table.js``."""

    _esm = choosing("column_table.js")
    _css = static("column_table.css")


class Notes(_Drawn):
    """The notes on a data set, drawn by ``static/notes.js``."""

    _esm = choosing("notes.js")
    _css = static("notes.css")
