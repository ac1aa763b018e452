"""The bridge between explorer and widgets: ``Following`` shows what has changed, ``Link`` goes both ways."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets

from afif_explorer.errors import AfifError
from afif_explorer.state import Explorer


class Following:
    """Calls ``show`` with the names of the fields that have changed, until it is closed.

    Choices change in the cell's thread and results arrive in a worker's. One call at a time: a widget whose
    options and value are set by two threads at once refuses a value that it has.

    Args:
        explorer: the state. fields: the names of its parameters.
        show: brings widgets up to date.
    """

    def __init__(
        self, explorer: Explorer, fields: Iterable[str], show: Callable[[set[str]], None]
    ) -> None:
        self._explorer, self._show = explorer, show
        self._watcher = explorer.param.watch(self._changed, sorted(fields))

    def _changed(self, *events: Any) -> None:
        with self._explorer.held():
            self._show({event.name for event in events})

    def close(self) -> None:
        """Follow the explorer no longer."""
        self._explorer.param.unwatch(self._watcher)


class Link:
    """Keeps widgets and choices together.

    Args:
        explorer: the state. follows: the parameters that the widgets show.
        show: brings the widgets up to date with the explorer; called at once and at every change.

    What :meth:`listen` is told while ``show`` runs in the same thread is an echo and ignored; another
    thread's news are a person's and are not.
    """

    def __init__(self, explorer: Explorer, follows: list[str], show: Callable[[], None]) -> None:
        self._explorer, self._show = explorer, show
        self._showing = threading.local()
        self._following = Following(explorer, follows, lambda _: self.refresh())

    def refresh(self) -> None:
        """Show what the explorer holds."""
        self._showing.now = True
        try:
            self._show()
        finally:
            self._showing.now = False

    def listen(self, widget: ipywidgets.Widget, take: Callable[[Any], dict[str, Any]]) -> None:
        """Set the choices ``take(value)`` when a person changes the widget's value."""

        def changed(change: Any) -> None:
            if getattr(self._showing, "now", False):
                return
            try:
                self._explorer.param.update(**take(change.new))
            except (AfifError, ValueError):
                self.refresh()  # such a value does not exist: go back to the one that holds

        widget.observe(changed, names="value")

    def close(self) -> None:
        """Follow no longer."""
        self._following.close()
