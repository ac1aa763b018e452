"""All controls in the order in which people decide; those without effect are hidden."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import ipywidgets

from afif_explorer.choices import PICKS
from afif_explorer.choices.sections import REMOVAL, SECTIONS
from afif_explorer.notebook.bridge import Following
from afif_explorer.notebook.controls import control
from afif_explorer.notebook.files.columns import Notes
from afif_explorer.notebook.files.own_table import OwnTableForm
from afif_explorer.screens.files import notes
from afif_explorer.screens.given import about_given
from afif_explorer.state import Explorer
from afif_explorer.state.relevance import relevant

_SHOWN = {section.title: tuple(section.names()) for section in (*SECTIONS, REMOVAL)}


class ControlPanel:
    """The controls of an explorer, in sections; ``own_table.widget`` needs more width than they do."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.controls = {
            field: control(explorer, field) for fields in _SHOWN.values() for field in fields
        }
        self.given = ipywidgets.HTML()
        self.own_table = OwnTableForm(explorer)
        self.notes = Notes(self.own_table.change)
        self._headings: dict[str, ipywidgets.HTML] = {}
        self.widget = ipywidgets.VBox(list(self._parts()))
        self.widget.add_class("afif-controls")
        deciding = [*PICKS, "offered"]
        self._following = [
            Following(explorer, deciding, lambda _: self._hide_idle()),
            Following(explorer, ["data", "dataset"], lambda _: self._note()),
        ]
        self._note()

    def _parts(self) -> Iterator[ipywidgets.Widget]:
        for title, fields in _SHOWN.items():
            self._headings[title] = ipywidgets.HTML(f"<h2>{escape(title)}</h2>")
            yield self._headings[title]
            if title == "Model":
                yield self.given
            for field in fields:
                yield self.controls[field].widget
                if field == "dataset":
                    yield self.own_table.button
            if title == "Data":
                yield self.notes

    def _hide_idle(self) -> None:
        shown = relevant(self.explorer)
        for field, part in self.controls.items():
            part.widget.layout.display = None if field in shown else "none"
        for title, heading in self._headings.items():
            used = shown & set(_SHOWN[title]) or (title == "Model" and self.given.value)
            heading.layout.display = None if used else "none"

    def _note(self) -> None:
        """Tell what was done to the table, once the chosen one is there."""
        data, name = self.explorer.data, self.explorer.dataset
        here = data if data is not None and data.name == name else None
        self.notes.content = notes.as_json(here, self.own_table.columns_of(name))
        self.given.value = escape(about_given(self.explorer))
        self._hide_idle()

    def close(self) -> None:
        """Follow the explorer no longer."""
        for following in self._following:
            following.close()
        for part in self.controls.values():
            part.link.close()
