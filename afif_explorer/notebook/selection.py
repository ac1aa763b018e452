"""The line about the selected rows, with what can be done to them."""

from __future__ import annotations

import ipywidgets

from afif_explorer.state import Explorer

_LISTED = 12  # ids that are listed before the rest is counted


class SelectionBar:
    """Which rows are selected; buttons to clear, go back and remove them."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.words = ipywidgets.HTML()
        self.clear = _button("Clear", "times", "Select nothing.")
        self.undo = _button("Undo", "undo", "Go back to the selection before.")
        self.remove = _button("Remove these", "trash", "See what happens if these rows go.")
        self.clear.on_click(lambda _: explorer.select((), by=self))
        self.undo.on_click(lambda _: explorer.undo_selection(by=self))
        self.remove.on_click(lambda _: explorer.remove_selected())
        self.widget = ipywidgets.HBox([self.clear, self.undo, self.remove, self.words])
        self.widget.add_class("afif-selection")
        self._watcher = explorer.param.watch(lambda *_: self._show(), ["selected"])
        self._show()

    def _show(self) -> None:
        ids = self.explorer.selected
        self.clear.disabled = self.remove.disabled = not ids
        self.words.value = selection_words(ids)

    def close(self) -> None:
        """Follow the explorer no longer."""
        self.explorer.param.unwatch(self._watcher)


def selection_words(ids: tuple[int, ...]) -> str:
    """The selection in words, as long as a line."""
    if not ids:
        return "No rows are selected: lasso marks on the map, or click a bar."
    listed = ", ".join(map(str, ids[:_LISTED]))
    more = f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""
    return f"{len(ids)} row{'s' if len(ids) > 1 else ''} selected: {listed}{more}"


def _button(text: str, icon: str, tooltip: str) -> ipywidgets.Button:
    layout = ipywidgets.Layout(width="auto")
    return ipywidgets.Button(description=text, icon=icon, tooltip=tooltip, layout=layout)
