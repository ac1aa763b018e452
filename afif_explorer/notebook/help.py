"""The pages of explanations of one view: a list to pick from, and the page below it."""

from __future__ import annotations

from typing import Any

import ipywidgets

from afif_explorer import explain
from afif_explorer.screens import HEAD, SELECTION, Screen
from afif_explorer.screens.parts import parts_of
from afif_explorer.screens.tour import outline

TOUR = "tour"


class Help:
    """What explains ``screen``, its parts, and what stands above all views."""

    def __init__(self, screen: Screen) -> None:
        pages = {TOUR: "What the tour of the dashboard shows", screen.page: screen.title}
        for part in (*screen.parts, *parts_of((SELECTION,)), *HEAD):
            pages.setdefault(part.page, part.label)
        self.topics = ipywidgets.Dropdown(
            options=[("Choose a topic", ""), *((label, page) for page, label in pages.items())],
            description="Help",
            tooltip="Explain this view or a part of it.",
        )
        self.page = ipywidgets.Output()
        self.topics.observe(self._open, names="value")
        self.widget = ipywidgets.VBox([self.topics, self.page])
        self.widget.add_class("afif-help")

    def _open(self, change: Any) -> None:
        text = _text(change.new)
        shown = {"output_type": "display_data", "data": {"text/markdown": text}, "metadata": {}}
        self.page.outputs = (shown,) if text else ()


def _text(page: str) -> str:
    """A page in Markdown; empty without one."""
    if page == TOUR:
        return outline()
    return explain.page(page) if page else ""
