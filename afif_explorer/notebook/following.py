"""``Following``: a part of the widgets that shows what has changed in the explorer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

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
