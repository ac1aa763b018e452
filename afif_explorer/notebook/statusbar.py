"""The head of the widgets: what is on screen, how far the work is, how to stop it, what went wrong."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets

from afif_explorer.notebook.bridge import Following
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.strip import Strip
from afif_explorer.notebook.working import Working
from afif_explorer.screens import HEAD
from afif_explorer.screens.content import line
from afif_explorer.screens.solver_state import SOLVER


class StatusBar:
    """What :data:`HEAD` declares, and under it the line of the work, with ``more`` at its end."""

    def __init__(self, context: ViewContext, *more: ipywidgets.DOMWidget) -> None:
        self.explorer = explorer = context.explorer
        self.head = Strip(context, HEAD)
        self.message = ipywidgets.HTML(layout=ipywidgets.Layout(flex="1 1 0"))
        self.working = Working(explorer.cancel, "Stop the work; what is shown stays.")
        self.progress, self.cancel = self.working.parts
        work = ipywidgets.HBox([self.progress, self.cancel, self.message, *more])
        work.add_class("afif-status")
        self.widget = ipywidgets.VBox([*self.head.widgets, work])
        self._following = Following(explorer, ["status"], lambda _: self._show())
        self._show()

    def _show(self) -> None:
        status = self.explorer.status
        self.working.show(status.kind == "running", status.done, status.total)
        self.message.value = self._words(status)

    def complain(self, reason: str) -> None:
        """Tell what was refused, until there is something newer to tell."""
        self.message.value = f'<span class="afif-failed">{escape(reason)}</span>'

    def _words(self, status: Any) -> str:
        if status.kind == "running":
            share = f" · {status.done} of {status.total}" if status.total else ""
            return f"{escape(status.what)}{share}"
        if status.kind == "failed" and line(status.message, tone="poor") in SOLVER.says(
            self.explorer
        ):
            return ""  # the head says it, beside the button that mends it
        if status.kind == "failed":
            return f'<span class="afif-failed">{escape(status.message)}</span>'
        return escape(status.message)

    def close(self) -> None:
        """Follow the explorer no longer."""
        self.head.close()
        self._following.close()
