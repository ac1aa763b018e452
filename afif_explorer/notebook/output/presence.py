"""``Presence``: tells readers of a widget that its kernel does not answer, and hears the keys of undo."""

from __future__ import annotations

from typing import Any

import anywidget

from afif_explorer.notebook.output.assets import static
from afif_explorer.state import Explorer


class Presence(anywidget.AnyWidget):
    """A line that is empty while the kernel answers what the page asks."""

    _esm = static("answering.js") + static("undo.js") + static("presence.js")

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self._explorer = explorer
        self.add_class("afif-presence")
        self.on_msg(self._hear)

    def _hear(self, _widget: Any, told: Any, _buffers: Any) -> None:
        kind = told.get("kind") if isinstance(told, dict) else None
        if kind == "undo":
            self._explorer.undo_selection()
        elif kind == "redo":
            self._explorer.redo_selection()
        else:
            self.send({"kind": "present"})
