"""The selected rows, and the one in focus."""

from __future__ import annotations

import threading
from typing import Any, Literal

import numpy as np
import param

from afif_explorer.state.choices import Settings
from afif_explorer.state.rows import Ids, as_ids, checked

How = Literal["replace", "add", "remove"]
_UNDO = 20  # size of the undo history


class Selection(Settings):
    """A set of row ids, one of them ``primary``; each change names its ``author``."""

    primary = param.Integer(default=None, allow_None=True, doc="The selected row in focus.")
    author = param.Parameter(
        default=None, doc="The part that made the selection, which can ignore it."
    )

    def __init__(self, **choices: Any) -> None:
        self._lock = threading.RLock()
        self._earlier: list[tuple[int, ...]] = []
        super().__init__(**choices)

    def select(
        self, ids: Any, by: Any = None, *, primary: int | None = None, how: How = "replace"
    ) -> None:
        """Select rows by id or mask; ``how``: replace the selection, add to it, or remove from it.

        ``by``: the part that makes the selection; ``primary``: the row to show in detail. Raises
        :class:`~afif_explorer.errors.InvalidChoice` if they aren't ids of training rows.
        """
        chosen = checked(ids, self.known_rows)
        with self._lock:
            if how != "replace":
                before, named = set(self.selected), set(chosen)
                chosen = as_ids(before | named if how == "add" else before - named)
            if chosen != self.selected:
                self._earlier = [*self._earlier[-_UNDO + 1 :], self.selected]
            self._focus(chosen, by, primary)

    def pick(self, ids: Any, by: Any, *, primary: int | None = None, how: How = "replace") -> None:
        """:meth:`select` from a figure, which may still show rows of another data set; unknown rows are
        ignored."""
        self.select(self._present(as_ids(ids)), by, primary=primary, how=how)

    @property
    def can_undo(self) -> bool:
        """Whether there is a previous selection."""
        return bool(self._earlier)

    def undo_selection(self, by: Any = None) -> None:
        """Restore the selection before the last :meth:`select`."""
        with self._lock:
            if self._earlier:
                self._focus(self._present(self._earlier.pop()), by, None)

    def _present(self, ids: Ids) -> Ids:
        known = self.known_rows
        return ids if known is None else tuple(np.intersect1d(ids, known).tolist())

    def _focus(self, chosen: tuple[int, ...], by: Any, primary: int | None) -> None:
        if primary not in chosen:
            primary = self.primary if self.primary in chosen else next(iter(chosen), None)
        self.param.update(selected=chosen, primary=primary, author=by)

    def remove_selected(self) -> None:
        """Show the removal of the selected rows."""
        self.param.update(rule="selection", view="unlearning")
