"""What explains the open view: a button, a list to pick from, and the page below it."""

from __future__ import annotations

from typing import Any

import ipywidgets

from afif_explorer import explain
from afif_explorer.notebook.bridge import Following
from afif_explorer.notebook.files.opener import Opener
from afif_explorer.screens import HEAD, SCREENS, SELECTION
from afif_explorer.screens.parts import parts_of
from afif_explorer.screens.tour import outline
from afif_explorer.state import Explorer

TOUR = "tour"


class Help:
    """The pages about the open view of ``explorer``, its parts, and what stands above all views.

    ``button`` opens ``widget``, which begins with the page of the view.
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self.topics = ipywidgets.Dropdown(
            description="About",
            tooltip="Explain this view or a part of it.",
            style={"description_width": "auto"},
        )
        self.page = ipywidgets.Output()
        self.topics.observe(self._open, names="value")
        self.widget = ipywidgets.VBox([self.topics, self.page])
        for name in ("afif-card", "afif-help"):
            self.widget.add_class(name)
        self.button = Opener("Help", "question-circle", self.widget).button
        self._following = Following(explorer, ["view"], lambda _: self._offer())
        self._offer()

    def _offer(self) -> None:
        screen = SCREENS[self._explorer.view]
        pages = {screen.page: screen.title}
        for part in (*screen.parts, *parts_of((SELECTION,)), *HEAD):
            pages.setdefault(part.page, part.label)
        pages[TOUR] = "What the tour of the dashboard shows"
        self.topics.options = [(label, page) for page, label in pages.items()]
        self.topics.value = screen.page

    def _open(self, change: Any) -> None:
        if change.new is None:
            return  # the topics are being replaced
        text = outline() if change.new == TOUR else explain.page(change.new)
        shown = {"output_type": "display_data", "data": {"text/markdown": text}, "metadata": {}}
        self.page.outputs = (shown,)

    def close(self) -> None:
        """Follow the explorer no longer."""
        self._following.close()
