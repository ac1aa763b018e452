"""How much of the work is done, and a button that stops it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets


class Working:
    """A bar and a button, shown only while something is being done."""

    def __init__(self, stop: Callable[[], object], tooltip: str) -> None:
        self.progress = ipywidgets.FloatProgress(
            min=0, max=1, layout=ipywidgets.Layout(width="160px")
        )
        self.cancel = ipywidgets.Button(
            description="Cancel",
            tooltip=tooltip,
            icon="stop",
            layout=ipywidgets.Layout(width="96px"),
        )
        self.cancel.on_click(lambda _: stop())
        self.parts = (self.progress, self.cancel)

    def show(self, running: bool, done: float = 0, total: float | None = None) -> None:
        """Show how much of ``total`` is done while it is ``running``, else nothing."""
        for part in self.parts:
            part.layout.visibility = "visible" if running else "hidden"
            part.layout.display = None if running else "none"
        if running:
            self.progress.value = done / total if total else 0.0
