"""Which rows are selected, and which of them is in focus."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Literal

import param

from afif_explorer.spec import Spec
from afif_explorer.state.choices import Choices

_UNDO = 20  # selections that are remembered


class Selection(Choices):
    """A set of row ids, one of them ``primary``; each change names its ``author``."""

    primary = param.Integer(default=None, allow_None=True, doc="The selected row in focus.")
    author = param.Parameter(default=None, doc="Who made the selection, so that it can ignore it.")

    def __init__(self, **choices: Any) -> None:
        self._lock = threading.RLock()
        self._earlier: list[tuple[int, ...]] = []
        super().__init__(**choices)

    def select(
        self,
        ids: Iterable[int],
        by: Any = None,
        *,
        primary: int | None = None,
        how: Literal["replace", "add", "remove"] = "replace",
    ) -> None:
        """Select rows by id, ``how``: instead of those that are, or add them, or remove them.

        ``by`` names who did it; ``primary`` is the row to show in detail. Raises
        :class:`~afif_explorer.errors.ChoiceError` if the ids aren't row numbers, or are too many.
        """
        with self._lock:
            chosen = Spec(selected=tuple(ids)).selected
            if how != "replace":
                before, named = set(self.selected), set(chosen)
                kept = before | named if how == "add" else before - named
                chosen = Spec(selected=tuple(kept)).selected
            if chosen != self.selected:
                self._earlier = [*self._earlier[-_UNDO + 1 :], self.selected]
            self._focus(chosen, by, primary)

    def undo_selection(self, by: Any = None) -> None:
        """Go back to the selection before the last :meth:`select`."""
        with self._lock:
            if self._earlier:
                self._focus(self._earlier.pop(), by, None)

    def _focus(self, chosen: tuple[int, ...], by: Any, primary: int | None) -> None:
        if primary not in chosen:
            primary = self.primary if self.primary in chosen else next(iter(chosen), None)
        self.param.update(selected=chosen, primary=primary, author=by)

    def remove_selected(self) -> None:
        """See what happens if the selected rows go."""
        self.param.update(rule="selection", view="unlearning")
