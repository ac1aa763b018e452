"""The selected rows, and the row in focus: looking at a row never changes what is selected."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from itertools import compress
from types import MappingProxyType
from typing import Any, Literal

import param

from afif_explorer.datasets.reading.text import clean
from afif_explorer.errors import InvalidChoice
from afif_explorer.state.choices import Settings
from afif_explorer.state.history import History
from afif_explorer.state.rows import Ids, among, as_ids, checked

How = Literal["replace", "add", "remove", "keep"]
MOST_COHORTS = 30  # of one data set
_LONGEST_NAME = 60  # characters
_COMBINED: dict[str, Callable[[set[int], set[int]], set[int]]] = {
    "add": operator.or_,
    "remove": operator.sub,
    "keep": operator.and_,
}


class Selection(Settings):
    """A set of row ids; independently of it, the row ``primary`` is in focus.

    Each change names its ``author``. ``cohorts`` are sets of rows saved under a name, for this data set.
    """

    primary = param.Integer(
        default=None, allow_None=True, doc="The row in focus; it need not be selected."
    )
    author = param.Parameter(
        default=None, doc="The part that made the selection, which can ignore it."
    )
    cohorts = param.Parameter(
        default=MappingProxyType({}), constant=True, doc="Saved selections: name -> row ids."
    )

    recorded = param.Integer(default=0, doc="The number of changes that undo has heard of.")

    def __init__(self, **choices: Any) -> None:
        self._lock = threading.RLock()
        self._history = History()
        self._replaying = False
        self._cohorts_of: dict[str, Mapping[str, Ids]] = {}  # data set -> its cohorts
        super().__init__(**choices)
        self._history.record(self.dataset, None)
        # Last, so that what another data set sets back belongs to its new history.
        self.param.watch(self._recorded, ["dataset", "selected"], precedence=1)

    def _recorded(self, *events: param.parameterized.Event) -> None:
        changed = {event.name: event.old for event in events}
        with self._lock:
            if "dataset" in changed:
                self._history.record(self.dataset, None)
                self._put_cohorts(self._cohorts_of.get(self.dataset, {}))
            elif not self._replaying:
                self._history.record(self.dataset, changed["selected"])
            self.recorded += 1

    def held(self) -> AbstractContextManager[bool]:
        """While it lasts, no result arrives in another thread: for what shows several fields at once."""
        return self._lock

    # ---- selection -----------------------------------------------------------------------------

    def select(
        self, ids: Any, by: Any = None, *, primary: int | None = None, how: How = "replace"
    ) -> None:
        """Select rows by id or mask.

        ``how``: replace the selection, add to it, remove from it, or keep only what is in both. ``by``: the
        part that makes the selection; ``primary``: a row to look at as well. Raises
        :class:`~afif_explorer.errors.InvalidChoice` if they aren't ids of training rows.
        """
        chosen = checked(ids, self.known_rows)
        with self._lock:
            if how != "replace":
                chosen = as_ids(_COMBINED[how](set(self.selected), set(chosen)))
            seen = {} if primary is None else {"primary": primary}
            self.param.update(selected=chosen, author=by, **seen)

    def pick(self, ids: Any, by: Any, *, primary: int | None = None, how: How = "replace") -> None:
        """:meth:`select` from a figure, which may still show rows of another data set; unknown rows are
        ignored."""
        self.select(self._present(as_ids(ids)), by, primary=primary, how=how)

    def toggle(self, row: int, by: Any = None) -> None:
        """Add a row to the selection, or take it out; it comes into focus."""
        self.pick([row], by, primary=row, how="remove" if row in self.selected else "add")

    def look_at(self, row: int | None) -> None:
        """Bring a row into focus, without selecting it. Raises InvalidChoice if there is no such row."""
        if row is not None:
            [row] = checked([row], self.known_rows)
        self.primary = row

    @property
    def can_undo(self) -> bool:
        """Whether there is a previous selection."""
        return bool(self._history.earlier)

    @property
    def can_redo(self) -> bool:
        """Whether an undone selection can be restored."""
        return bool(self._history.later)

    def undo_selection(self, by: Any = None) -> None:
        """Restore the selection before the last change."""
        with self._lock:
            if self.can_undo:
                self._replay(self._history.back(self.selected), by)

    def redo_selection(self, by: Any = None) -> None:
        """Restore the selection that was undone last."""
        with self._lock:
            if self.can_redo:
                self._replay(self._history.forward(self.selected), by)

    def _replay(self, ids: Ids, by: Any) -> None:
        self._replaying = True
        try:
            self.param.update(selected=self._present(ids), author=by)
        finally:
            self._replaying = False

    def _present(self, ids: Ids) -> Ids:
        known = self.known_rows
        return ids if known is None else tuple(compress(ids, among(ids, known)))

    # ---- cohorts -------------------------------------------------------------------------------

    def save_cohort(self, name: str = "") -> str:
        """Save the selected rows under ``name`` and return it; "": a name with the next number.

        A cohort of the same name is replaced. Raises :class:`~afif_explorer.errors.InvalidChoice` if nothing
        is selected, or there are too many.
        """
        if not self.selected:
            raise InvalidChoice("Select rows first: a cohort is a set of selected rows.")
        with self._lock:
            name = clean(name, _LONGEST_NAME) or self._next_name()
            if name not in self.cohorts and len(self.cohorts) >= MOST_COHORTS:
                raise InvalidChoice(f"There are {MOST_COHORTS} cohorts; delete one first.")
            self._put_cohorts({**self.cohorts, name: self.selected})
        return name

    def select_cohort(self, name: str, by: Any = None, *, how: How = "replace") -> None:
        """Select the rows of a saved cohort. Raises InvalidChoice if there is none of that name."""
        self.pick(self._cohort(name), by, how=how)

    def delete_cohort(self, name: str) -> None:
        """Delete a saved cohort; the selection stays. Raises InvalidChoice if there is none of that name."""
        self._cohort(name)
        with self._lock:
            self._put_cohorts({key: ids for key, ids in self.cohorts.items() if key != name})

    def rename_cohort(self, name: str, new: str) -> str:
        """Give a saved cohort another name, and return it as it is kept. Raises
        :class:`~afif_explorer.errors.InvalidChoice` if there is no cohort ``name``, or another one of the new
        name."""
        self._cohort(name)
        kept = clean(new, _LONGEST_NAME)
        if not kept or (kept != name and kept in self.cohorts):
            raise InvalidChoice(
                f"There is already a cohort {kept!r}." if kept else "Write a name for the cohort."
            )
        with self._lock:
            self._put_cohorts(
                {kept if key == name else key: ids for key, ids in self.cohorts.items()}
            )
        return kept

    def selected_cohort(self) -> str:
        """The name of the cohort whose rows are the selected ones; "" if there is none."""
        return next((name for name, ids in self.cohorts.items() if ids == self.selected), "")

    def _cohort(self, name: str) -> Ids:
        if name not in self.cohorts:
            saved = ", ".join(map(repr, self.cohorts)) or "none"
            raise InvalidChoice(
                f"There is no cohort {clean(name, _LONGEST_NAME)!r}. Saved cohorts: {saved}."
            )
        ids: Ids = self.cohorts[name]
        return ids

    def _next_name(self) -> str:
        numbers = range(1, len(self.cohorts) + 2)
        return next(name for i in numbers if (name := f"Cohort {i}") not in self.cohorts)

    def _put_cohorts(self, cohorts: Mapping[str, Ids]) -> None:
        self._cohorts_of[self.dataset] = cohorts
        with param.parameterized.edit_constant(self):
            self.cohorts = MappingProxyType(dict(cohorts))

    def remove_selected(self) -> None:
        """Show the removal of the selected rows."""
        self.param.update(rule="selection", view="unlearning")
